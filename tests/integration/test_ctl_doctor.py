# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""minitwitctl doctor: each thing is put out of order for real, found, and put right again by what the finding says."""

import contextlib
import itertools
import json
import os
import subprocess

import pytest

from support import installation
from support.backups import needs_pg_dump
from support.cluster import Cluster
from support.database import SiteDatabase

_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def sound(_built):
    """A cluster whose settings are those of a site."""
    cluster = Cluster(fsync="on")
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.destroy()


@pytest.fixture
def own(sound):
    """A database in which nothing is wrong."""
    database = SiteDatabase.create(sound, f"doctor{next(_numbers)}")
    database.sql("INSERT INTO backup (succeeded_at) VALUES (now())")
    yield database
    sound.psql(f'DROP DATABASE "{database.name}" WITH (FORCE)')


def _ask(database, *arguments, **options):
    result = database.ctl("doctor", "--json", *arguments, **options)
    answer = json.loads(result.stdout)
    found = {finding["check"]: finding for finding in answer["findings"]}
    levels = [finding["level"] for finding in answer["findings"]]
    assert len(found) == len(levels), "a check has two findings"
    assert (answer["problems"], answer["warnings"]) == (levels.count("problem"), levels.count("warning"))
    assert result.returncode == (1 if answer["problems"] else 0)
    for finding in answer["findings"]:
        assert "\n" not in finding["text"] + (finding["remedy"] or "")
        assert (finding["remedy"] is None) <= (finding["level"] == "ok")
    return found


def _bad(found):
    return {check: finding["level"] for check, finding in found.items() if finding["level"] not in ("ok", "unknown")}


def _heal(database, finding):
    """Runs what it says, statement by statement, as psql does."""
    who, sql = finding["remedy"].removeprefix("Run in psql as ").split(": ", 1)
    connection = database.cluster.connect(database.name, "minitwit_owner" if who == "minitwit_owner" else "postgres")
    try:
        with connection.cursor() as cursor:
            for statement in filter(None, map(str.strip, sql.split(";"))):
                cursor.execute(statement)
    finally:
        connection.close()


@contextlib.contextmanager
def _site_role(database, *statements, undo):
    """Roles are shared by all databases of the cluster."""
    for statement in statements:
        database.sql(statement)
    try:
        yield
    finally:
        database.sql(undo)


@pytest.mark.parametrize("role", ["minitwit_owner", "minitwit_site", "postgres"])
def test_nothing_is_wrong(own, role):
    dsn = own.cluster.connection_string(own.name, role)
    with own.unchanged():
        found = _ask(own, "--children", "4", "--dbdmax", "5", dsn=dsn)
    assert _bad(found) == {}
    assert [check for check, finding in found.items() if finding["level"] == "unknown"] == (
        ["sequences"] if role == "minitwit_site" else []
    )


def test_text(own):
    result = own.ctl("doctor")
    assert result.returncode == 0
    assert result.stdout.endswith("\nproblems: 0, warnings: 0\n")
    own.sql("DROP INDEX followers_whom")
    result = own.ctl("doctor")
    assert result.returncode == 1
    lines = result.stdout.splitlines()
    (found,) = [number for number, line in enumerate(lines) if line.startswith("problem ")]
    assert "followers_whom" in lines[found]
    assert lines[found + 1].split(":", 1)[0].strip() == "to do"
    assert lines[-1] == "problems: 1, warnings: 0"


