#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""Grafana's dashboards are complete, and their panels do not overlap. They use only existing metrics, recording rules,
jobs and data sources."""

import json
import pathlib
import re

import guard

DASHBOARDS = "docker/grafana/dashboards"
SOURCES = "docker/grafana/provisioning/datasources"
PROMETHEUS = "docker/prometheus"
METRICS = "docs/metrics.md"
PAGE = "docs/observability.md"
COLUMNS = 24

problems = []


def files(folder, ending):
    return sorted(name for name in guard.sources() if name.startswith(folder + "/") and name.endswith(ending))


def found(pattern, names):
    """All matches of the pattern in these files."""
    return {match for name in names for match in re.findall(pattern, guard.read(name), re.MULTILINE)}


def documented_metrics():
    """The metrics of the page's tables: names in backticks, with or without labels."""
    rows = (line for page in files("docs", METRICS) for line in guard.read(page).splitlines() if line.startswith("|"))
    return {name for row in rows for name in re.findall(r"`(minitwit_\w+)(?:\{[^`]*\})?`", row)}


def is_known(name, metrics):
    return name in metrics or re.sub(r"_(bucket|sum|count)$", "", name) in metrics


def overlapping(panels):
    """The panels that overlap another panel, or are outside of the grid."""
    taken = {}
    for panel in panels:
        place = panel["gridPos"]
        if place["x"] < 0 or place["y"] < 0 or place["x"] + place["w"] > COLUMNS:
            yield f"{panel['title']!r} is outside of the {COLUMNS} columns"
        for x in range(place["x"], place["x"] + place["w"]):
            for y in range(place["y"], place["y"] + place["h"]):
                other = taken.setdefault((x, y), panel)
                if other is not panel:
                    yield f"{panel['title']!r} overlaps {other['title']!r}"


def check_expression(where, expression, known):
    unquoted = re.sub(r'"[^"]*"', '""', expression)
    for name in re.findall(r"(?<![\w:])[a-z]\w*(?::\w+)+", unquoted):
        if name not in known["rules"]:
            problems.append(f"{where}: no rule of {PROMETHEUS}/rules records {name}")
    for name in re.findall(r"(?<![\w:])minitwit_\w+(?![\w:])", unquoted):
        if not is_known(name, known["metrics"]):
            problems.append(f"{where}: {name} is in no table of {METRICS}")
    for matched in re.findall(r'\bjob=~?"([^"]+)"', expression):
        if not any(re.fullmatch(matched, job) for job in known["jobs"]):
            problems.append(f"{where}: {PROMETHEUS}/prometheus.yml has no job {matched}")


def check_panel(where, panel, known):
    for field in ("title", "description", "datasource"):
        if not panel.get(field):
            problems.append(f"{where}: no {field}")
    if not panel.get("targets"):
        problems.append(f"{where}: no targets")
    references = [target.get("refId") for target in panel.get("targets", ())]
    if len(set(references)) != len(references):
        problems.append(f"{where}: two targets have the same refId")
    for asked in (panel, *panel.get("targets", ())):
        source = asked.get("datasource") or {}
        if known["sources"].get(source.get("uid")) != source.get("type"):
            problems.append(f"{where}: no data source {source.get('uid')} of type {source.get('type')} in {SOURCES}")
    for target in panel.get("targets", ()):
        if not target.get("expr", "").strip():
            problems.append(f"{where}: a target has no expression")
        elif target.get("datasource", {}).get("type") == "prometheus":
            check_expression(where, target["expr"], known)


def check_dashboard(name, known):
    text = guard.read(name)
    try:
        dashboard = json.loads(text)
    except json.JSONDecodeError as error:
        problems.append(f"{name}: is not valid JSON: {error}")
        return
    if text != json.dumps(dashboard, indent=2, ensure_ascii=False) + "\n":
        problems.append(f"{name}: its form differs from Python's json.dumps(…, indent=2, ensure_ascii=False)")
    for field, value in (("uid", "minitwit-" + pathlib.PurePath(name).stem), ("timezone", "utc"), ("refresh", "30s")):
        if dashboard.get(field) != value:
            problems.append(f"{name}: its {field} is not {value}")
    if "minitwit" not in dashboard.get("tags", ()):
        problems.append(f"{name}: lacks the tag minitwit, which the links between dashboards use")
    for annotation in dashboard.get("annotations", {}).get("list", ()):
        check_expression(f"{name}: annotation {annotation.get('name')!r}", annotation.get("expr", ""), known)
    for variable in dashboard.get("templating", {}).get("list", ()):
        check_expression(f"{name}: variable {variable.get('name')}", variable.get("definition", ""), known)
    panels = dashboard.get("panels", [])
    if not panels:
        problems.append(f"{name}: has no panel")
    for field in ("id", "title"):
        values = [panel.get(field) for panel in panels]
        problems.extend(f"{name}: two panels have the {field} {value!r}" for value in values if values.count(value) > 1)
    for panel in panels:
        check_panel(f"{name}: {panel.get('title')!r}", panel, known)
    problems.extend(f"{name}: {overlap}" for overlap in overlapping(panels))


def main():
    known = {
        "sources": dict(found(r"^ +uid: (\S+)\n +type: (\S+)$", files(SOURCES, ".yml"))),
        "rules": found(r"^ +- record: (\S+)$", files(PROMETHEUS + "/rules", ".yml")),
        "jobs": found(r"^ +- job_name: (\S+)$", files(PROMETHEUS, "prometheus.yml")),
        "metrics": documented_metrics(),
    }
    dashboards = files(DASHBOARDS, ".json")
    needed = {DASHBOARDS: dashboards, SOURCES: known["sources"], METRICS: known["metrics"], PROMETHEUS: known["jobs"]}
    problems.extend(f"{where}: this guard finds nothing there" for where, there in needed.items() if not there)
    page = guard.read(PAGE)
    for name in dashboards:
        check_dashboard(name, known)
        if f"`{pathlib.PurePath(name).name}`" not in page:
            problems.append(f"{PAGE}: does not describe {name}")
    remedy = f"correct the files below {DASHBOARDS}, or document the metric in {METRICS}"
    guard.report(list(dict.fromkeys(problems)), remedy)


main()
