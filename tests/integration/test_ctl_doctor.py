# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""minitwitctl doctor: each test damages a database, runs doctor, and repairs the database with the remedy that doctor
prints."""

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
# PostgreSQL 17 introduced the right MAINTAIN.
_CAN_MAINTAIN = installation.server_version() >= 17


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
def own(sound):
    """A database without findings."""
    database = SiteDatabase.create(sound, f"doctor{next(_numbers)}")
    database.sql("INSERT INTO backup (succeeded_at) VALUES (now())")
    yield database
    sound.psql(f'DROP DATABASE "{database.name}" WITH (FORCE)')


def _doctor(database, *arguments, **options):
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


def _repair(database, finding):
    """Runs the statements of the remedy one by one, as psql does."""
    role, sql = finding["remedy"].removeprefix("Run in psql as ").split(": ", 1)
    user = "minitwit_owner" if role == "minitwit_owner" else "postgres"
    with contextlib.closing(database.cluster.connect(database.name, user)) as connection:
        for statement in filter(None, map(str.strip, sql.split(";"))):
            connection.cursor().execute(statement)


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
def test_no_findings(own, role):
    dsn = own.cluster.connection_string(own.name, role)
    with own.unchanged():
        found = _doctor(own, "--children", "4", "--dbdmax", "5", dsn=dsn)
    assert _bad(found) == {}
    assert [check for check, finding in found.items() if finding["level"] == "unknown"] == (
        ["sequences", "site URL"] if role == "minitwit_site" else ["site URL"]
    )


def test_text(own):
    result = own.ctl("doctor")
    assert result.returncode == 0
    assert result.stdout.endswith("\nproblems: 0, warnings: 0\n")
    own.sql("DROP INDEX followers_whom_in_order")
    result = own.ctl("doctor")
    assert result.returncode == 1
    lines = result.stdout.splitlines()
    (found,) = [number for number, line in enumerate(lines) if line.startswith("problem ")]
    assert "followers_whom_in_order" in lines[found]
    assert lines[found + 1].split(":", 1)[0].strip() == "to do"
    assert lines[-1] == "problems: 1, warnings: 0"


def test_findings_and_their_remedies(own):
    for check, level, statements in [
        ("rights", "problem", ["REVOKE DELETE ON sessions FROM minitwit_site"]),
        ("rights", "problem", ["REVOKE INSERT (text) ON messages FROM minitwit_site"]),
        ("rights", "problem", ["REVOKE UPDATE ON SEQUENCE simulator_latest FROM minitwit_site"]),
        ("rights", "problem", ["GRANT UPDATE ON messages TO minitwit_site"]),
        ("rights", "problem", ["GRANT UPDATE (email) ON users TO PUBLIC"]),
        ("rights", "problem", ["GRANT SELECT ON audit TO minitwit_site", "REVOKE ALL ON users FROM minitwit_site"]),
        ("rights", "problem", ["CREATE TABLE more ()", "ALTER TABLE more OWNER TO minitwit_owner",
                               "GRANT TRUNCATE ON more TO minitwit_site"]),
        ("rights", "problem", ["REVOKE EXECUTE ON FUNCTION search_settle() FROM minitwit_site"]),
        ("rights", "problem", ["CREATE FUNCTION more(text, int) RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'",
                               "ALTER FUNCTION more OWNER TO minitwit_owner"]),
        ("powers", "problem", ["GRANT CREATE ON SCHEMA public TO PUBLIC"]),
        ("powers", "problem", ["REVOKE USAGE ON SCHEMA public FROM PUBLIC, minitwit_site"]),
        ("access", "warning", [f'GRANT CONNECT, TEMPORARY ON DATABASE "{own.name}" TO PUBLIC']),
        ("access", "warning", [f'GRANT TEMPORARY ON DATABASE "{own.name}" TO minitwit_site']),
        ("ownership", "problem", ["CREATE TABLE another ()"]),
        ("ownership", "problem", ["CREATE FUNCTION more() RETURNS int LANGUAGE sql AS 'SELECT 1'"]),
        ("missing indexes", "problem", ["DROP INDEX messages_newest, sessions_user, followers_in_order"]),
        ("missing indexes", "problem", ["ALTER TABLE users DROP CONSTRAINT users_username_key",
                                        "ALTER TABLE sessions DROP CONSTRAINT sessions_pkey"]),
        ("invalid indexes", "problem", ["UPDATE pg_index SET indisvalid = false"
                                        " WHERE indexrelid = 'messages_newest'::regclass"]),
        ("constraints", "problem", ["ALTER TABLE users ADD CONSTRAINT tidy CHECK (username <> '') NOT VALID"]),
        ("collation", "problem", ['ALTER TABLE users ALTER COLUMN username TYPE text COLLATE "POSIX"']),
        ("settings", "warning", ["ALTER ROLE minitwit_site RESET ALL", "ALTER ROLE minitwit_owner SET log_parameter_max_length = 5"]),
        ("sequences", "problem", ["INSERT INTO users (id, username, email, password_hash) VALUES (7000, 'a', 'a@b', '')"]),
        ("identity", "problem", ["DELETE FROM site"]),
        ("statistics", "warning", ["ALTER TABLE audit SET (autovacuum_enabled = off)",
                                   "INSERT INTO audit (os_user, host, action, target)"
                                   " SELECT '', '', 'x', repeat('x', 900) FROM generate_series(1, 12000)"]),
        *([("rights", "problem", ["GRANT MAINTAIN ON messages TO minitwit_site"])] * _CAN_MAINTAIN),
    ]:  # fmt: skip
        for statement in statements:
            own.sql(statement)
        found = _doctor(own)
        assert _bad(found) == {check: level}, found[check]
        _repair(own, found[check])
    assert _bad(_doctor(own)) == {}


def test_every_missing_index(own):
    """The remedy creates the same indexes as the migrations."""
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
    _repair(own, _doctor(own)["missing indexes"])
    assert own.sql(indexes) == before


def test_powers(own):
    for power in ("SUPERUSER", "CREATEDB", "CREATEROLE", "REPLICATION", "BYPASSRLS"):
        with _site_role(own, f"ALTER ROLE minitwit_site {power}", undo=f"ALTER ROLE minitwit_site NO{power}"):
            found = _doctor(own)
            assert found["powers"]["level"] == "problem"
            _repair(own, found["powers"])
            assert _bad(_doctor(own)) == {}


def test_memberships(own):
    for group in ["minitwit_owner", "pg_read_all_data"] + ["pg_maintain"] * _CAN_MAINTAIN:
        with _site_role(own, f"GRANT {group} TO minitwit_site", undo=f"REVOKE {group} FROM minitwit_site"):
            found = _doctor(own)
            assert f"is a member of {group}" in found["powers"]["text"]
            _repair(own, found["powers"])
            assert _bad(_doctor(own)) == {}


def test_a_member_of_the_site(own):
    """It has the role's rights, but not its settings."""
    own.sql("CREATE ROLE node1 LOGIN IN ROLE minitwit_site")
    try:
        dsn = own.cluster.connection_string(own.name, "node1")
        found = _doctor(own, dsn=dsn)
        assert _bad(found) == {"settings": "warning"}
        _repair(own, found["settings"])
        assert _bad(_doctor(own, dsn=dsn)) == {}
    finally:
        own.sql("DROP ROLE node1")


