# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""Draws the results as bars, in an SVG for light and dark pages."""

from xml.sax.saxutils import escape

WIDTH = 940
_LEFT = 300  # of the bars
_BAR = 13  # height of a bar
_SPAN = 250  # length of the ratio 1
_RATIO_MAX = 1.5  # longer bars are cut
_HEADINGS = {
    "limits": "Requests per second, as a share of each limit",
    "posting": "The same while others write",
    "growth": "Rates of larger sites, as a share of the smallest site's, without the cache",
}
_LABELS = {
    "static": "static file", "bare": "bare handler", "composed": "file and pgbench", "hash": "hashing alone",
    "limit": "smallest limit",
}  # fmt: skip
_STYLE = """
text { font: 12px system-ui, sans-serif; fill: #1f2933; } .head { font-size: 15px; font-weight: 600; }
.ground { fill: #ffffff; } .bar { fill: #2b6cb0; } .one { stroke: #52606d; }
@media (prefers-color-scheme: dark) {
  text { fill: #e4e7eb; } .ground { fill: #12181f; } .bar { fill: #63b3ed; } .one { stroke: #9aa5b1; }
}
"""


def _text(x, y, text, classes="", anchor="start"):
    return f'<text x="{x}" y="{y}" class="{classes}" text-anchor="{anchor}">{escape(text)}</text>'


def draw(found):
    """Returns the SVG: for each request, its rate and one bar for each ratio."""
    parts, y, group = [], 10, None
    for row in found["rows"]:
        if row["group"] != group:
            group = row["group"]
            y += 30
            parts.append(_text(20, y, _HEADINGS[group], "head"))
        if row["of"] is None:
            y += 10
            title = row["title"].removesuffix(f", {row['messages'] or 0:,} messages")
            parts.append(_text(20, y + _BAR, title))
            parts.append(_text(WIDTH - 20, y + _BAR, f"{row['rate']:,.0f}/s", anchor="end"))
        elif row["ratio"] is not None and not row["name"].endswith("/against"):
            kind = row["name"].rpartition("/")[2]
            label = f"{row['ratio']:.2f} {f'{int(kind):,} messages' if group == 'growth' else _LABELS.get(kind, kind)}"
            length = round(_SPAN * min(row["ratio"], _RATIO_MAX))
            parts.append(f'<path class="one" d="M{_LEFT + _SPAN} {y}v{_BAR + 3}"/>')
            parts.append(f'<rect class="bar" x="{_LEFT}" y="{y + 2}" width="{length}" height="{_BAR}"/>')
            parts.append(_text(_LEFT + length + 5, y + _BAR, label))
            y += _BAR + 3
    y += 20
    title = f"mod_minitwit, {found['began']}, {found['machine']['cores']} cores"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y}" width="{WIDTH}" height="{y}" role="img">\n'
        f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n"
        f'<rect class="ground" width="{WIDTH}" height="{y}"/>\n' + "\n".join(parts) + "\n</svg>\n"
    )
