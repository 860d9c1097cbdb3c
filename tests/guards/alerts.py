#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""Every alert has a summary, a description, a runbook, and tests in which it fires and in which it stays silent. The
runbooks and Alertmanager's configuration name only existing alerts."""

import re

import guard

try:
    import yaml
except ImportError:
    guard.report(["python3-yaml is not installed"], "run scripts/install-packages check")

DOCS = "docs/runbooks.md"
# docker/prometheus/prometheus.yml sets this label.
BASE = "{{ $externalLabels.runbooks }}"
ALERTMANAGER = "docker/alertmanager/alertmanager.yml"
SEVERITIES = {"critical", "warning", "none"}
# An alert with this expression always fires, so it has no silent test.
ALWAYS = "vector(1)"

problems = []


def anchor(heading):
    """The anchor of a Markdown heading."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def documents(folder):
    return {
        name: yaml.safe_load(guard.read(name))
        for name in guard.sources()
        if re.fullmatch(rf"docker/prometheus/{folder}/[^/]+\.yml", name)
    }


headings = re.findall(r"^#+ (.+)$", re.sub(r"(?ms)^```.*?^```$", "", guard.read(DOCS)), re.M)
anchors = {anchor(heading) for heading in headings}

# ---- the alerts ------------------------------------------------------------------------------------------------------

alerts = {}
for name, rules in documents("rules").items():
    for rule in (rule for group in rules["groups"] for rule in group["rules"] if "alert" in rule):
        alert = rule["alert"]
        where = f"{name}: {alert}"
        if alert in alerts:
            problems.append(f"{where}: another alert has the same name")
        alerts[alert] = rule
        annotations = rule.get("annotations", {})
        if rule.get("labels", {}).get("severity") not in SEVERITIES:
            problems.append(f"{where}: the severity must be one of {', '.join(sorted(SEVERITIES))}")
        for wanted in ("summary", "description"):
            if not annotations.get(wanted):
                problems.append(f"{where}: no {wanted}")
        if annotations.get("runbook_url") != f"{BASE}#{anchor(alert)}":
            problems.append(f"{where}: the runbook_url must be {BASE}#{anchor(alert)}")
        if anchor(alert) not in anchors:
            problems.append(f"{where}: {DOCS} has no section {alert}")
if not alerts:
    problems.append("docker/prometheus/rules: no alert found")

for heading in headings:
    if re.fullmatch(r"Minitwit\w+", heading) and heading not in alerts:
        problems.append(f"{DOCS}: there is no alert {heading}")

# ---- their tests -----------------------------------------------------------------------------------------------------

fires, silent = set(), set()
for name, tests in documents("tests").items():
    for case in (case for test in tests["tests"] for case in test.get("alert_rule_test", [])):
        if case["alertname"] not in alerts:
            problems.append(f"{name}: there is no alert {case['alertname']}")
        (fires if case.get("exp_alerts") else silent).add(case["alertname"])
for alert, rule in alerts.items():
    if alert not in fires:
        problems.append(f"docker/prometheus/tests: there is no test in which {alert} fires")
    if alert not in silent and rule["expr"] != ALWAYS:
        problems.append(f"docker/prometheus/tests: there is no test in which {alert} stays silent")

# ---- Alertmanager ----------------------------------------------------------------------------------------------------

for alert in re.findall(r"\b(?:Minitwit\w+|Watchdog)\b", guard.read(ALERTMANAGER)):
    if alert not in alerts:
        problems.append(f"{ALERTMANAGER}: there is no alert {alert}")

guard.report(problems, f"complete the alert in docker/prometheus/rules/, docker/prometheus/tests/ and {DOCS}")