@pytest.mark.parametrize(
    "check, level, statements",
    [
        ("rights", "problem", ["REVOKE DELETE ON sessions FROM minitwit_site"]),
        ("rights", "problem", ["REVOKE INSERT (text) ON messages FROM minitwit_site"]),
        ("rights", "problem", ["REVOKE UPDATE ON SEQUENCE simulator_latest FROM minitwit_site"]),
        ("rights", "problem", ["GRANT UPDATE ON messages TO minitwit_site"]),
        ("rights", "problem", ["GRANT UPDATE (email) ON users TO PUBLIC"]),
        ("rights", "problem", ["GRANT SELECT ON audit TO minitwit_site", "REVOKE ALL ON users FROM minitwit_site"]),
        ("rights", "problem", ["CREATE TABLE more ()", "ALTER TABLE more OWNER TO minitwit_owner",
                               "GRANT TRUNCATE ON more TO minitwit_site"]),
        ("powers", "problem", ["GRANT CREATE ON SCHEMA public TO PUBLIC"]),
        ("powers", "problem", ["REVOKE USAGE ON SCHEMA public FROM PUBLIC, minitwit_site"]),
        ("ownership", "problem", ["ALTER TABLE site OWNER TO postgres"]),
        ("ownership", "problem", ["ALTER FUNCTION users_set_avatar OWNER TO postgres"]),
        ("missing indexes", "problem", ["DROP INDEX messages_newest, sessions_user, followers_in_order"]),
        ("missing indexes", "problem", ["ALTER TABLE users DROP CONSTRAINT users_username_key",
                                        "ALTER TABLE sessions DROP CONSTRAINT sessions_pkey"]),
        ("invalid indexes", "problem", ["UPDATE pg_index SET indisvalid = false"
                                        " WHERE indexrelid = 'messages_newest'::regclass"]),
        ("constraints", "problem", ["ALTER TABLE users ADD CONSTRAINT tidy CHECK (username <> '') NOT VALID"]),
        ("collation", "problem", ['ALTER TABLE users ALTER COLUMN username TYPE text COLLATE "POSIX"']),
        ("sequences", "problem", ["INSERT INTO users (id, username, email, password_hash) VALUES (7, 'a', 'a@b', '')"]),
        ("statistics", "warning", ["ALTER TABLE audit SET (autovacuum_enabled = off)",
                                   "INSERT INTO audit (os_user, host, action, target)"
                                   " SELECT '', '', 'x', repeat('x', 900) FROM generate_series(1, 12000)"]),
    ],
)  # fmt: skip
def test_found_and_put_right(own, check, level, statements):
    for statement in statements:
        own.sql(statement)
    found = _ask(own)
    assert _bad(found) == {check: level}, found[check]
    _heal(own, found[check])
    assert _bad(_ask(own)) == {}


def test_every_missing_index(own):
    """What makes an index makes the same as the migrations did."""
    indexes = "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1"
    before = own.sql(indexes)
    for name, constraint in own.sql(
        "SELECT c.relname, k.conname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid"
        " LEFT JOIN pg_constraint k ON k.conindid = c.oid AND k.contype IN ('p', 'u')"
        " WHERE c.relnamespace = 'public'::regnamespace"
    ):
        if constraint:
            table = own.value("SELECT tablename FROM pg_indexes WHERE indexname = %s", name)
            own.sql(f"ALTER TABLE {table} DROP CONSTRAINT {constraint} CASCADE")
        else:
            own.sql(f"DROP INDEX {name}")
    assert own.sql(indexes) == []
    _heal(own, _ask(own)["missing indexes"])
    assert own.sql(indexes) == before


# The right MAINTAIN came with PostgreSQL 17.
_SERVER = installation.server_version()
_CAN_MAINTAIN = pytest.mark.skipif(_SERVER < 17, reason=f"PostgreSQL {_SERVER} has no right MAINTAIN")


@_CAN_MAINTAIN
def test_maintain(own):
    """To lock a table, among other things."""
    own.sql("GRANT MAINTAIN ON messages TO minitwit_site")
    found = _ask(own)
    assert _bad(found) == {"rights": "problem"} and "maintain on messages" in found["rights"]["text"]
    _heal(own, found["rights"])
    assert _bad(_ask(own)) == {}


@pytest.mark.parametrize("power", ["SUPERUSER", "CREATEDB", "CREATEROLE", "REPLICATION", "BYPASSRLS"])
def test_powers(own, power):
    with _site_role(own, f"ALTER ROLE minitwit_site {power}", undo=f"ALTER ROLE minitwit_site NO{power}"):
        found = _ask(own)
        assert found["powers"]["level"] == "problem"
        _heal(own, found["powers"])
        assert _bad(_ask(own)) == {}


@pytest.mark.parametrize("group", ["minitwit_owner", "pg_read_all_data", pytest.param("pg_maintain", marks=_CAN_MAINTAIN)])
def test_memberships(own, group):
    with _site_role(own, f"GRANT {group} TO minitwit_site", undo=f"REVOKE {group} FROM minitwit_site"):
        found = _ask(own)
        assert f"is a member of {group}" in found["powers"]["text"]
        _heal(own, found["powers"])
        assert _bad(_ask(own)) == {}


