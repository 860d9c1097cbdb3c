# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""Where minitwitctl import reads, which stays as it is, and the report that it writes."""

import json
import os

import pytest

from support.original import PBKDF2, Original, counts_of, import_from, people_of, refused
from support.terminal import Terminal


@pytest.mark.parametrize("mode", ["delete", "wal"])
def test_the_source_stays_as_it_is(database, original, mode):
    original.connection.execute(f"pragma journal_mode = {mode}")
    people_of(original, "alice").messages((1, 1, "in the log", 1, 0))
    before = original.path.read_bytes()
    assert counts_of(database, original)["messages"]["added"] == 1
    assert original.path.read_bytes() == before


def test_a_name_that_is_no_uri(database, tmp_path):
    original = people_of(Original(tmp_path / "a b?mode=rw#%41&.db"), "alice")
    assert counts_of(database, original)["users"]["added"] == 1


def test_the_report(database, loose, tmp_path):
    loose.users(*[(i, b"\xff\n", "", PBKDF2) for i in range(1, 10)])
    report = tmp_path / "report"
    result = import_from(database, loose, "--report", report)
    assert result.returncode == 0
    assert '5 "\\xff\\x0a", ...)' in result.stdout and "6 " not in result.stdout.split("user-ID (")[1].splitlines()[0]
    lines = [json.loads(line) for line in report.read_text().splitlines()]
    assert {line["problem"] for line in lines} == {"user_renamed", "email_missing"}
    assert [line for line in lines if line["problem"] == "user_renamed"][8] == {
        "problem": "user_renamed", "id": "9", "name": "\\xff\n",
    }  # fmt: skip


def test_a_report_that_cannot_be_written(database, original, tmp_path):
    with database.unchanged():
        refused(import_from(database, original, "--report", tmp_path / "none" / "report"), "cannot write")
    assert os.listdir(tmp_path) == ["minitwit.db"]


def test_progress_is_for_a_terminal(database, original):
    people_of(original, "alice").messages((1, 1, "one", 1, 0), (2, 1, "two", 2, 0))
    terminal = Terminal("import", "--dsn", database.owner_connection_string, str(original.path))
    terminal.expect("\rmessages: 2 of 2, 100%, ")
    # It leaves nothing behind it.
    terminal.expect("\r\x1b[K")
    terminal.expect("messages   2 read, 2 added")
    assert os.waitstatus_to_exitcode(terminal.end()) == 0
    database.clear()
    piped = import_from(database, original).stdout
    assert "messages   2 read, 2 added" in piped
    assert "%" not in piped and "\r" not in piped and "\x1b" not in piped
