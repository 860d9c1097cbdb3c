#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""docs/metrics.md agrees with the table of metrics: names, kinds, labels and their values, help texts, buckets."""

import re

import guard

CODE = "mod_minitwit/http/metric_table.c"
PAGE = "docs/metrics.md"

code = guard.read(CODE)
page = guard.read(PAGE)
problems = []


def strings(text):
    return re.findall(r'"((?:[^"\\]|\\.)*)"', text)


def array(name):
    found = re.search(rf"\b{name}\[\] = \{{(.*?)\}};", code, re.DOTALL)
    if not found:
        problems.append(f"{CODE}: this guard does not find the array {name}")
    return found.group(1) if found else ""


def label_names(body):
    for macro in ("ROUTE_METHOD_CODE", "ROUTE_METHOD"):
        if f".label_names = {macro}," in body:
            return strings(re.search(rf"#define {macro} (.*)", code).group(1))[0].split(",")
    named = re.search(r'(?:LABEL\(|\.label_names = )"([\w,]+)"', body)
    return named.group(1).split(",") if named else []


def table_rows(heading):
    """The cells of the table under a heading of the page."""
    section = re.split(r"^## ", page, flags=re.MULTILINE)
    text = next((part for part in section if part.startswith(heading)), section[0] if not heading else "")
    rows = [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in text.splitlines() if line[:1] == "|"]
    return rows[2:]


def quoted(cell):
    return re.findall(r"`([^`]+)`", cell)


metrics = {}
table = re.search(r"metrics\[MT_METRIC_COUNT\] = \{(.*?)\n\};", code, re.DOTALL)
for body in re.findall(r"^    \[MT_METRIC_\w+\] = \{(.*?)^    \},", table.group(1) if table else "", re.DOTALL | re.MULTILINE):
    name = strings(body)[0]
    kind = "histogram" if "MT_METRIC_HISTOGRAM" in body else "gauge" if re.search(r"GAUGE\(|MT_METRIC_INFO", body) else "counter"
    metrics[name] = (kind, label_names(body), "".join(strings(body[body.index(".help") :])))
    bounds = re.search(r"BUCKETS\((\w+), ([\d.e-]+)\)", body)
    if bounds:
        numbers = [float(number) * float(bounds.group(2)) for number in re.findall(r"\d+", array(bounds.group(1)))]
        documented = [row[1] for row in table_rows("Buckets") if quoted(row[0]) == [name]]
        if [f"{number:.10g}" for number in numbers] != ", ".join(documented).split(", "):
            wanted = ", ".join(f"{number:.10g}" for number in numbers)
            problems.append(f"{PAGE}: the buckets of {name} must be {wanted}")
    values = re.search(r'LABEL\("(\w+)", (\w+)\)', body)
    if values:
        documented = [quoted(row[1]) for row in table_rows("Labels") if quoted(row[0]) == [values.group(1)]]
        if documented != [strings(array(values.group(2)))]:
            names = ", ".join(strings(array(values.group(2))))
            problems.append(f"{PAGE}: the values of {values.group(1)} must be {names}")

header = guard.read("mod_minitwit/http/metric_table.h")
ids = re.search(r"typedef enum mt_metric_id_t \{(.*?)\}", header, re.DOTALL).group(1)
declared = re.findall(r"^    MT_METRIC_(\w+),$", ids, re.MULTILINE)
if len(metrics) != len(declared) or len(metrics) < 2:
    problems.append(f"{CODE}: this guard finds {len(metrics)} rows, but {len(declared)} metrics are declared")

documented = {quoted(row[0])[0]: row for row in table_rows("") if quoted(row[0])}
for name, (kind, labels, text) in metrics.items():
    if name not in documented:
        problems.append(f"{PAGE}: {name} is missing")
        continue
    row = documented[name]
    if row[1] != kind or quoted(row[2]) != labels or row[3] != text:
        problems.append(f"{PAGE}: {name} must be a {kind} with the labels {labels} and the help text: {text}")
problems += [f"{PAGE}: {name} is not a metric of the module" for name in documented if name not in metrics]

codes = [number if number != "0" else "other" for number in re.findall(r"\d+", array("codes"))]
methods = strings(array("methods"))
for label, values in (("code", codes), ("method", methods)):
    if [quoted(row[1]) for row in table_rows("Labels") if quoted(row[0]) == [label]] != [values]:
        problems.append(f"{PAGE}: the values of {label} must be {', '.join(values)}")
handlers = re.findall(r'^#define \w+ +"(minitwit-\w+)"', guard.read("mod_minitwit/routes.c"), re.MULTILINE)
if [quoted(row[1]) for row in table_rows("Labels") if quoted(row[0]) == ["handler"]] != [handlers]:
    problems.append(f"{PAGE}: the values of handler must be {', '.join(handlers)}")

guard.report(problems, f"make {CODE} and {PAGE} agree")