def test_settings_of_the_roles(own):
    own.sql("ALTER ROLE minitwit_site RESET ALL")
    own.sql("ALTER ROLE minitwit_owner SET log_parameter_max_length = 5")
    found = _ask(own)
    assert _bad(found) == {"settings": "warning"}
    _heal(own, found["settings"])
    assert _bad(_ask(own)) == {}


def test_a_member_of_the_site(own):
    """He has its rights, but not its settings."""
    own.sql("CREATE ROLE node1 LOGIN IN ROLE minitwit_site")
    try:
        dsn = own.cluster.connection_string(own.name, "node1")
        found = _ask(own, dsn=dsn)
        assert _bad(found) == {"settings": "warning"}
        _heal(own, found["settings"])
        assert _bad(_ask(own, dsn=dsn)) == {}
    finally:
        own.sql("DROP ROLE node1")


def test_a_stranger(own):
    own.sql("CREATE ROLE stranger LOGIN")
    try:
        found = _ask(own, dsn=own.cluster.connection_string(own.name, "stranger"))
        assert found["schema"]["level"] == "problem"
        assert "permission denied" in found["schema"]["text"]
    finally:
        own.sql("DROP ROLE stranger")


def test_schema_too_old(own):
    own.sql("DELETE FROM schema_version WHERE version > 3")
    found = _ask(own)
    assert _bad(found) == {"schema": "problem"}
    assert "minitwitctl migrate" in found["schema"]["remedy"]


def test_schema_too_new(own):
    own.sql("INSERT INTO schema_version (version, name) VALUES (999, 'later')")
    assert _bad(_ask(own)) == {"schema": "problem"}
    own.sql("UPDATE schema_version SET works_with = 5 WHERE version = 999")
    found = _ask(own)
    assert _bad(found) == {}
    assert found["contents"]["level"] == "unknown"


def test_no_schema_in_another_encoding(sound):
    database = SiteDatabase(sound, f"doctor{next(_numbers)}")
    sound.psql_file(installation.ROLES)
    sound.psql(
        f"CREATE DATABASE \"{database.name}\" OWNER minitwit_owner ENCODING 'SQL_ASCII' LOCALE 'C' TEMPLATE template0"
    )
    found = _ask(database)
    assert "no schema" in found["schema"]["text"]
    assert found["encoding"]["level"] == "problem"
    assert "SQL_ASCII" in found["encoding"]["text"]


def test_roles_missing(sound):
    sound.psql_file(installation.ROLES)
    sound.psql("ALTER ROLE minitwit_site RENAME TO other_site")
    try:
        database = SiteDatabase(sound, "postgres")
        found = _ask(database, dsn=sound.connection_string("postgres", "postgres"))
        assert found["roles"]["level"] == "problem"
        assert "roles.sql" in found["roles"]["remedy"]
    finally:
        sound.psql("ALTER ROLE other_site RENAME TO minitwit_site")


@pytest.mark.parametrize(
    "children, dbdmax, level", [(4, 8, "ok"), (4, 16, "warning"), (10, 16, "problem"), (1000000, 1000000, "problem")]
)
def test_pools(own, children, dbdmax, level):
    """The cluster has 80 connections, of which 3 are kept for superusers."""
    found = _ask(own, "--children", str(children), "--dbdmax", str(dbdmax))
    assert found["connections"]["level"] == level
    assert f"may open {children * dbdmax}" in found["connections"]["text"]


def test_limits_of_the_role(own):
    with _site_role(own, "ALTER ROLE minitwit_site CONNECTION LIMIT 10", undo="ALTER ROLE minitwit_site CONNECTION LIMIT -1"):
        assert _ask(own, "--children", "4", "--dbdmax", "5")["connections"]["level"] == "problem"


def test_connect_timeout(own):
    dsn = own.connection_string.replace("connect_timeout=2", "")
    assert _bad(_ask(own, dsn=dsn)) == {"connect_timeout": "warning"}
    assert _bad(_ask(own, dsn=f"{dsn} connect_timeout=0")) == {"connect_timeout": "warning"}
    assert _ask(own, dsn=own.owner_connection_string.replace("connect_timeout=2", ""))["connect_timeout"]["level"] == "unknown"


