# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""PostgreSQL allows fewer connections than httpd's children need."""

import time

import pytest

from faults.conftest import describe_load, describe_lost
from support import metrics
from support.replay import assert_honest

_FOR_ALL, _FOR_SUPERUSERS = 6, 3


@pytest.fixture
def scarce(make_cluster):
    return make_cluster(max_connections=_FOR_ALL, superuser_reserved_connections=_FOR_SUPERUSERS)


@pytest.fixture
def site(scarce, make_httpd, faulty):
    database = scarce.create_site_database("site")
    return database, make_httpd(over=database, ops=metrics.OPS, directives="MinitwitMetricsInterval 1h\n")


def test_too_few(scarce, site, load, lasting, row, expect_log):
    expect_log(r"lower DBDMax or raise max_connections")
    database, httpd = site
    seconds = lasting(6, 60)
    started = load(httpd, database, 2 * seconds)
    began = time.monotonic()
    time.sleep(seconds)
    # A child without a connection answers with errors. Under prefork, most children have none.
    started.probe.wait_for_answers(began)
    # The operator uses a reserved connection and follows the hint in the log.
    scarce.settings["max_connections"] = 80
    until = time.monotonic()
    scarce.restart()
    raised = time.monotonic()
    report = started.finish()
    assert_honest(report)
    started.probe.assert_honest()
    asked = [sample for sample in started.probe.samples if began <= sample.started < until]
    failed = started.probe.failures(began, until)
    back = started.probe.recovered_after(raised)
    row(
        f"max_connections leaves {_FOR_ALL - _FOR_SUPERUSERS} connections to the site for {seconds} s"
        f" (503 for {len(failed)} of {len(asked):,} requests)",
        describe_load(report), describe_lost(report), f"{back:.1f} s after it is raised",
    )  # fmt: skip
