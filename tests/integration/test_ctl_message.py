# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""minitwitctl message and flag_tool."""

import json
import os
import pty
import subprocess

import pytest

from support import installation
from support.terminal import Terminal, run_alone


def _message(database, verb, *arguments, **options):
    return database.ctl("message", verb, *(str(argument) for argument in arguments), **options)


def _flagged(database):
    return [number for (number,) in database.sql("SELECT id FROM messages WHERE flagged ORDER BY id")]


@pytest.fixture
def messages(people, database):
    """The ids of three messages by alice and one by bob, which is flagged."""
    people("alice", "bob")
    return [
        *(database.add_message("alice", text, age=60) for text in ("one", "two", "three")),
        database.add_message("bob", "four", flagged=True),
    ]


# ---- list ------------------------------------------------------------------------------------------------------------


def _ids(result):
    assert result.returncode == 0, result.stdout
    return [json.loads(line)["id"] for line in result.stdout.splitlines()]


def test_list(messages, database):
    one, two, three, four = messages
    listed = _message(database, "list", "--json", dsn=database.connection_string)
    assert _ids(listed) == [four, three, two, one]
    row = json.loads(listed.stdout.splitlines()[0])
    assert row.pop("pub_date").endswith("Z")
    assert row == {"id": four, "username": "bob", "flagged": True, "text": "four"}
    assert _ids(_message(database, "list", "--json", "--user", "alice")) == [three, two, one]
    assert _ids(_message(database, "list", "--json", "--user", "alice", "--flagged")) == []
    assert _ids(_message(database, "list", "--json", "--flagged")) == [four]
    assert _ids(_message(database, "list", "--json", "--before", three, "--limit", 1)) == [two]
    first, last = _message(database, "list", "--limit", 2).stdout.splitlines()
    number, _, *rest = first.split("\t")
    assert (number, rest) == (str(four), ["bob", "flagged", "four"])
    assert last.split("\t")[2:] == ["alice", "-", "three"]


def test_list_of_an_unknown_user(database):
    result = _message(database, "list", "--user", "nobody")
    assert (result.returncode, 'there is no user "nobody"' in result.stdout) == (1, True)


def test_texts_cannot_steer_a_terminal(people, database):
    people("alice")
    text = 'a\x1b]0;x\x07\n"b"\\n\u2066\x85'
    database.add_message("alice", text)
    plain = _message(database, "list").stdout
    as_json = _message(database, "list", "--json").stdout
    for shown in (plain, as_json):
        assert shown.count("\n") == 1
        assert not set(shown) & set("\x1b\x07\x85\u2066")
    assert json.loads(as_json)["text"] == text


# ---- flag, unflag, delete --------------------------------------------------------------------------------------------


@pytest.mark.smoke
def test_flag_and_unflag(site, messages, database):
    one, two, three, four = messages
    flagged = _message(database, "flag", two, four, two)
    assert (flagged.returncode, flagged.stdout) == (0, "1 message flagged\n")
    assert _flagged(database) == [two, four]
    installation.wait_until(lambda: "two" not in site.get("/public").text, "the message to be hidden")
    unflagged = _message(database, "unflag", one, two, four)
    assert (unflagged.returncode, unflagged.stdout) == (0, "2 messages unflagged\n")
    assert _flagged(database) == []
    installation.wait_until(lambda: "four" in site.get("/public").text, "the message to be shown")
    assert sorted(database.audit()) == sorted(
        [
            ("message flag", str(two), {"author": "alice"}),
            ("message unflag", str(two), {"author": "alice"}),
            ("message unflag", str(four), {"author": "bob"}),
        ]
    )
    assert three not in _flagged(database)


def test_lists_and_the_index_of_the_search_follow_the_flag(messages, database):
    """If another program has changed only the message, the command still corrects the lists."""
    one, two, *_ = messages
    for table, key in (("answers", str(two)), ("mentions", "1"), ("message_tags", "'tag'")):
        database.sql(f"INSERT INTO {table} SELECT {key}, pub_date, id FROM messages WHERE id = {one}")

    def flags():
        """Of the message, and of its row in each list."""
        return database.sql(
            "SELECT m.flagged, a.flagged, n.flagged, t.flagged FROM messages m JOIN answers a ON a.message_id = m.id"
            " JOIN mentions n ON n.message_id = m.id JOIN message_tags t ON t.message_id = m.id WHERE m.id = %s", one
        )  # fmt: skip

    def found():
        return database.sql("SELECT message_id FROM search WHERE words @@ %s::tsquery", "'t tag' & one")

    assert flags() == [(False,) * 4]
    _message(database, "flag", one)
    assert flags() == [(True,) * 4] and found() == []
    _message(database, "unflag", one, two)
    assert flags() == [(False,) * 4] and found() == [(one,)] and database.count("search") == 2
    for verb, flagged in (("flag", True), ("unflag", False)):
        database.sql("UPDATE messages SET flagged = %s WHERE id = %s", flagged, one)
        assert flags() == [(flagged, *(not flagged,) * 3)]
        assert _message(database, verb, one).stdout == f"0 messages {verb}ged\n"
        assert flags() == [(flagged,) * 4] and len(found()) == (not flagged)


def test_delete(messages, database):
    one, two, three, four = messages
    deleted = _message(database, "delete", "--yes", two, four)
    assert (deleted.returncode, deleted.stdout) == (0, "2 messages deleted\n")
    assert database.messages() == [("alice", "one"), ("alice", "three")]
    assert sorted(database.audit()) == [
        ("message delete", str(two), {"author": "alice"}),
        ("message delete", str(four), {"author": "bob"}),
    ]
    assert one and three