def test_a_stranger(own):
    own.sql("CREATE ROLE stranger LOGIN IN ROLE pg_monitor")
    try:
        found = _doctor(own, dsn=own.cluster.connection_string(own.name, "stranger"))
        assert found["schema"]["level"] == "problem"
        assert "permission denied" in found["schema"]["text"]
    finally:
        own.sql("DROP ROLE stranger")


def test_schema_too_old(own):
    own.sql("DELETE FROM schema_version WHERE version > 3")
    found = _doctor(own)
    assert _bad(found) == {"schema": "problem"}
    assert "minitwitctl migrate" in found["schema"]["remedy"]


def test_schema_too_new(own):
    own.sql("INSERT INTO schema_version (version, name) VALUES (999, 'later')")
    assert _bad(_doctor(own)) == {"schema": "problem"}
    own.sql("UPDATE schema_version SET works_with = 5 WHERE version = 999")
    found = _doctor(own)
    assert _bad(found) == {}
    assert found["contents"]["level"] == "unknown"


def test_no_schema_in_another_encoding(sound):
    database = SiteDatabase(sound, f"doctor{next(_numbers)}")
    sound.psql_file(installation.ROLES)
    sound.psql(
        f"CREATE DATABASE \"{database.name}\" OWNER minitwit_owner ENCODING 'SQL_ASCII' LOCALE 'C' TEMPLATE template0"
    )
    found = _doctor(database)
    assert "no schema" in found["schema"]["text"]
    assert found["encoding"]["level"] == "problem"
    assert "SQL_ASCII" in found["encoding"]["text"]


