# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""Sites of a special kind, for more than one file."""

import itertools

import pytest

from support import installation, metrics
from support.backups import fill
from support.database import SiteDatabase
from support.guessing import PROXY

_numbers = itertools.count(1)


@pytest.fixture
def bare_database(cluster):
    """A database without a schema; its roles are there."""
    cluster.psql_file(installation.ROLES)
    database = SiteDatabase(cluster, f"ctl{next(_numbers)}")
    cluster.psql(f'CREATE DATABASE "{database.name}" OWNER minitwit_owner')
    yield database
    cluster.psql(f'DROP DATABASE "{database.name}" WITH (FORCE)')


@pytest.fixture
def migrated(bare_database):
    bare_database.migrate()
    return bare_database


@pytest.fixture
def guarded(make_httpd, people):
    """An httpd behind a proxy, so that a test can come from any address, and with metrics. alice and bob are registered."""
    people("alice", "bob")

    def make(limit=3, delay="60s", more=""):
        limits = f"MinitwitLoginLimit {limit}\nMinitwitLoginDelay {delay}\n"
        return make_httpd(directives=PROXY + limits + more, ops=metrics.OPS)

    return make


@pytest.fixture
def site_database(own_database):
    """A site with something in every table."""
    fill(own_database)
    return own_database


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "backups").mkdir()
    return tmp_path / "backups"
