# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""Two nodes behind a proxy get another module, one after the other, as docs/upgrade.md describes. No request fails."""

import pytest

from faults.conftest import describe_load, describe_lost
from support import metrics, version
from support.balancer import NAMES, Balancer

_SECONDS = 20  # of the whole test


@pytest.fixture
def database(own_cluster, previous):
    """The database of a site of the previous version."""
    return own_cluster.create_site_database("upgraded", previous)


@pytest.fixture
def nodes(make_httpd, database, previous):
    # On a busy machine, everything may stop for a moment.
    patient = "MinitwitPoolTimeout 10s\nMinitwitDatabaseTimeout 20s\n"
    made = [make_httpd(over=database, ops=metrics.OPS, directives=patient, start=False) for _ in NAMES]
    for node in made:
        _install(node, previous)
        node.start()
    return made


def _install(node, other):
    node.module, node.templates = other.module, other.templates


def _is_ready(node):
    return node.operator().get("/readyz").status_code == 200


def _roll(balancer, nodes, other):
    for name, node in zip(NAMES, nodes, strict=True):
        balancer.drain(name)
        node.stop_gracefully()
        _install(node, other)
        node.start()
        assert _is_ready(node)
        balancer.admit(name)


def test_there_and_back(nodes, database, previous, load, row, tmp_path):
    with Balancer(tmp_path / "haproxy", nodes) as balancer:
        started = load(balancer, database, _SECONDS)
        visitor = balancer.browser()
        assert visitor.register("visitor").status_code == 302
        visitor.sign_in("visitor")

        migrated = database.ctl("migrate", "--sql", version.PRESENT.migrations)
        assert migrated.returncode == 0, migrated.stdout
        assert all(map(_is_ready, nodes)), "the previous version does not work with the new schema"
        _roll(balancer, nodes, version.PRESENT)
        visitor.page("/")

        # The previous version has nothing to migrate.
        again = database.ctl("migrate", "--sql", previous.migrations, program=previous.ctl)
        assert again.returncode == 0 and again.stdout.startswith("nothing to do"), again.stdout
        _roll(balancer, nodes, previous)
        visitor.page("/")

        report = started.finish()
    assert report["unavailable"] == 0 and report["lost"] == 0, report
    assert started.probe.failures() == []
    row(
        f"two nodes behind a proxy are updated one after the other, and back (failed requests: 0; slowest: {started.probe.slowest():.2f} s)",
        describe_load(report), describe_lost(report), "no interruption",
    )  # fmt: skip