def test_roles_missing(sound):
    sound.psql_file(installation.ROLES)
    sound.psql("ALTER ROLE minitwit_site RENAME TO other_site")
    try:
        database = SiteDatabase(sound, "postgres")
        found = _doctor(database, dsn=sound.connection_string("postgres", "postgres"))
        assert found["roles"]["level"] == "problem"
        assert "roles.sql" in found["roles"]["remedy"]
    finally:
        sound.psql("ALTER ROLE other_site RENAME TO minitwit_site")


def test_pools(own):
    """The cluster has 80 connections, 3 of which are reserved for superusers."""
    for children, dbdmax, level in [(4, 8, "ok"), (4, 16, "warning"), (10, 16, "problem"), (1000000, 1000000, "problem")]:
        found = _doctor(own, "--children", str(children), "--dbdmax", str(dbdmax))
        assert found["connections"]["level"] == level
        assert f"may open {children * dbdmax}" in found["connections"]["text"]
    with _site_role(own, "ALTER ROLE minitwit_site CONNECTION LIMIT 10", undo="ALTER ROLE minitwit_site CONNECTION LIMIT -1"):
        assert _doctor(own, "--children", "4", "--dbdmax", "5")["connections"]["level"] == "problem"


def test_read_only(own):
    own.sql(f'ALTER DATABASE "{own.name}" SET default_transaction_read_only = on')
    assert _bad(_doctor(own)) == {"writes": "problem"}


def test_a_row_that_cannot_be_written(own):
    """doctor writes a row to each table. It stores none, and does not wait for locks."""
    assert _doctor(own)["trial"]["level"] == "ok"
    with own.locked():
        assert _doctor(own)["trial"]["level"] == "unknown"
    own.sql("CREATE FUNCTION broken() RETURNS trigger LANGUAGE c AS '$libdir/plpgsql', 'plpgsql_call_handler'")
    own.sql("ALTER FUNCTION broken OWNER TO minitwit_owner")
    own.sql("UPDATE pg_proc SET probin = '/nowhere/library' WHERE proname = 'broken'")
    for table in ("users", "messages", "followers", "sessions"):
        own.sql(f"CREATE TRIGGER broken BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION broken()")
        for dsn in (own.connection_string, own.owner_connection_string):
            with own.unchanged():
                found = _doctor(own, dsn=dsn)
            assert _bad(found) == {"trial": "problem"}
            assert 'SQLSTATE 58P01: could not access file "/nowhere/library"' in found["trial"]["text"]
            assert "Restart PostgreSQL" in found["trial"]["remedy"]
        own.sql(f"DROP TRIGGER broken ON {table}")
    own.sql("DROP FUNCTION broken")
    assert _bad(_doctor(own)) == {}


