# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""Every page is readable on a phone and on a desktop, in the light and in the dark colour scheme."""

import pytest

# The elements that are partly outside of the screen, to the right or to the left.
_OUTSIDE = """
const width = arguments[0], found = [];
if (document.documentElement.scrollWidth > width) found.push('the page is ' + document.documentElement.scrollWidth);
for (const element of document.body.querySelectorAll('*')) {
    const box = element.getBoundingClientRect();
    if (box.right > width + 0.5 || box.left < -0.5) found.push(element.outerHTML.slice(0, 80));
}
return found;
"""

# Texts and edges of fields with too little contrast to their background.
_FAINT = """
const parse = text => {
    const [red, green, blue, alpha = 1] = text.match(/[\\d.]+/g).map(Number);
    return {rgb: [red, green, blue], alpha};
};
const luminance = rgb => {
    const [red, green, blue] = rgb.map(part => {
        part /= 255;
        return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
};
const contrast = (one, other) => {
    const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
    return (light + 0.05) / (dark + 0.05);
};
const behind = element => {
    for (; element; element = element.parentElement) {
        const ground = parse(getComputedStyle(element).backgroundColor);
        if (ground.alpha === 1) return ground.rgb;
        if (ground.alpha !== 0) throw new Error('half transparent: ' + element.outerHTML.slice(0, 80));
    }
    throw new Error('no background');
};
const found = [];
let count = 0;
const look = (text, colour, ground, wanted) => {
    count += 1;
    const ratio = contrast(parse(colour).rgb, ground);
    if (ratio < wanted) found.push(text.slice(0, 60) + ': ' + ratio.toFixed(2) + ' instead of ' + wanted);
};
const read = (element, text) => {
    const style = getComputedStyle(element), size = parseFloat(style.fontSize);
    if (parse(style.color).alpha === 0) return;
    const large = size >= 24 || (size >= 18.66 && parseInt(style.fontWeight) >= 700);
    look(text, style.color, behind(element), large ? 3 : 4.5);
};
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walker.nextNode()) {
    const text = walker.currentNode.data.trim();
    if (text) read(walker.currentNode.parentElement, text);
}
for (const field of document.querySelectorAll('input, textarea')) {
    read(field, 'in ' + field.name + field.value);
    look('edge of ' + field.name, getComputedStyle(field).borderTopColor, behind(field.parentElement), 3);
}
if (count < 5) throw new Error('an empty page');
return found;
"""


@pytest.mark.parametrize(("width", "scheme"), [(320, "light"), (360, "dark"), (1280, "light")])
def test_every_page_fits_the_screen_and_has_contrast(chrome, tour, width, scheme):
    """On a phone, fields have a font of at least 16 px. With a smaller one, the phone zooms in when a field gets the
    focus."""
    chrome.width(width)
    chrome.scheme(scheme)
    for page in tour():
        assert chrome.run(_OUTSIDE, width) == [], page
        assert chrome.run(_FAINT) == [], page
        for field in chrome.all("input[type=text], input[type=password], textarea") if width < 600 else ():
            assert float(field.value_of_css_property("font-size").removesuffix("px")) >= 16, page


def test_the_colour_scheme_of_the_system(chrome):
    def colours():
        return chrome.run(
            "return ['body', 'div.page', 'h1'].map(name => getComputedStyle(document.querySelector(name)).backgroundColor)"
        )

    chrome.open("/public")
    light = colours()
    assert light == ["rgb(202, 236, 233)", "rgb(255, 255, 255)", "rgb(110, 204, 196)"]
    chrome.scheme("dark")
    assert colours() == ["rgb(8, 26, 24)", "rgb(16, 40, 37)", "rgb(27, 89, 83)"]

