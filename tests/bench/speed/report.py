# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""What was found, as a table, and beside what an earlier run found."""

_GROUPS = {
    "limits": "Against limits: the ratio is ours to that limit",
    "posting": "Read while others write: the ratio is ours to a static file that is read in peace",
    "growth": "Growth, nothing cached: the ratio is this rate to that of the smallest site",
}

_HEADINGS = ("", "rate/s", "±%", "ratio", "p50 ms", "p99 ms", "httpd µs", "PostgreSQL µs", "alone ms")


def _rate(value):
    return "" if value is None else f"{value:,.0f}" if value >= 100 else f"{value:.1f}"


def _times(value, factor):
    """Three figures."""
    if value is None:
        return ""
    value *= factor
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def _cells(row):
    return [
        ("  " if row["of"] and row["group"] != "growth" else "") + row["title"],
        _rate(row["rate"]),
        "" if row["spread"] is None else f"{row['spread'] * 100:.0f}",
        "" if row["ratio"] is None else f"{row['ratio']:.2f}",
        *(_times(row[name], 1e3) for name in ("p50", "p99")),
        *(_times(row[name], 1e6) for name in ("httpd_cpu", "postgresql_cpu")),
        _times(row["database_alone"], 1e3),
    ]


def _align(lines):
    """Columns: the first to the left, the others to the right. A line that is a single text stays as it is."""
    widths = [max(len(line[place]) for line in lines if len(line) > 1) for place in range(len(lines[0]))]
    return "\n".join(
        line[0]
        if len(line) == 1
        else "  ".join([line[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(line[1:], widths[1:]))]).rstrip()
        for line in lines
    )


def table(found):
    """The one table."""
    lines = [list(_HEADINGS)]
    group = None
    for row in found["rows"]:
        if row["group"] != group:
            group = row["group"]
            lines += [[""], [_GROUPS[group]]]
        lines.append(_cells(row))
    text = _align(lines) + "\n" if len(lines) > 1 else ""
    return text + "".join(map(_idle, found["idle"])) + _problems(found)


def _idle(idle):
    return (
        f"\n{idle['connections']:,} connections that are only kept, to {idle['title']}: "
        f"{idle['answered']:,} were answered, {idle['kept']:,} stayed; "
        f"httpd has {idle['httpd_pss'] / 1e6:.0f} MB (PSS) in {idle['httpd_children']} children; "
        f"{idle['database_connections']} of {idle['database_connections_configured']} configured connections to the database, "
        f"whose backends have {idle['backends_pss'] / 1e6:.0f} MB\n"
    )


def problems(found):
    """Whatever makes a figure doubtful."""
    return [f"{row['name']}: {problem}" for row in found["rows"] for problem in row["problems"]] + found["alarms"]


def _problems(found):
    lines = problems(found)
    return "\nProblems:\n" + "\n".join(f"  {line}" for line in lines) + "\n" if lines else ""


def compare(found, earlier):
    """What both runs measured."""
    before = {row["name"]: row for row in earlier["rows"]}
    lines = [["", "rate/s before", "now", "times", "ratio before", "now"]]
    for row in found["rows"]:
        if row["name"] in before:
            lines.append(_compared(row, before[row["name"]]))
    if len(lines) == 1:
        return "Nothing was measured in both runs.\n"
    unlike = [
        f"{name}: {earlier['settings'].get(name)} then, {value} now"
        for name, value in found["settings"].items()
        if earlier["settings"].get(name) != value
    ]
    note = "".join(f"Not alike in both runs: {line}\n" for line in unlike)
    return f"Compared with the run of {earlier['began']}\n\n" + _align(lines) + "\n" + ("\n" + note if note else "")


def _compared(row, former):
    ratio = [f"{one['ratio']:.2f}" if one["ratio"] is not None else "" for one in (former, row)]
    times = f"{row['rate'] / former['rate']:.2f}" if former["rate"] and row["rate"] is not None else ""
    return [row["name"], _rate(former["rate"]), _rate(row["rate"]), times, *ratio]