def test_the_search_path_does_not_matter(own):
    with _site_role(own, "ALTER ROLE minitwit_site SET search_path = ''", undo="ALTER ROLE minitwit_site RESET search_path"):
        assert _bad(_doctor(own, dsn=own.connection_string)) == {}


def test_durability(own, cluster):
    own.sql(f'ALTER DATABASE "{own.name}" SET synchronous_commit = off')
    found = _doctor(own)
    assert _bad(found) == {"durability": "problem"}
    assert "synchronous_commit = off" in found["durability"]["text"]
    other = SiteDatabase.create(cluster, f"doctor{next(_numbers)}")
    assert "fsync = off" in _doctor(other)["durability"]["text"]


def test_autovacuum(own):
    own.sql("ALTER SYSTEM SET autovacuum = off")
    own.sql("SELECT pg_reload_conf()")
    _wait_for_autovacuum(own, "off")
    found = _doctor(own)
    assert _bad(found) == {"autovacuum": "problem"}
    _repair(own, found["autovacuum"])
    _wait_for_autovacuum(own, "on")
    assert _bad(_doctor(own)) == {}


def _wait_for_autovacuum(database, setting):
    installation.wait_until(lambda: database.value("SHOW autovacuum") == setting, "the setting")


@pytest.mark.skipif(installation.SANITIZE, reason="libfaketime and AddressSanitizer both need to be loaded first")
def test_clock(own):
    for offset, level in (("-1h", "problem"), ("+1h", "problem"), ("+1s", "ok")):
        result = subprocess.run(
            ["faketime", "-f", offset, installation.CTL, "--dsn", own.owner_connection_string, "doctor", "--json"],
            env=os.environ | {"TZ": "Pacific/Kiritimati"}, capture_output=True, text=True, check=False,
        )  # fmt: skip
        (found,) = [finding for finding in json.loads(result.stdout)["findings"] if finding["check"] == "clock"]
        assert found["level"] == level
        assert result.returncode == (1 if level == "problem" else 0)


def test_expired_sessions(own):
    own.sql("INSERT INTO users (username, email, password_hash) VALUES ('a', 'a@b', '')")
    own.sql(
        "INSERT INTO sessions (token_hash, user_id, expires_at)"
        " SELECT sha256(n::text::bytea), 1, now() - interval '3 days' FROM generate_series(1, 1000) n"
    )
    assert _bad(_doctor(own)) == {"sessions": "warning"}
    assert own.ctl("prune").returncode == 0
    assert _bad(_doctor(own)) == {}


def test_names_that_look_the_same(own):
    pairs = [("n\u0303", "\u00f1"), ("\u212b", "A\u030a"), *((f"{n}e\u0301", f"{n}\u00e9") for n in range(10))]
    insert = "INSERT INTO users (username, email, password_hash) SELECT name, 'a@b', '' FROM unnest(%s) name"
    own.sql(insert, ["alice", "Alice", "e\u0301", "\u00e8"])
    assert _bad(_doctor(own)) == {}
    own.sql(insert, [name for pair in pairs for name in pair])
    found = _doctor(own)
    assert _bad(found) == {"names": "warning"}
    text = found["names"]["text"]
    # doctor's own attempts to write use up ids.
    first = own.value("SELECT min(id) FROM users WHERE username = %s", pairs[0][0])
    expected = f": {len(pairs)}: \"\u00f1\" (ids {first}, {first + 1}), \"\u00c5\" (ids {first + 2}, {first + 3}), "
    assert expected in text and text.endswith(", ...")
    assert text.count("(ids ") == 10
    remedy = found["names"]["remedy"].split(": ")[-1]
    for number in range(first, first + 2 * len(pairs), 2):
        own.sql(remedy.replace("NEW NAME", f"user {number}").replace(" ID;", f" {number};"))
    assert _bad(_doctor(own)) == {}


