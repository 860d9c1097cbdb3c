# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""The results as a table, and compared with an earlier run."""

_GROUPS = {
    "limits": "Compared with limits: the ratio is the site's rate to that limit",
    "posting": "Read while others write: the ratio is the site's rate to a static file without writers",
    "growth": "Growth, without the cache: the ratio is this rate to the smallest site's",
}

_HEADINGS = ("", "rate/s", "±%", "ratio", "p50 ms", "p99 ms", "httpd µs", "PostgreSQL µs", "alone ms")


def _number(value, factor=1):
    """Three significant figures, or all before the decimal point."""
    if value is None:
        return ""
    value *= factor
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def _cells(row):
    return [
        ("  " if row["of"] and row["group"] != "growth" else "") + row["title"],
        _number(row["rate"]),
        "" if row["spread"] is None else f"{row['spread'] * 100:.0f}",
        "" if row["ratio"] is None else f"{row['ratio']:.2f}",
        *(_number(row[name], 1e3) for name in ("p50", "p99")),
        *(_number(row[name], 1e6) for name in ("httpd_cpu", "postgresql_cpu")),
        _number(row["database_alone"], 1e3),
    ]


def _align(lines):
    """The first column to the left, the others to the right. A line of one cell is a heading."""
    widths = [max(len(line[place]) for line in lines if len(line) > 1) for place in range(len(lines[0]))]
    text = ""
    for line in lines:
        if len(line) > 1:
            line = [line[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(line[1:], widths[1:]))]
        text += "  ".join(line).rstrip() + "\n"
    return text


def table(found):
    lines = [list(_HEADINGS)]
    group = None
    for row in found["rows"]:
        if row["group"] != group:
            group = row["group"]
            lines += [[""], [_GROUPS[group]]]
        lines.append(_cells(row))
    text = _align(lines) if len(lines) > 1 else ""
    for idle in found["idle"]:
        text += (
            f"\n{idle['connections']:,} idle connections to {idle['title']}: {idle['answered']:,} were answered,"
            f" {idle['kept']:,} stayed open; httpd has {idle['httpd_pss'] / 1e6:.0f} MB (PSS) in"
            f" {idle['httpd_children']} children; {idle['database_connections']} of"
            f" {idle['database_connections_configured']} configured connections to the database, whose back ends"
            f" have {idle['backends_pss'] / 1e6:.0f} MB\n"
        )
    if lacking := found.get("lacking"):
        text += "\nThe other module does not have:\n" + "".join(f"  {title}\n" for title in lacking)
    if doubtful := problems(found):
        text += "\nProblems:\n" + "".join(f"  {line}\n" for line in doubtful)
    return text


def problems(found):
    """The reasons why figures are doubtful."""
    return [f"{row['name']}: {problem}" for row in found["rows"] for problem in row["problems"]] + found["alarms"]


def compare(found, earlier):
    """The rows of both runs."""
    before = {row["name"]: row for row in earlier["rows"]}
    lines = [["", "rate/s before", "now", "times", "ratio before", "now"]]
    for row in found["rows"]:
        if former := before.get(row["name"]):
            times = f"{row['rate'] / former['rate']:.2f}" if former["rate"] else ""
            ratios = ["" if one["ratio"] is None else f"{one['ratio']:.2f}" for one in (former, row)]
            lines.append([row["name"], _number(former["rate"]), _number(row["rate"]), times, *ratios])
    text = f"Compared with the run of {earlier['began']}\n\n" + _align(lines)
    for name, value in found["settings"].items():
        if earlier["settings"].get(name) != value:
            text += f"\nDifferent settings: {name}: {earlier['settings'].get(name)} then, {value} now"
    return text
