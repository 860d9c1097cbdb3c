# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""Backups with different versions of pg_dump, pg_restore and the server."""

import os
import shutil

import pytest

from support import installation
from support.backups import back_up, fill, find_dump, verify, why_not
from support.database import SiteDatabase

_SERVER = installation.server_version()

# A pg_restore of version 17, which sets a parameter that older servers reject. then: the program that gets its script.
_NEWER = """#!/bin/sh
case "$*" in
*--version*) echo "pg_restore (PostgreSQL) 17.0" ;;
*--file=-*) {real} "$@" | sed '/^SET transaction_timeout/d; 0,/^SET lock_timeout = 0;$/s//&\\nSET transaction_timeout = 0;/' | {then} ;;
*) echo 'pg_restore: error: unrecognized configuration parameter "transaction_timeout"' && exit 1 ;;
esac
"""


@pytest.mark.skipif(why_not() is None, reason=f"pg_dump reads PostgreSQL {_SERVER}")
def test_a_server_that_pg_dump_does_not_read(own_database, folder):
    """The message is pg_dump's, and no backup is left."""
    done = back_up(own_database, folder)
    assert done.returncode == 1
    assert f"server version: {_SERVER}." in done.stdout and "pg_dump version: " in done.stdout
    assert os.listdir(folder) == []
    assert own_database.count("backup") == 0


@pytest.fixture
def restoring(own_cluster, source_cluster, folder, tmp_path, monkeypatch):
    """restoring(then) puts a newer pg_restore first in PATH. It returns a backup and an empty database."""

    def make(then):
        source = source_cluster.create_site_database(f"source{tmp_path.name}")
        fill(source)
        assert back_up(source, folder).returncode == 0
        program = tmp_path / "bin" / "pg_restore"
        program.parent.mkdir()
        program.write_text(_NEWER.format(real=shutil.which("pg_restore"), then=then))
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
        own_cluster.psql_file(installation.ROLES)
        own_cluster.psql(f'CREATE DATABASE "{tmp_path.name}" OWNER minitwit_owner')
        return find_dump(folder), SiteDatabase(own_cluster, tmp_path.name)

    return make


@pytest.mark.skipif(_SERVER < 17, reason=f"PostgreSQL {_SERVER} has no transaction_timeout")
def test_a_limit_of_the_database_does_not_end_a_restoration(own_cluster, source_cluster, folder):
    """pg_restore before version 17 does not remove the limit."""
    source = source_cluster.create_site_database("limited_source")
    fill(source)
    source.sql("INSERT INTO messages (author_id, text, pub_date) SELECT author_id, text, pub_date FROM messages, generate_series(1, 300)")
    assert back_up(source, folder).returncode == 0
    own_cluster.psql_file(installation.ROLES)
    own_cluster.psql("CREATE DATABASE limited OWNER minitwit_owner")
    own_cluster.psql("ALTER DATABASE limited SET transaction_timeout = '50ms'")
    empty = SiteDatabase(own_cluster, "limited")
    restored = empty.ctl("restore", str(find_dump(folder)))
    assert restored.returncode == 0, restored.stdout


_OLDER = pytest.mark.skipif(_SERVER >= 17, reason=f"PostgreSQL {_SERVER} knows every setting of pg_restore 17")


@_OLDER
def test_a_server_older_than_pg_restore(restoring):
    dump, empty = restoring("cat")
    restored = empty.ctl("restore", str(dump))
    assert restored.returncode == 0, restored.stdout
    assert empty.count("messages") == 300 and empty.latest() == 42
    assert empty.ctl("status", dsn=empty.connection_string).returncode == 0
    verified = verify(empty, dump)
    assert verified.returncode == 0, verified.stdout


@_OLDER
@pytest.mark.parametrize("then, said", [
    ("{ head -n 100; exit 3; }", '"pg_restore" exited with code 3'),
    # More than a pipe can hold, so that pg_restore is still writing.
    ("sed 's/^COPY public.messages .*/nonsense;/'; seq 200000 | sed 's/^/-- /'", '"psql" exited with code 3'),
    ("sed 's/^CREATE TABLE/nonsense/'", 'syntax error at or near "nonsense"'),
])  # fmt: skip
def test_an_incomplete_script_leaves_nothing(restoring, then, said):
    dump, empty = restoring(then)
    refused = empty.ctl("restore", str(dump))
    assert refused.returncode == 1
    assert said in refused.stdout
    assert empty.sql("SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace") == []
