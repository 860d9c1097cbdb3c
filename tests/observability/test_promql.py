# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""The other tests rely on two functions that find all selectors of a query and all queries of a dashboard."""

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
