# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""The command line of minitwitctl, and its subcommand status."""

import json
import os
import re
import shlex
import socket
import subprocess

import pytest

from support import installation

_SCHEMA_VERSION = len(list(installation.MIGRATIONS.glob("[0-9]*.sql")))


def _run(*arguments):
    return subprocess.run(
        [installation.CTL, *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize(
    "command",
    [
        "", "audit", "backup", "backup verify", "doctor", "export", "import", "migrate", "prune", "restore", "status",
        "user add", "user list", "user show", "user passwd", "user disable", "user enable", "user export", "user delete",
        "message list", "message flag", "message unflag", "message delete",
    ],
)  # fmt: skip
def test_help(command):
    result = _run(*command.split(), "--help")
    assert result.returncode == 0
    assert result.stdout.startswith(f"Usage: minitwitctl {command}".rstrip())
    assert "--dsn" in result.stdout
    assert result.stderr == ""


def test_version():
    result = _run("--version")
    assert result.returncode == 0
    assert result.stdout.startswith("minitwitctl ")


_WRONG = [
    "", "nonsense", "--nonsense", "--dsn", "doctor now", "doctor --children 4", "doctor --children 4 --dbdmax 0",
    "export one two", "import", "import one two", "import --from dbname=x one", "migrate --nonsense", "migrate now",
    "migrate -- now", "user passwd", "user passwd --stdin", "user passwd alice secret", "user passwd --stdin=secret alice",
    "user passwd --password secret alice", "user", "user passw", "user add alice", "user add alice a@b secret",
    "user list alice", "user list --limit 0", "user list --limit=-1", "user list --limit 99999999999999999999", "user show",
    "user disable", "user enable alice bob", "user export", "user delete --yes", "message", "message list alice",
    "message list --before x", "message flag", "message flag 1 x", "message unflag 1.0", "message delete --yes",
    "message delete --yes 99999999999999999999", "audit --limit no", "audit now", "prune --flagged-only",
    "prune --messages-older-than 0", "prune --messages-older-than 36501", "passwd alice", "status --json=yes", "status now",
]  # fmt: skip
_WRONG_WORDS = [
    ["user passwd", "alice"],
    ["user", "passwd", b"\xff"],
    ["user", "list", "--prefix", b"\xff"],
    ["message", "list", "--user", b"\xff"],
    ["prune", "--messages-older-than", "1 or 1=1"],
]


def test_wrong_usage():
    for arguments in [line.split() for line in _WRONG] + _WRONG_WORDS:
        result = _run(*arguments)
        assert result.returncode == 2, arguments
        assert "--help" in result.stderr
        assert result.stdout == ""


@pytest.mark.parametrize("arguments", [["--version"], ["--help"], ["status"], ["migrate", "--sql", installation.MIGRATIONS]])
def test_a_full_disk_fails_the_command(migrated, arguments):
    with open("/dev/full", "w", encoding="utf-8") as full:
        done = subprocess.run(
            [installation.CTL, "--dsn", migrated.owner_connection_string, *arguments],
            stdout=full, stderr=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip
    assert done.returncode == 1
    assert "could not write to standard output" in done.stderr


@pytest.mark.parametrize(
    ("change", "version", "remedy"),
    [
        ("INSERT INTO schema_version (version, name) VALUES (%s + 1, 'newer')", _SCHEMA_VERSION + 1, "Install the versions of mod_minitwit"),
        ("DELETE FROM schema_version WHERE version = %s", _SCHEMA_VERSION - 1, "run minitwitctl migrate as"),
    ],
)
def test_export_and_import_refuse_another_schema_version(migrated, tmp_path, change, version, remedy):
    exported = tmp_path / "export"
    assert migrated.ctl("export", exported).returncode == 0
    migrated.sql(change, _SCHEMA_VERSION)
    for command in ("export", "import"):
        refused = migrated.ctl(command, exported)
        assert refused.returncode == 1
        assert f"has version {version}, " in refused.stdout and remedy in refused.stdout


def test_status(migrated):
    migrated.sql("INSERT INTO users (username, email, password_hash) VALUES ('a', 'a@b', ''), ('b', 'b@b', '')")
    migrated.sql("INSERT INTO followers (who_id, whom_id) VALUES (1, 2)")
    migrated.add_message("a", "one")
    migrated.add_message("b", "two", flagged=True)
    status = migrated.ctl("status", dsn=migrated.connection_string)
    assert status.returncode == 0
    assert "messages   2, of which 1 flagged\n" in status.stdout
    assert status.stdout.endswith("\nready\n")


def test_status_as_json(migrated):
    status = migrated.ctl("status", "--json", dsn=migrated.connection_string)
    assert status.returncode == 0
    state = json.loads(status.stdout)
    assert state.pop("server_version")
    assert state == {
        "ready": True,
        "problem": None,
        "database": migrated.name,
        "role": "minitwit_site",
        "schema_version": _SCHEMA_VERSION,
        "schema_version_needed": _SCHEMA_VERSION,
        "users": 0,
        "messages": 0,
        "messages_flagged": 0,
        "follows": 0,
        "sessions_active": 0,
        "search_pending": 0,
    }


def test_status_without_schema(bare_database):
    status = bare_database.ctl("status", "--json")
    assert status.returncode == 1
    state = json.loads(status.stdout)
    assert state["ready"] is False
    assert state["schema_version"] == 0
    assert "minitwitctl migrate" in state["problem"]


def test_status_without_rights(migrated):
    migrated.cluster.psql("CREATE ROLE stranger LOGIN IN ROLE pg_monitor")
    try:
        status = migrated.ctl("status", dsn=migrated.cluster.connection_string(migrated.name, "stranger"))
    finally:
        migrated.cluster.psql("DROP ROLE stranger")
    assert status.returncode == 1
    assert "permission denied" in status.stdout
    assert "42501" in status.stdout


def test_status_of_a_database_that_cannot_serve(migrated):
    """status names the cause and the remedy, as readyz does."""
    dsn = migrated.connection_string
    for change, problem, remedy, undo in (
        ("REVOKE INSERT ON messages FROM minitwit_site", "lacks rights in the database: insert on messages", "minitwitctl doctor",
         "GRANT INSERT (author_id, text, answers_id, answers_author_id) ON messages TO minitwit_site"),
        (f"ALTER DATABASE {migrated.name} SET default_transaction_read_only = on", "the database is read-only", "Reset it",
         "SET transaction_read_only = off"),
    ):  # fmt: skip
        migrated.sql(change)
        status = migrated.ctl("status", dsn=dsn)
        assert status.returncode == 1
        assert re.search(rf"\nnot ready: .*{problem}.*\. .*{remedy}", status.stdout), status.stdout
        migrated.cluster.psql(f"ALTER DATABASE {migrated.name} RESET default_transaction_read_only")
        migrated.sql(undo)
        assert migrated.ctl("status", dsn=dsn).returncode == 0


def test_no_server(tmp_path):
    """The message has a hint. With --json, there is an object on standard output, too."""
    nowhere = ("--dsn", f"host={tmp_path} dbname=none")
    for command in ("status", "doctor", "user list", "audit"):
        result = _run(*nowhere, *command.split())
        assert (result.returncode, result.stdout) == (1, "")
        assert str(tmp_path) in result.stderr and "Check that PostgreSQL runs there." in result.stderr
        result = _run(*nowhere, *command.split(), "--json")
        assert result.returncode == 1
        state = json.loads(result.stdout)
        assert str(tmp_path) in str(state)
        if command == "status":
            assert (state["ready"], state["schema_version"]) == (False, None)
        elif command == "doctor":
            assert [(finding["check"], finding["level"]) for finding in state["findings"]] == [("connection", "problem")]
            assert state["findings"][0]["remedy"].startswith("Check that PostgreSQL runs there.")
        else:
            assert list(state) == ["error"]


def test_the_default_role_and_database(cluster):
    """Without --dsn, the message names the role and the database, and how to choose others."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PG")}
    dsn = dict(part.split("=", 1) for part in cluster.connection_string("postgres", "nobody").split())
    environment |= {"PGHOST": dsn["host"], "PGPORT": dsn.get("port", "5432"), "PGUSER": "nobody"}
    result = subprocess.run([installation.CTL, "status"], env=environment, capture_output=True, text=True, check=False)
    assert result.returncode == 1
    assert 'The role was "nobody" and the database "nobody". To name others, use --dsn' in result.stderr


def test_the_default_timeout_replaces_no_other(tmp_path):
    """libpq refuses the wrong value of the string, the environment or the service, so it has read it."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PG")}
    environment["PGSERVICEFILE"] = str(tmp_path / "services")
    # libpq reads the time-out when it waits for the server.
    with socket.create_server(("127.0.0.1", 0)) as server:
        host = f"host=127.0.0.1 port={server.getsockname()[1]}"
        lines = "\n".join(host.split())
        (tmp_path / "services").write_text(f"[here]\n{lines}\nconnect_timeout=wrong\n")
        for dsn, more in (
            (f"{host} connect_timeout=wrong", {}),
            (host, {"PGCONNECT_TIMEOUT": "wrong"}),
            ("service=here", {}),
            ("dbname=minitwit", {"PGSERVICE": "here"}),
        ):
            result = subprocess.run(
                [installation.CTL, "status", "--dsn", dsn], env=environment | more, capture_output=True, text=True, check=False
            )
            assert result.returncode == 1
            assert "connect_timeout" in result.stderr, (dsn, more, result.stderr)


def test_misspelt_words():
    for arguments, meant in (("statsu", "status"), ("usr list", "user"), ("status --jsn", "--json")):
        result = _run(*arguments.split())
        assert result.returncode == 2
        assert f'Did you mean "{meant}"?' in result.stderr
    for arguments in ("xyz", "status --colour", "status --dsn", "status --json=yes", "--dsn"):
        assert "Did you mean" not in _run(*arguments.split()).stderr, arguments
    for arguments in (["-h"], ["status", "-h"], ["user", "-h"]):
        assert _run(*arguments).stdout == _run(*arguments[:-1], "--help").stdout != ""


def test_completion_in_bash():
    """bash completes the commands and options that --help lists."""
    script = f"""
        . {shlex.quote(str(installation.SOURCE / "conf" / "completions" / "minitwitctl"))}
        COMP_WORDS=({shlex.quote(str(installation.CTL))} "$@") COMP_CWORD=$#
        _minitwitctl
        printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    for words, wanted in (
        (["sta"], {"status"}),
        (["user", ""], {"add", "list", "show", "passwd", "disable", "enable", "export", "delete"}),
        (["--dsn", "dbname=x", "user", "ex"], {"export"}),
        (["status", "--j"], {"--json"}),
        (["user", "list", "--"], {"--prefix", "--disabled", "--limit", "--json", "--dsn", "--help"}),
    ):
        done = subprocess.run(["bash", "-c", script, "bash", *words], capture_output=True, text=True, check=True)
        assert set(done.stdout.split()) == wanted, (words, done.stderr)
