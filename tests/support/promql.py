# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""Finds the selectors of a query in PromQL, and the queries of Grafana's dashboards."""

import json
import re

from support import monitoring

_STRING = r'"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])*\''
_TOKEN = re.compile(
    rf"(?P<string>{_STRING})"
    r"|(?P<skipped>\[[^\]]*\]|\#[^\n]*|\boffset\s+-?\w+|\b(?:and|or|unless|bool|inf|nan)\b"
    r"|\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^)]*\))"
    rf"|(?P<selector>(?<![\w.:])(?P<name>[a-zA-Z_:][\w:]*)?\s*(?P<matchers>\{{(?:{_STRING}|[^}}\"'])*\}})?)"
    r"|(?P<other>[\d.]\w*|.)",
    re.DOTALL,
)


def selectors(expression):
    """The vector selectors of an expression, without ranges and offsets."""
    found = []
    position = 0
    while position < len(expression):
        token = _TOKEN.match(expression, position)
        position = max(token.end(), position + 1)
        name, matchers = token["name"], token["matchers"]
        if not (name or matchers):
            continue
        is_call = not matchers and expression[token.end() :].lstrip().startswith("(")
        # sum by (a) (b): the list is between the name and its argument.
        is_aggregation = re.match(r"\s*(by|without)\b", expression[token.end() :])
        if not matchers and (is_call or is_aggregation):
            continue
        found.append((name or "") + (matchers or ""))
    return found


def dashboards():
    """{file name: its JSON}"""
    files = sorted(monitoring.DASHBOARDS.glob("*.json"))
    return {file.name: json.loads(file.read_text(encoding="utf-8")) for file in files}


def panels(dashboard):
    """(title, [PromQL]) of each panel, also in collapsed rows."""
    for panel in dashboard.get("panels", []):
        yield from panels(panel)
        expressions = [
            target["expr"]
            for target in panel.get("targets", [])
            if _is_prometheus(target.get("datasource") or panel.get("datasource")) and target.get("expr")
        ]
        if expressions:
            yield panel.get("title") or f"panel {panel.get('id')}", expressions


def _is_prometheus(source):
    """Whether the data source of a panel is a Prometheus."""
    kind = source.get("type") or source.get("uid", "") if isinstance(source, dict) else str(source)
    return "loki" not in kind.lower()


def substitute(expression, dashboard, label_values):
    """Replaces variables as Grafana does: by the first value, or by a pattern for all values if the reader may select
    several. label_values(label, selector) finds the values."""
    known = {
        "__rate_interval": "1m",
        "__interval": "15s",
        "__range": "5m",
        "__range_s": "300",
        "__interval_ms": "15000",
    }
    for variable in dashboard.get("templating", {}).get("list", []):
        if variable.get("type") == "datasource":
            continue
        if variable.get("includeAll") or variable.get("multi"):
            known[variable["name"]] = variable.get("allValue") or ".*"
            continue
        query = variable.get("query")
        query = query.get("query", "") if isinstance(query, dict) else str(query)
        parts = re.fullmatch(r"label_values\((?:(.+),\s*)?(\w+)\)", query.strip())
        if parts:
            values = label_values(parts[2], parts[1])
            assert values, f"variable {variable['name']} has no value: {query}"
            known[variable["name"]] = values[0]
        else:
            known[variable["name"]] = query.split(",")[0].strip()
    return re.sub(
        r"\$(?:\{(\w+)(?::\w+)?\}|(\w+))",
        lambda found: known[found[1] or found[2]] if (found[1] or found[2]) in known else found[0],
        expression,
    )