_CHANGES = (["flag"], ["unflag"], ["delete", "--yes"])


def test_all_or_none(messages, database):
    with database.unchanged():
        for verb in _CHANGES:
            result = _message(database, *verb, messages[0], 777, messages[3], 778)
            assert result.returncode == 1
            assert "there is no message 777, 778: nothing was changed" in result.stdout


def test_the_site_role_may_not(messages, database):
    with database.unchanged():
        for verb in _CHANGES:
            result = _message(database, *verb, messages[0], dsn=database.connection_string)
            assert result.returncode == 1
            assert "permission denied" in result.stdout and "minitwit_owner" in result.stdout


def test_delete_needs_a_confirmation(messages, database):
    arguments = ("message", "delete", str(messages[0]), "--dsn", database.owner_connection_string)
    with database.unchanged():
        code, said = run_alone(*arguments)
        assert code == 1 and "--yes" in said
        terminal = Terminal(*arguments)
        terminal.expect("1 message will be deleted. ")
        terminal.answer("no\n")
        assert os.waitstatus_to_exitcode(terminal.end()) == 1
    terminal = Terminal(*arguments)
    terminal.expect("go on: ")
    terminal.answer("yes\n")
    assert os.waitstatus_to_exitcode(terminal.end()) == 0
    assert "1 message deleted" in terminal.shown


# ---- flag_tool -------------------------------------------------------------------------------------------------------


class FlagTool:
    """The installed link flag_tool. The environment names the database, as for the original program."""

    def __init__(self, database, folder):
        self.program = folder / "flag_tool"
        self.program.symlink_to(installation.CTL)
        self.environment = os.environ | installation.sanitizer_environment(folder)
        self.environment |= {
            "PGHOST": str(database.cluster.socket_folder),
            "PGDATABASE": database.name,
            "PGUSER": "minitwit_owner",
        }

    def __call__(self, *arguments, stdout=subprocess.PIPE):
        return subprocess.run(
            [self.program, *(str(argument) for argument in arguments)], env=self.environment, stdin=subprocess.DEVNULL,
            stdout=stdout, stderr=subprocess.PIPE, check=False,
        )  # fmt: skip


@pytest.fixture
def flag_tool(database, tmp_path):
    return FlagTool(database, tmp_path)


def test_flag_tool(flag_tool, messages, database):
    one, _, three, four = messages
    result = flag_tool(three, one, four)
    assert (result.returncode, result.stderr) == (0, b"")
    assert result.stdout.decode() == f"Flagged entry: {three}\nFlagged entry: {one}\nFlagged entry: {four}\n"
    assert _flagged(database) == [one, three, four]
    assert {action for action, _, _ in database.audit()} == {"message flag"}


def test_flag_tool_lists_all_messages(flag_tool, people, database):
    people("alice")
    text = 'a,b "c"\n\x1b[2J bør'
    database.add_message("alice", text)
    database.add_message("alice", "", flagged=True)
    result = flag_tool("-i")
    assert (result.returncode, result.stderr) == (0, b"")
    assert result.stdout.decode() == f"1,1,{text},0\n2,1,,1\n"


def test_a_list_that_cannot_be_written_ends_the_statement(flag_tool, people, database):
    """The rows are more than the sockets can hold, so the server still sends when the client cancels the statement."""
    cancelled = b"canceling statement due to user request"
    people("alice")
    database.sql(
        "INSERT INTO messages (author_id, text, pub_date) SELECT id, repeat('x', 160), now() FROM users, generate_series(1, 100000)"
    )
    before = database.cluster.log.read_bytes().count(cancelled)
    with open("/dev/full", "wb") as full:
        result = flag_tool("-i", stdout=full)
    assert result.returncode == 1
    assert b"could not write to standard output" in result.stderr
    assert database.cluster.log.read_bytes().count(cancelled) == before + 1


def test_a_list_cannot_steer_a_terminal(flag_tool, people, database):
    people("alice")
    database.add_message("alice", "a\x1b[2J")
    ours, theirs = pty.openpty()
    assert flag_tool("-i", stdout=theirs).returncode == 0
    assert os.read(ours, 1024) == b"1,1,a\\u001b[2J,0\r\n"
    os.close(ours)
    os.close(theirs)


def test_flag_tool_usage(flag_tool, database):
    shown = flag_tool("-h")
    assert shown.returncode == 0
    assert shown.stdout.startswith(b"Usage: flag_tool ID...")
    assert b"minitwitctl flag_tool" in flag_tool("--help").stdout
    with database.unchanged():
        for wrong in ([], ["-x"], ["1", "x"], ["-i", "1"], ["1.5"], [""]):
            result = flag_tool(*wrong)
            assert (result.returncode, result.stdout) == (2, b"")
            assert result.stderr.startswith(b"flag_tool: ") and b'"flag_tool -h"' in result.stderr


def test_flag_tool_and_an_unknown_id(flag_tool, messages, database):
    with database.unchanged():
        result = flag_tool(messages[0], 777)
        assert (result.returncode, result.stdout) == (1, b"")
        assert result.stderr == b"flag_tool: there is no message 777: nothing was changed\n"


def test_flag_tool_as_a_command(messages, database):
    result = database.ctl("flag_tool", str(messages[0]))
    assert (result.returncode, result.stdout) == (0, f"Flagged entry: {messages[0]}\n")
    refused = database.ctl("flag_tool")
    assert refused.returncode == 2
    assert refused.stdout.startswith("minitwitctl flag_tool: ")