def test_reserved_names(own):
    insert = "INSERT INTO users (username, email, password_hash) SELECT name, 'a@b', '' FROM unnest(%s) name"
    own.sql(insert, ["alice", "--", "Public", "..."])
    assert _bad(_doctor(own)) == {}
    own.sql(insert, ["-", "public", ".."])
    found = _doctor(own)
    assert _bad(found) == {"reserved names": "warning"}
    first = own.value("SELECT id FROM users WHERE username = '-'")
    listed = f'"-" (id {first}), "public" (id {first + 1}), ".." (id {first + 2})'
    assert found["reserved names"]["text"] == f"users with names that the site reserves: {listed}"
    remedy = found["reserved names"]["remedy"].split(": ")[-1]
    for number in range(first, first + 3):
        own.sql(remedy.replace("NEW NAME", f"user {number}").replace(" ID;", f" {number};"))
    assert _bad(_doctor(own)) == {}


@needs_pg_dump
def test_backup(own, tmp_path):
    for age in ("27 hours", "-2 years"):
        own.sql("UPDATE backup SET succeeded_at = now() - %s::interval", age)
        assert _bad(_doctor(own)) == {"backup": "problem"}
    assert "in the future" in _doctor(own)["backup"]["text"]
    own.sql("DELETE FROM backup")
    assert _bad(_doctor(own)) == {"backup": "warning"}
    own.sql("UPDATE schema_version SET applied_at = now() - interval '2 days'")
    assert _bad(_doctor(own)) == {"backup": "problem"}
    assert own.ctl("backup", "--dir", str(tmp_path)).returncode == 0
    assert _bad(_doctor(own)) == {}


@needs_pg_dump
def test_backup_folder(own, tmp_path):
    def levels(folder):
        found = _doctor(own, "--backups", str(folder))
        return {check: level for check, level in _bad(found).items() if check != "backup disk"}

    assert levels(tmp_path / "none") == {"backup folder": "problem"}
    assert levels(tmp_path) == {"backup folder": "warning"}
    assert own.ctl("backup", "--dir", str(tmp_path)).returncode == 0
    assert levels(tmp_path) == {}
    (dump,) = tmp_path.glob("*.dump")
    assert dump.name in _doctor(own, "--backups", str(tmp_path))["backup folder"]["text"]
    past = dump.stat().st_mtime - 27 * 3600
    os.utime(dump, (past, past))
    assert levels(tmp_path) == {"backup folder": "warning"}
    future = past + 54 * 3600
    os.utime(dump, (future, future))
    assert levels(tmp_path) == {"backup folder": "warning"}
    assert "in the future" in _doctor(own, "--backups", str(tmp_path))["backup folder"]["text"]
    os.utime(dump)
    # A sparse file, larger than any disk.
    os.truncate(dump, 2**42)
    assert levels(tmp_path) == {"backup folder": "problem"}


def test_the_address_of_the_site(own, tmp_path):
    """doctor reads the file that --config names. Without the option, it names the option."""
    file = tmp_path / "minitwit.conf"
    for text, level, patterns in (
        (None, "problem", ["No such file", str(file)]),
        ("", "warning", ["does not set MinitwitSiteURL", "no canonical URL, no og:url and no sitemap"]),
        ("#MinitwitSiteURL https://a.example\n# MinitwitSiteURL https://b.example\n", "warning", ["does not set"]),
        ("MinitwitSiteURLs https://a.example\nMinitwitSiteURL\n", "warning", ["does not set"]),
        ("<VirtualHost *:80>\n\tminitwitsiteurl  \"https://a.example/\"\r\n</VirtualHost>", "ok", ["https://a.example/"]),
    ):
        if text is not None:
            file.write_text(text)
        found = _doctor(own, "--config", str(file))["site URL"]
        assert found["level"] == level, text
        for pattern in patterns:
            assert pattern in found["text"]
        assert (found["remedy"] is None) == (level == "ok")
    assert "--config FILE" in _doctor(own)["site URL"]["remedy"]