def test_read_only(own):
    own.sql(f'ALTER DATABASE "{own.name}" SET default_transaction_read_only = on')
    assert _bad(_ask(own)) == {"writes": "problem"}


def test_durability(own, cluster):
    own.sql(f'ALTER DATABASE "{own.name}" SET synchronous_commit = off')
    found = _ask(own)
    assert _bad(found) == {"durability": "problem"}
    assert "synchronous_commit = off" in found["durability"]["text"]
    other = SiteDatabase.create(cluster, f"doctor{next(_numbers)}")
    assert "fsync = off" in _ask(other)["durability"]["text"]


def test_autovacuum(own):
    own.sql("ALTER SYSTEM SET autovacuum = off")
    own.sql("SELECT pg_reload_conf()")
    installation.wait_until(lambda: own.value("SHOW autovacuum") == "off", "the setting")
    found = _ask(own)
    assert _bad(found) == {"autovacuum": "problem"}
    _heal(own, found["autovacuum"])
    installation.wait_until(lambda: own.value("SHOW autovacuum") == "on", "the setting")
    assert _bad(_ask(own)) == {}


@pytest.mark.parametrize("offset, level", [("-1h", "problem"), ("+1h", "problem"), ("+1s", "ok")])
def test_clock(own, offset, level):
    if installation.SANITIZE:
        pytest.skip("libfaketime wants to be loaded first, as AddressSanitizer does")
    result = subprocess.run(
        ["faketime", "-f", offset, installation.CTL, "--dsn", own.owner_connection_string, "doctor", "--json"],
        env=os.environ | {"TZ": "Pacific/Kiritimati"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    (found,) = [finding for finding in json.loads(result.stdout)["findings"] if finding["check"] == "clock"]
    assert found["level"] == level
    assert result.returncode == (1 if level == "problem" else 0)


def test_sessions_pile_up(own):
    own.sql("INSERT INTO users (username, email, password_hash) VALUES ('a', 'a@b', '')")
    own.sql(
        "INSERT INTO sessions (token_hash, user_id, expires_at)"
        " SELECT sha256(n::text::bytea), 1, now() - interval '3 days' FROM generate_series(1, 1000) n"
    )
    assert _bad(_ask(own)) == {"sessions": "warning"}
    assert own.ctl("prune").returncode == 0
    assert _bad(_ask(own)) == {}


@needs_pg_dump
def test_backup(own, tmp_path):
    for age in ("27 hours", "-2 years"):
        own.sql("UPDATE backup SET succeeded_at = now() - %s::interval", age)
        assert _bad(_ask(own)) == {"backup": "problem"}
    assert "in the future" in _ask(own)["backup"]["text"]
    own.sql("DELETE FROM backup")
    assert _bad(_ask(own)) == {"backup": "warning"}
    own.sql("UPDATE schema_version SET applied_at = now() - interval '2 days'")
    assert _bad(_ask(own)) == {"backup": "problem"}
    assert own.ctl("backup", "--dir", str(tmp_path)).returncode == 0
    assert _bad(_ask(own)) == {}


@needs_pg_dump
def test_backup_folder(own, tmp_path):
    def levels(folder):
        found = _ask(own, "--backups", str(folder))
        return {check: level for check, level in _bad(found).items() if check != "backup disk"}

    assert levels(tmp_path / "none") == {"backup folder": "problem"}
    assert levels(tmp_path) == {"backup folder": "warning"}
    assert own.ctl("backup", "--dir", str(tmp_path)).returncode == 0
    assert levels(tmp_path) == {}
    (dump,) = tmp_path.glob("*.dump")
    assert dump.name in _ask(own, "--backups", str(tmp_path))["backup folder"]["text"]
    past = dump.stat().st_mtime - 27 * 3600
    os.utime(dump, (past, past))
    assert levels(tmp_path) == {"backup folder": "warning"}
    # As large as no disk is, and empty.
    os.truncate(dump, 2**42)
    assert levels(tmp_path) == {"backup folder": "problem"}


def test_no_server(tmp_path):
    result = subprocess.run(
        [installation.CTL, "doctor", "--json", "--dsn", f"host={tmp_path} dbname=none"],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert result.returncode == 1
    assert str(tmp_path) in result.stderr
    assert result.stdout == ""
