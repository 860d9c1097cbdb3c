# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""What the other tests rely on: that a query's selectors are all found, and that Grafana's variables are replaced."""

import pytest

from support import promql


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("up", ["up"]),
        ("vector(1)", []),
        ('sum by (job, up) (rate(a:b_total{c="}", d=~"(x|y)"}[5m] offset 1h))', ['a:b_total{c="}", d=~"(x|y)"}']),
        ("sum(a) without (b) / on (c) group_left (d) e > bool 1e3", ["a", "e"]),
        ('{__name__=~"a.*"} unless on () b and {c="d"} or e', ['{__name__=~"a.*"}', "b", '{c="d"}', "e"]),
        ("histogram_quantile(0.99, sum by (le) (rate(a_bucket[5m]))) # of b\n * 26 * 3600 - inf", ["a_bucket"]),
        ('absent(up{job="x"})\n  or (pg_up == 0 and on () db_up == 1)', ['up{job="x"}', "pg_up", "db_up"]),
        ("max_over_time(rate(a[1m])[5m:10s]) @ end()", ["a"]),
    ],
)
def test_selectors(expression, expected):
    assert promql.selectors(expression) == expected


def test_variables():
    dashboard = {
        "templating": {
            "list": [
                {"name": "source", "type": "datasource", "query": "prometheus"},
                {"name": "handler", "type": "query", "includeAll": True, "query": "label_values(handler)"},
                {"name": "node", "type": "query", "query": {"query": 'label_values(up{job="node"}, instance)'}},
                {"name": "window", "type": "custom", "query": "1m,5m"},
            ]
        }
    }
    asked = []

    def label_values(label, selector):
        asked.append((label, selector))
        return ["one:9100", "two:9100"]

    query = 'rate(a{handler=~"$handler", instance="${node:raw}", path=~"/x$"}[$window]) + b[$__rate_interval]'
    wanted = 'rate(a{handler=~".*", instance="one:9100", path=~"/x$"}[1m]) + b[1m]'
    assert promql.substitute(query, dashboard, label_values) == wanted
    assert asked == [("instance", 'up{job="node"}')]


def test_panels():
    prometheus, loki = {"type": "prometheus", "uid": "p"}, {"type": "loki", "uid": "l"}
    inner = {"title": "inner", "datasource": prometheus, "targets": [{"expr": "a"}, {"expr": "b"}]}
    dashboard = {
        "panels": [
            {"type": "row", "title": "row", "panels": [inner]},
            {"title": "logs", "datasource": loki, "targets": [{"expr": '{job="x"}'}]},
            {"id": 7, "targets": [{"datasource": prometheus, "expr": "c"}, {"datasource": loki, "expr": '{job="x"}'}]},
            {"type": "text", "title": "text"},
        ]
    }
    assert list(promql.panels(dashboard)) == [("inner", ["a", "b"]), ("panel 7", ["c"])]
