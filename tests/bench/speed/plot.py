# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""Draws what was found, as an SVG that suits light and dark pages: bars against each limit, and how rates stay as a site grows."""

from xml.sax.saxutils import escape

WIDTH = 940
_LEFT = 290  # of the bars
_BAR = 13  # height
_SPAN = 300  # of the ratio 1
_RATIO_MAX = 1.7  # what is drawn of a bar
_KINDS = ("static", "bare", "pgbench", "composed", "hash", "limit")
_KIND_TITLES = {
    "static": "static file", "bare": "bare handler", "pgbench": "pgbench", "composed": "static file and pgbench composed",
    "hash": "bare password hash", "limit": "smallest limit",
}  # fmt: skip

# Colours keep their distance from both grounds, and from each other for those who see fewer colours.
_STYLE = """
text { font: 12px system-ui, sans-serif; fill: #1f2933; }
.small { font-size: 11px; }
.head { font-size: 15px; font-weight: 600; }
.ground { fill: #ffffff; }
.axis { stroke: #52606d; stroke-width: 1; }
.grid { stroke: #cbd2d9; stroke-width: 1; }
.static { fill: #2b6cb0; } .bare { fill: #7b8794; } .pgbench { fill: #b7791f; }
.composed { fill: #276749; } .hash { fill: #97266d; } .limit { fill: #276749; }
.line { fill: none; stroke-width: 2; }
.s0 { stroke: #2b6cb0; } .s1 { stroke: #b7791f; } .s2 { stroke: #276749; } .s3 { stroke: #97266d; } .s4 { stroke: #616e7c; }
@media (prefers-color-scheme: dark) {
  text { fill: #e4e7eb; }
  .ground { fill: #12181f; }
  .axis { stroke: #9aa5b1; } .grid { stroke: #3e4c59; }
  .static { fill: #63b3ed; } .bare { fill: #9aa5b1; } .pgbench { fill: #ecc94b; }
  .composed { fill: #68d391; } .hash { fill: #f687b3; } .limit { fill: #68d391; }
  .s0 { stroke: #63b3ed; } .s1 { stroke: #ecc94b; } .s2 { stroke: #68d391; } .s3 { stroke: #f687b3; } .s4 { stroke: #cbd2d9; }
}
"""
_DASHES = ("", "6 3", "2 3")


def _text(x, y, text, *, classes="", anchor="start"):
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{classes}" text-anchor="{anchor}">{escape(text)}</text>'


def _line(x1, y1, x2, y2, classes):
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" class="{classes}"/>'


def draw(found):
    """The SVG."""
    parts, y = [], 30
    for draw_part in (_draw_limits, _draw_growth):
        drawn, y = draw_part(found["rows"], y)
        parts += drawn
    title = f"mod_minitwit, {found['began']}, {found['machine']['cores']} cores"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y:.0f}" width="{WIDTH}" height="{y:.0f}" role="img">\n'
        f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n"
        f'<rect class="ground" width="{WIDTH}" height="{y:.0f}"/>\n' + "\n".join(parts) + "\n</svg>\n"
    )


def _draw_limits(rows, y):
    """For each request a group of bars: ours as a share of each limit."""
    rows = [row for row in rows if row["group"] in ("limits", "posting") and not row["name"].endswith("/against")]
    if not rows:
        return [], y
    parts = [_text(20, y, "Requests a second, as a share of what the limits allow", classes="head")]
    legend, y = _draw_legend(rows, y + 22)
    parts += legend
    top = y + 8
    y = top + 12
    for row in rows:
        if row["of"] is None:
            y += 8
            parts.append(_text(_LEFT - 8, y + _BAR - 2, row["title"].split(", 1")[0], classes="small", anchor="end"))
            parts.append(_text(WIDTH - 20, y + _BAR - 2, f"{row['rate']:,.0f}/s", classes="small", anchor="end"))
        elif row["ratio"] is not None:
            parts += _draw_bar(row, y)
            y += _BAR + 3
    axis = []
    for tenth in range(0, 17, 2):
        x = _LEFT + _SPAN * tenth / 10
        axis.append(_line(x, top, x, y, "axis" if tenth in (0, 10) else "grid"))
        axis.append(_text(x, y + 15, f"{tenth / 10:.1f}", classes="small", anchor="middle"))
    return [*axis, *parts], y + 50


def _draw_bar(row, y):
    kind = row["name"].rpartition("/")[2]
    length = _SPAN * min(row["ratio"], _RATIO_MAX)
    return [
        f'<rect x="{_LEFT}" y="{y:.1f}" width="{length:.1f}" height="{_BAR}" class="{kind}">'
        f"<title>{escape(row['title'])}: {row['rate']:,.0f}/s</title></rect>",
        _text(_LEFT + length + 5, y + _BAR - 2, f"{row['ratio']:.2f}", classes="small"),
    ]


def _draw_legend(rows, y):
    present = {row["name"].rpartition("/")[2] for row in rows if row["of"]}
    parts, x = [], 20.0
    for kind in _KINDS:
        if kind in present:
            parts.append(f'<rect x="{x:.1f}" y="{y - 10:.1f}" width="11" height="11" class="{kind}"/>')
            parts.append(_text(x + 16, y, _KIND_TITLES[kind], classes="small"))
            x += 38 + 6.2 * len(_KIND_TITLES[kind])
    return parts, y


def _draw_growth(rows, y):
    """A line for each request: its rate on each site as a share of that on the smallest."""
    series = {}
    for row in rows:
        if row["group"] == "growth":
            series.setdefault(row["name"].partition("/")[0], []).append(row)
    series = {name: group for name, group in series.items() if len(group) > 1}
    if not series:
        return [], y
    sizes = sorted({row["messages"] for group in series.values() for row in group})
    height, left, width = 240, 70, 430
    top = y + 24
    highest = max(1.25, *(row["ratio"] or 0 for group in series.values() for row in group))

    def place(row):
        share = sizes.index(row["messages"]) / (len(sizes) - 1)
        return left + width * share, top + height * (1 - (row["ratio"] or 1.0) / highest)

    parts = [_text(20, y, "Rate as the site grows, as a share of that on the smallest, nothing cached", classes="head")]
    for tenth in range(0, int(highest * 10) + 1, 2):
        level = top + height * (1 - tenth / 10 / highest)
        parts.append(_line(left, level, left + width, level, "axis" if tenth == 0 else "grid"))
        parts.append(_text(left - 8, level + 4, f"{tenth / 10:.1f}", classes="small", anchor="end"))
    for number, messages in enumerate(sizes):
        x = left + width * number / (len(sizes) - 1)
        parts.append(_text(x, top + height + 18, f"{messages:,}", classes="small", anchor="middle"))
    parts.append(_text(left + width / 2, top + height + 36, "messages", classes="small", anchor="middle"))
    for number, group in enumerate(series.values()):
        parts += _draw_series(number, group, place, left + width + 30, top + 8)
    return parts, max(top + height + 50, top + 30 + 18 * len(series))


def _draw_series(number, group, place, x, top):
    style = f'class="line s{number % 5}" stroke-dasharray="{_DASHES[number // 5 % len(_DASHES)]}"'
    points = " ".join(f"{px:.1f},{py:.1f}" for px, py in map(place, group))
    title = group[0]["title"].rpartition(", ")[0] if "messages" in group[0]["title"] else group[0]["title"]
    y = top + 18 * number
    return [
        f'<polyline {style} points="{points}"/>',
        f'<polyline {style} points="{x},{y - 4:.1f} {x + 26},{y - 4:.1f}"/>',
        _text(x + 32, y, title, classes="small"),
    ]
