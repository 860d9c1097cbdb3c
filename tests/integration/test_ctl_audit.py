# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""minitwitctl audit: the changes that operators have made."""

import json
import os
import re
import socket
import subprocess

import pytest

from support import installation


def _rows(result):
    assert result.returncode == 0, result.stdout
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_audit(people, database, monkeypatch):
    monkeypatch.delenv("SUDO_USER", raising=False)
    people("alice")
    number = database.add_message("alice", "a secret text")
    database.ctl("user", "passwd", "--stdin", "alice", typed="a secret password\n")
    database.ctl("message", "flag", str(number))
    database.ctl("user", "disable", "alice", dsn=database.cluster.connection_string(database.name, "postgres"))
    listed = database.ctl("audit", "--json")
    newest, flag, passwd = _rows(listed)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", newest.pop("at"))
    assert newest.pop("os_user")
    assert newest == {
        "id": 3, "role": "postgres", "host": socket.gethostname(), "action": "user disable", "target": "alice",
        "details": {"sessions_ended": 0},
    }  # fmt: skip
    assert (flag["role"], flag["action"], flag["target"]) == ("minitwit_owner", "message flag", str(number))
    assert (passwd["action"], passwd["target"]) == ("user passwd", "alice")
    assert "secret" not in listed.stdout and "argon2" not in listed.stdout
    assert [row["id"] for row in _rows(database.ctl("audit", "--json", "--limit", "1"))] == [3]
    lines = database.ctl("audit").stdout.splitlines()
    assert len(lines) == 3
    assert lines[0].split("\t")[5:] == ["user disable", "alice", '{"sessions_ended": 0}']


def test_the_account_behind_sudo(people, database, monkeypatch):
    monkeypatch.setenv("SUDO_USER", "carl\x1b")
    people("alice")
    database.ctl("user", "disable", "alice")
    (row,) = _rows(database.ctl("audit", "--json"))
    assert row["os_user"].endswith(" (sudo by carl\x1b)")
    assert "\x1b" not in database.ctl("audit").stdout
    monkeypatch.setitem(os.environb, b"SUDO_USER", b"\xff")
    assert database.ctl("user", "enable", "alice").returncode == 0


def test_the_role_is_the_one_that_connected(people, database):
    people("alice")
    database.cluster.psql("CREATE ROLE carl LOGIN IN ROLE minitwit_owner")
    try:
        dsn = database.cluster.connection_string(database.name, "carl") + " options='-c role=minitwit_owner'"
        assert database.ctl("user", "disable", "alice", dsn=dsn).returncode == 0
        (row,) = _rows(database.ctl("audit", "--json"))
        assert row["role"] == "carl"
    finally:
        database.cluster.psql("DROP ROLE carl")


def test_a_change_that_cannot_be_recorded_is_not_made(signed_in, database):
    signed_in("alice")
    database.add_message("alice", "text")
    database.sql("UPDATE sessions SET expires_at = now() - interval '1 day'")
    database.sql("ALTER TABLE audit ADD CONSTRAINT full_disk CHECK (id < 0)")
    try:
        with database.unchanged():
            for command in ("user disable alice", "user delete --yes alice", "message delete --yes 1", "prune"):
                result = database.ctl(*command.split())
                assert result.returncode == 1
                assert "full_disk" in result.stdout
    finally:
        database.sql("ALTER TABLE audit DROP CONSTRAINT full_disk")


_READERS = [
    (["user", "export", "alice"], ("user export", "alice", {}), True),
    (["export"], ("export", "", {"passwords": True}), True),
    (["export", "--without-passwords"], ("export", "", {"passwords": False}), True),
    (["user", "list"], ("user list", "", {}), False),
    (["user", "show", "alice"], ("user show", "alice", {}), False),
]


@pytest.mark.parametrize(("arguments", "row", "must"), _READERS, ids=[" ".join(case[0]) for case in _READERS])
def test_a_command_that_reads_personal_data(people, database, arguments, row, must):
    """Its row is committed before the first byte appears, so a reader that ends early cannot avoid it. Without a row,
    an export shows nothing. user list and user show also work as minitwit_site, which cannot write rows."""
    people("alice")
    command = [installation.CTL, "--dsn", database.owner_connection_string, *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as program:
        assert program.stdout.read(1)
        assert database.audit() == [row]
        program.stdout.close()
        program.kill()
    assert database.audit() == [row]
    database.sql("ALTER TABLE audit ADD CONSTRAINT full_disk CHECK (id < 0) NOT VALID")
    try:
        owner, site = database.owner_connection_string, database.connection_string
        for dsn, reason in ((owner, "full_disk"), (site, "permission denied")):
            with database.unchanged():
                done = subprocess.run([*command, "--dsn", dsn], capture_output=True, text=True, check=False)
            assert done.returncode == must
            assert reason in done.stderr
            assert must == (done.stdout == "") == ("the audit has no row about this command" not in done.stderr)
    finally:
        database.sql("ALTER TABLE audit DROP CONSTRAINT full_disk")


def test_the_site_role_may_not(database):
    result = database.ctl("audit", dsn=database.connection_string)
    assert result.returncode == 1
    assert "permission denied" in result.stdout and "minitwit_owner" in result.stdout
