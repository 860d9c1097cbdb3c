# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""minitwitctl import: the SQLite file, which it does not change, and the report that it writes."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys

import pytest

from support import installation
from support.original import PBKDF2, Original, counts_of, import_from, people_of, refused
from support.terminal import Terminal


@pytest.mark.parametrize("mode", ["delete", "wal"])
def test_the_file_stays_unchanged(database, original, mode):
    original.connection.execute(f"pragma journal_mode = {mode}")
    people_of(original, "alice").messages((1, 1, "in the log", 1, 0))
    before = original.path.read_bytes()
    assert counts_of(database, original)["messages"]["added"] == 1
    assert original.path.read_bytes() == before


_WRITER = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.executescript(sys.argv[2])
print("done", flush=True)
sys.stdin.read()
"""


def _write_and_die(path, script):
    """Runs SQL in a process that is killed before it ends its transaction or closes the database."""
    with subprocess.Popen(
        [sys.executable, "-c", _WRITER, path, script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as writer:
        assert writer.stdout.readline() == "done\n"
        writer.kill()


def _import_without_writing(database, path):
    """Runs the import without root's capability to write to any folder."""
    prefix = ("setpriv", "--bounding-set=-dac_override", "--inh-caps=-dac_override") if installation.is_root() else ()
    return database.ctl("import", path, prefix=prefix)


def _contents_of(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_file_with_a_journal(database, original, tmp_path):
    """The file contains half a transaction, and the journal has the previous pages. SQLite's shell repairs the file."""
    people_of(original, "alice").messages(*[(i, 1, f"number {i} " + "x" * 100, i, 0) for i in range(1, 2001)])
    original.connection.close()
    _write_and_die(original.path, "pragma cache_size = 1; begin; update message set text = 'uncommitted ' || text")
    before = _contents_of(tmp_path)
    assert before["minitwit.db-journal"] and b"uncommitted" in before["minitwit.db"]
    link = tmp_path / "link"
    link.symlink_to(original.path)
    with database.unchanged():
        for path in (original.path, link):
            refused(import_from(database, path), f'"{original.path}-journal" contains a part', f"sqlite3 {original.path} .t")
    link.unlink()
    assert _contents_of(tmp_path) == before
    sqlite3.connect(original.path).execute("select count(*) from user")
    assert counts_of(database, original)["messages"]["added"] == 2000
    assert database.value("SELECT count(*) FROM messages WHERE text LIKE 'uncommitted%'") == 0


def test_a_folder_that_cannot_be_written(database, original, tmp_path):
    """SQLite needs another file there to read a write-ahead log, so the import refuses a database that has one."""
    original.connection.execute("pragma journal_mode = wal")
    people_of(original, "alice")
    original.connection.close()
    medium = tmp_path / "medium"
    medium.mkdir()
    path = medium / "minitwit.db"
    shutil.copy(original.path, path)
    medium.chmod(0o555)
    assert "users      1 read, 1 added" in _import_without_writing(database, path).stdout
    assert os.listdir(medium) == [path.name]

    _write_and_die(original.path, "insert into message values (1, 1, 'in the log', 1, 0)")
    medium.chmod(0o755)
    shutil.copy(original.path, path)
    shutil.copy(f"{original.path}-wal", medium)
    medium.chmod(0o555)
    before = _contents_of(medium)
    assert b"in the log" not in before[path.name] and b"in the log" in before[path.name + "-wal"]
    with database.unchanged():
        refused(_import_without_writing(database, path), f'"{path}-wal" contains a part', f"sqlite3 {path} .t", "copy both")
    assert _contents_of(medium) == before

    medium.chmod(0o755)
    assert counts_of(database, path)["messages"]["added"] == 1


def test_special_characters_in_the_name(database, tmp_path):
    original = people_of(Original(tmp_path / "a b?mode=rw#%41&.db"), "alice")
    assert counts_of(database, original)["users"]["added"] == 1


def test_the_report(database, loose, tmp_path):
    """Only its owner can read it, because it has names and addresses."""
    loose.users(*[(i, b"\xff\n", "", PBKDF2) for i in range(1, 10)])
    report = tmp_path / "report"
    report.write_text("an earlier report")
    link = tmp_path / "link"
    link.symlink_to(report)
    result = import_from(database, loose, "--report", link)
    assert result.returncode == 0
    assert '5 "\\xff\\x0a", ...)' in result.stdout and "6 " not in result.stdout.split("user-ID (")[1].splitlines()[0]
    assert report.stat().st_mode & 0o777 == 0o600
    lines = [json.loads(line) for line in report.read_text().splitlines()]
    assert {line["problem"] for line in lines} == {"user_renamed", "email_missing"}
    assert [line for line in lines if line["problem"] == "user_renamed"][8] == {
        "problem": "user_renamed", "id": "9", "name": "\\xff\n",
    }  # fmt: skip


def test_a_report_that_is_not_a_file(database, loose):
    """A device is written to, not replaced."""
    loose.users((1, "alice", "", PBKDF2))
    before = os.stat("/dev/stderr")
    assert '"problem":"email_missing"' in import_from(database, loose, "--report", "/dev/stderr").stdout
    assert os.stat("/dev/stderr").st_ino == before.st_ino


def test_a_report_that_cannot_be_written(database, original, tmp_path):
    with database.unchanged():
        refused(import_from(database, original, "--report", tmp_path / "none" / "report"), "could not write")
    assert os.listdir(tmp_path) == ["minitwit.db"]


def test_a_report_that_cannot_be_completed(database, loose):
    """With --json, the error is the only object."""
    loose.users((1, "alice", "", PBKDF2))
    result = import_from(database, loose, "--report", "/dev/full", "--json")
    assert result.returncode == 1
    objects = [json.loads(line) for line in result.stdout.splitlines() if line.startswith("{")]
    assert [list(found) for found in objects] == [["error"]], result.stdout


def test_only_a_terminal_shows_progress(database, original):
    people_of(original, "alice").messages((1, 1, "one", 1, 0), (2, 1, "two", 2, 0))
    terminal = Terminal("import", "--dsn", database.owner_connection_string, str(original.path))
    terminal.expect("\rmessages: 2 of 2, 100%, ")
    # The line is erased at the end.
    terminal.expect("\r\x1b[K")
    terminal.expect("messages   2 read, 2 added")
    assert os.waitstatus_to_exitcode(terminal.end()) == 0
    database.clear()
    piped = import_from(database, original).stdout
    assert "messages   2 read, 2 added" in piped
    assert "%" not in piped and "\r" not in piped and "\x1b" not in piped
