# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""Fixtures that several files use."""

import itertools

import pytest

from support import installation, metrics, search
from support.backups import fill
from support.cluster import Cluster
from support.database import SiteDatabase
from support.guessing import PROXY

_numbers = itertools.count(1)


@pytest.fixture
def bare_database(cluster):
    """A database with the roles, but without a schema."""
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
def configured(make_httpd):
    """Makes an httpd, but does not start it. Arguments are those of make_httpd."""
    return lambda **arguments: make_httpd(start=False, **arguments)


@pytest.fixture
def guarded(make_httpd, people):
    """Makes an httpd that trusts X-Forwarded-For and serves metrics. alice and bob are registered."""
    people("alice", "bob")

    def make(limit=3, delay="60s", more=""):
        limits = f"MinitwitLoginLimit {limit}\nMinitwitLoginDelay {delay}\n"
        return make_httpd(directives=PROXY + limits + more, ops=metrics.OPS)

    return make


@pytest.fixture
def site_database(own_database):
    """A site with rows in every table."""
    fill(own_database)
    return own_database


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "backups").mkdir()
    return tmp_path / "backups"


@pytest.fixture
def searching(make_httpd):
    """A site with the search."""
    return make_httpd(directives=search.ON, ops=metrics.OPS)


@pytest.fixture(scope="module")
def sound(_built):
    """A cluster with the settings of a site."""
    cluster = Cluster(fsync="on")
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.destroy()


@pytest.fixture
def sound_database(sound):
    """A database in which doctor finds nothing."""
    database = SiteDatabase.create(sound, f"sound{next(_numbers)}")
    database.sql("INSERT INTO backup (succeeded_at) VALUES (now())")
    yield database
    sound.psql(f'DROP DATABASE "{database.name}" WITH (FORCE)')
