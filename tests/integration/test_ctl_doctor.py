# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""minitwitctl doctor: its answer about a sound database, and a finding of each kind. A test damages a database, runs
doctor, and repairs the database with the remedy that doctor prints."""

import pytest

from support.doctor import CAN_MAINTAIN, bad, doctor, repair


@pytest.mark.parametrize("role", ["minitwit_owner", "minitwit_site", "postgres"])
def test_no_findings(sound_database, role):
    dsn = sound_database.cluster.connection_string(sound_database.name, role)
    with sound_database.unchanged():
        found = doctor(sound_database, "--children", "4", "--dbdmax", "5", dsn=dsn)
    assert bad(found) == {}
    assert [check for check, finding in found.items() if finding["level"] == "unknown"] == (
        ["sequences", "site URL"] if role == "minitwit_site" else ["site URL"]
    )


def test_text(sound_database):
    result = sound_database.ctl("doctor")
    assert result.returncode == 0
    assert result.stdout.endswith("\nproblems: 0, warnings: 0\n")
    sound_database.sql("DROP INDEX followers_whom_in_order")
    result = sound_database.ctl("doctor")
    assert result.returncode == 1
    lines = result.stdout.splitlines()
    (found,) = [number for number, line in enumerate(lines) if line.startswith("problem ")]
    assert "followers_whom_in_order" in lines[found]
    assert lines[found + 1].split(":", 1)[0].strip() == "to do"
    assert lines[-1] == "problems: 1, warnings: 0"


def test_findings_and_their_remedies(sound_database):
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
        ("access", "warning", [f'GRANT CONNECT, TEMPORARY ON DATABASE "{sound_database.name}" TO PUBLIC']),
        ("access", "warning", [f'GRANT TEMPORARY ON DATABASE "{sound_database.name}" TO minitwit_site']),
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
        *([("rights", "problem", ["GRANT MAINTAIN ON messages TO minitwit_site"])] * CAN_MAINTAIN),
    ]:  # fmt: skip
        for statement in statements:
            sound_database.sql(statement)
        found = doctor(sound_database)
        assert bad(found) == {check: level}, found[check]
        repair(sound_database, found[check])
    assert bad(doctor(sound_database)) == {}
