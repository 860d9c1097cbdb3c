# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""Every page is readable on a phone and on a desktop, in the light and in the dark colour scheme."""

import itertools
import urllib.parse

import pytest
from selenium.webdriver.common.keys import Keys

from browser.conftest import LONG_NAME, LONG_TEXT
from support import installation

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
for (const field of document.querySelectorAll('input:not([type=hidden]), textarea')) {
    read(field, 'in ' + field.name + field.value);
    look('edge of ' + field.name, getComputedStyle(field).borderTopColor, behind(field.parentElement), 3);
}
if (count < 5) throw new Error('an empty page');
return found;
"""


_VIEWS = [(320, "light"), *itertools.product((360, 768, 1280), ("light", "dark"))]


def _look(chrome, page):
    """Looks at the present page in each view. A reader may double the size of the text on a phone."""
    for width, scheme in _VIEWS:
        where = (page, width, scheme)
        chrome.width(width)
        chrome.scheme(scheme)
        query = f"(width: {width}px) and (prefers-color-scheme: {scheme})"
        assert chrome.run("return matchMedia(arguments[0]).matches", query), where
        assert chrome.run(_OUTSIDE, width) == [], where
        assert chrome.run(_FAINT) == [], where
        # With a smaller font, the phone zooms in when a field gets the focus.
        for field in chrome.all("input[type=text], input[type=password], textarea") if width < 600 else ():
            assert float(field.value_of_css_property("font-size").removesuffix("px")) >= 16, where
    chrome.width(360)
    with chrome.font_size(32):
        assert chrome.run(_OUTSIDE, 360) == [], (page, "large text")


def test_every_page_fits_the_screen_and_has_contrast(chrome, tour):
    for page in tour():
        _look(chrome, page)


@pytest.mark.expect_log("permission denied for table messages")
def test_the_search_and_errors_fit_the_screen_and_have_contrast(make_httpd, start_chrome, own_database):
    httpd = make_httpd(over=own_database, directives="MinitwitSearch On\nMinitwitSearchLimit 0\n")
    api = httpd.simulator()
    api.register(LONG_NAME)
    api.tweet(LONG_NAME, f"{LONG_TEXT} needle")
    with start_chrome(httpd) as browser:

        def check(name, path, selector):
            def show():
                browser.open(path)
                return browser.has(selector)

            installation.wait_until(show, f"the page {name}")
            _look(browser, name)

        check("the form", "/-/search", "form.search")
        check("no result", f"/-/search?q={LONG_TEXT[:200]}", "p.nothing")
        check("people", f"/-/search?q={'W' * 64}", "ul.people")
        check("messages", "/-/search?q=needle", "ul.messages")
        last = own_database.cursor_of(httpd.browser().page("/public").messages[0])
        check("past the end", f"/-/search?q=needle&before={last}", "p.next")
        check("a damaged query", "/-/search?q=from:", "div.error")
        own_database.sql("REVOKE SELECT ON messages FROM minitwit_site")
        check("an error of the site", "/public", "p.problem")
        assert browser.heading == "Out of Order"


def test_the_colour_scheme_of_the_system(chrome, api, people):
    def colours():
        return chrome.run(
            "return ['body', 'div.page', 'h1'].map(name => getComputedStyle(document.querySelector(name)).backgroundColor)"
        )

    def avatar():
        return chrome.run("return getComputedStyle(document.querySelector('ul.messages img')).filter")

    people("Ada")
    api.tweet("Ada", "hello")
    chrome.open("/public")
    assert avatar() == "none"
    light = colours()
    assert light == ["rgb(202, 236, 233)", "rgb(255, 255, 255)", "rgb(110, 204, 196)"]
    chrome.scheme("dark")
    assert colours() == ["rgb(11, 20, 19)", "rgb(20, 29, 28)", "rgb(27, 89, 83)"]
    assert avatar() == "brightness(0.85)"


@pytest.mark.parametrize(("name", "is_cut"), [("W" * 12, False), (LONG_NAME, True)])
def test_the_navigation_has_two_rows_on_a_telephone(chrome, api, people, name, is_cut):
    """Also with every link, the largest number of mentions, and a wide name. A longer name is cut."""
    people(name)
    chrome.width(360)
    chrome.open("/login")
    chrome.fill(username=name, password="secret")
    chrome.click("Sign In")
    chrome.run("""
        const bar = document.querySelector('div.navigation'), link = text => {
            const found = [...bar.children].find(child => child.innerText.startsWith(text)) ?? document.createElement('a');
            found.href = '/';
            found.textContent = text;
            bar.insertBefore(found, bar.lastElementChild);
            return found;
        };
        const count = document.createElement('span');
        count.className = 'count';
        count.textContent = '9,999+';
        link('mentions').append(' ', count);
        link('search');
    """)
    links = "return [...document.querySelectorAll('div.navigation a')]"
    assert len(set(chrome.run(links + ".map(link => link.offsetTop)"))) == 2
    cut = chrome.run(links + ".map(link => link.scrollWidth > link.clientWidth)")
    assert cut == [False] * 4 + [is_cut]
    edges = chrome.run(links + ".map(link => getComputedStyle(link).borderBottomColor)")
    assert [edge == "rgba(0, 0, 0, 0)" for edge in edges] == [False] + [True] * 4
    # The sign-out is at the other edge.
    assert chrome.run(links + ".at(-1).getBoundingClientRect().right") == 360 - 14


def test_the_heading_and_avatars_are_links(chrome, api, people):
    people("Ada")
    api.tweet("Ada", "hello")
    chrome.open("/public")
    link = """
        const box = document.querySelector(arguments[0]).getBoundingClientRect();
        const found = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2).closest('a');
        return found && found.pathname;
    """
    assert chrome.run(link, "ul.messages img") == "/Ada"
    assert chrome.run(link, "h1 a") == "/"
    assert chrome.run(link, "ul.messages time") == chrome.one("ul.messages small a").get_attribute("pathname")
    assert chrome.run(link, "ul.messages p > span") is None


@pytest.mark.parametrize("width", [360, 1280])
def test_no_text_takes_more_than_its_share_of_a_page(chrome, api, people, width):
    """Line breaks, blanks, wide characters, long names and towers of combining marks. A text scrolls inside its box."""
    tower = "Z" + "\u0301\u0316" * 120
    people("Ada", LONG_NAME, tower)
    texts = ["a" + "\n" * 998 + "z", "\t" * 1000, "\ufdfd" * 300, LONG_TEXT, "a\r" * 500, tower * 4]
    for name in ("Ada", LONG_NAME, tower):
        for text in texts:
            assert api.tweet(name, text).status_code == 204
    chrome.width(width)
    chrome.open("/public")
    line = chrome.run("return parseFloat(getComputedStyle(document.querySelector('ul.messages span')).lineHeight)")
    heights = chrome.run("return [...document.querySelectorAll('ul.messages > li')].map(item => item.offsetHeight)")
    assert max(heights) <= 18 * line, heights
    # Nothing is painted outside of its message: each element that could be too large cuts it off.
    clipped = "return [...document.querySelectorAll('ul.messages > li')].every(item => getComputedStyle(item).overflowY !== 'visible')"
    assert chrome.run(clipped)
    # The keyboard reaches the last line.
    last = "const box = [...document.querySelectorAll('ul.messages span')].at(-1);"
    chrome.run(last + "box.focus()")
    chrome.type(Keys.END)
    at_end = last + "return box.scrollTop > 0 && box.scrollTop + box.clientHeight >= box.scrollHeight - 2"
    installation.wait_until(lambda: chrome.run(at_end), "the text to scroll")
    for name in (tower, LONG_NAME):
        chrome.open("/" + urllib.parse.quote(name))
        assert chrome.one("h2").size["height"] < 6 * line and chrome.one("p.name").size["height"] < 5 * line


def test_print_is_always_black_on_white(chrome, api, people):
    people("Ada")
    api.tweet("Ada", "a" + "\n" * 100 + "z")
    chrome.open("/public")
    look = """return ['html', 'body', 'div.page', 'h1', 'h2', 'ul.messages li', 'ul.messages a', 'ul.messages span', 'div.footer']
        .map(name => getComputedStyle(document.querySelector(name)))
        .map(style => [style.backgroundColor, style.color, style.borderTopColor, style.colorScheme])"""
    looks = []
    for scheme in ("light", "dark"):
        chrome.devtools(
            "Emulation.setEmulatedMedia", media="print", features=[{"name": "prefers-color-scheme", "value": scheme}]
        )
        looks.append(chrome.run(look))
        # A scrolling box would hide the rest of its text.
        text = "const box = document.querySelector('ul.messages span'); return box.scrollHeight - box.clientHeight"
        assert chrome.run(text) <= 0
    chrome.devtools("Emulation.setEmulatedMedia", media="")
    assert looks[0] == looks[1]
    black, white, none = "rgb(0, 0, 0)", "rgb(255, 255, 255)", "rgba(0, 0, 0, 0)"
    assert {ground for ground, *_ in looks[0]} <= {white, none}
    assert looks[0][0][3] == "light" and {colour for _, colour, *_ in looks[0][:-1]} == {black}
