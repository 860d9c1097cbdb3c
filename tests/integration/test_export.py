# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""minitwitctl export, and the import of its output."""

import json
import os
import signal
import subprocess

import pytest

from support import installation
from support.terminal import Terminal


_MARKS = (
    "SELECT user_id::text, pub_date, message_id, flagged FROM mentions UNION ALL SELECT * FROM message_tags"
    " UNION ALL SELECT answered_id::text, pub_date, message_id, flagged FROM answers ORDER BY 3, 1"
)
_ABOUT = 'quotes " and \\\\N\n\t' + "\U0001f600" * 140


@pytest.fixture
def filled(people, database):
    people("alice", "bob ☃", "carol")
    database.add_message("alice", 'quotes " and \\ and\nlines\x01', age=1000)
    database.add_message("carol", "flagged", flagged=True)
    database.sql("UPDATE messages SET pub_date = '1969-12-31 23:59:58.5Z' WHERE id = 2")
    database.sql("INSERT INTO messages (author_id, text, pub_date) VALUES (2, '', '2020-01-01 00:00:00Z')")
    database.sql("UPDATE users SET about = %s, joined_at = '2026-11-30 12:00:00.123456Z' WHERE id = 1", _ABOUT)
    database.sql("UPDATE users SET joined_at = NULL WHERE id = 2")
    database.sql("INSERT INTO followers (who_id, whom_id) VALUES (3, 1), (1, 2), (2, 3)")
    database.sql("UPDATE messages SET answers_id = 99, answers_author_id = 1 WHERE id = 2")
    database.sql("INSERT INTO answers SELECT answers_id, pub_date, id, flagged FROM messages WHERE id = 2")
    database.sql("INSERT INTO mentions SELECT u.id, m.pub_date, m.id, m.flagged FROM messages m, users u WHERE m.id = 3 OR (m.id, u.id) = (2, 1)")
    database.sql("INSERT INTO message_tags SELECT tag, pub_date, id FROM messages, unnest('{one,über,\"\\\\N\"}'::text[]) tag WHERE id = 3")
    database.sql("UPDATE users SET mentions_seen = (SELECT pub_date FROM messages WHERE id = 2) WHERE id = 1")
    return database


def _export(database, path, *arguments):
    result = database.ctl("export", *arguments, path)
    assert result.returncode == 0, result.stdout
    assert result.stdout == ""
    return [json.loads(line) for line in path.read_text().splitlines()]


def _refused(result, *words):
    assert result.returncode == 1
    for word in words:
        assert word in result.stdout


@pytest.mark.smoke
def test_an_export_can_be_imported(filled, tmp_path, httpd):
    first, second = tmp_path / "first", tmp_path / "second"
    lines = _export(filled, first)
    assert [line["kind"] for line in lines] == ["minitwit"] + ["user"] * 3 + ["message"] * 3 + ["follow"] * 3 + ["end"]
    assert (lines[1]["about"], lines[1]["joined_at"]) == (_ABOUT, 1796040000.123456)
    assert "joined_at" not in lines[2] and "about" not in lines[2] and "about" not in lines[3]
    assert lines[5]["pub_date"] == -1.5 and lines[6]["pub_date"] == 1577836800
    assert lines[1]["mentions_seen"] == -1.5 and "mentions_seen" not in lines[2] and "mentions" not in lines[4]
    assert (lines[5]["answers_id"], lines[5]["answers_author_id"], lines[5]["mentions"]) == (99, 1, "1")
    assert lines[6]["mentions"] == "1 2 3" and sorted(lines[6]["tags"].split()) == ["\\N", "one", "über"]
    assert lines[-1] == {"kind": "end", "users": 3, "messages": 3, "follows": 3}
    assert os.stat(first).st_mode & 0o777 == 0o600
    marks = filled.sql(_MARKS)
    filled.clear()
    assert filled.ctl("import", first).returncode == 0
    _export(filled, second)
    assert second.read_bytes() == first.read_bytes()
    assert filled.sql(_MARKS) == marks and len(marks) == 8
    assert sorted(os.listdir(tmp_path)) == ["first", "second"]
    httpd.browser().sign_in("alice")
    again = filled.ctl("import", first)
    assert again.returncode == 0 and "nothing to do" in again.stdout


def test_an_export_of_an_earlier_version_can_be_imported(filled, tmp_path):
    """It has no profile texts, no dates of registrations, and no answers, mentions and tags."""
    path = tmp_path / "file"
    new = "about", "joined_at", "mentions_seen", "answers_id", "answers_author_id", "mentions", "tags"
    lines = [{key: value for key, value in line.items() if key not in new} for line in _export(filled, path)]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    filled.clear()
    assert filled.ctl("import", path).returncode == 0
    assert filled.sql("SELECT about, joined_at, mentions_seen = '-infinity' FROM users") == [("", None, True)] * 3
    assert filled.sql("SELECT answers_id, answers_author_id FROM messages") == [(None, None)] * 3
    assert filled.sql(_MARKS) == []


def test_answers_and_mentions_of_users_who_are_gone(filled, tmp_path):
    """An answer to a deleted user stays an answer, unless the id of that message is that of another message. The export
    has no mention of this user."""
    path = tmp_path / "file"
    filled.sql("UPDATE messages SET answers_author_id = 77 WHERE id = 2")
    path.write_text("".join(json.dumps(line) + "\n" for line in _export(filled, path)).replace('"1 2 3"', '"1 2 88"'))
    filled.clear()
    assert filled.ctl("import", path).returncode == 0
    answers = "SELECT answers_id, answers_author_id FROM messages ORDER BY id"
    assert filled.sql(answers) == [(None, None), (99, None), (None, None)]
    assert filled.sql("SELECT answered_id, message_id FROM answers") == [(99, 2)]
    assert filled.sql("SELECT user_id FROM mentions ORDER BY message_id, user_id") == [(1,), (1,), (2,)]
    filled.clear()
    filled.sql("INSERT INTO users (id, username, email, password_hash) VALUES (500, 'other', 'a@b', '')")
    filled.sql("INSERT INTO messages (id, author_id, text) VALUES (99, 500, 'another message')")
    assert filled.ctl("import", path).returncode == 0
    assert filled.sql(answers) == [(None, None)] * 4
    assert filled.sql("SELECT FROM answers") == []


def test_to_standard_output(filled, tmp_path):
    _export(filled, tmp_path / "file")
    assert filled.ctl("export").stdout == (tmp_path / "file").read_text()


def test_export_refuses_to_write_to_a_terminal(filled):
    terminal = Terminal("export", "--dsn", filled.owner_connection_string)
    assert os.waitstatus_to_exitcode(terminal.end()) == 2
    assert "name a file" in terminal.shown and "argon2id" not in terminal.shown


def test_without_passwords(filled, tmp_path, httpd):
    path = tmp_path / "file"
    assert filled.ctl("user", "disable", "carol").returncode == 0
    lines = _export(filled, path, "--without-passwords")
    assert lines[0]["passwords"] is False
    assert [line.get("password_hash") for line in lines[1:4]] == [None, None, "!*"]
    assert "argon2id" not in path.read_text()
    filled.clear()
    assert filled.ctl("import", path).returncode == 0
    assert [filled.password_hash(name) for name in ("alice", "carol")] == ["*", "!*"]
    for name in ("alice", "carol"):
        assert "Invalid password" in httpd.browser().login(name, "*").text
        assert filled.ctl("user", "passwd", "--stdin", name, typed="changed\n").returncode == 0
    httpd.browser().sign_in("alice", "changed")
    # carol is still disabled.
    assert "Invalid password" in httpd.browser().login("carol", "changed").text
    assert filled.ctl("user", "enable", "carol").returncode == 0
    httpd.browser().sign_in("carol", "changed")


def test_users_without_a_password_are_exported_and_imported(filled, tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    filled.set_password_hash("alice", "*")
    filled.set_password_hash("carol", "!*")
    _export(filled, first)
    filled.clear()
    assert "they cannot log in" in filled.ctl("import", first).stdout
    _export(filled, second)
    assert second.read_bytes() == first.read_bytes()


def test_a_file_that_cannot_be_written(filled, tmp_path):
    _refused(filled.ctl("export", tmp_path / "none" / "file"), "could not write")
    (tmp_path / "folder").mkdir()
    _refused(filled.ctl("export", tmp_path / "folder"), "could not write", "Is a directory")
    assert os.listdir(tmp_path) == ["folder"]


def test_a_signal_leaves_no_file(filled, tmp_path):
    with filled.locked():
        process = subprocess.Popen(
            [installation.CTL, "export", "--dsn", filled.owner_connection_string, tmp_path / "file"],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        installation.wait_until(lambda: filled.count_waiting("application_name = 'minitwitctl'"), "the export to wait")
        assert len(os.listdir(tmp_path)) == 1
        process.terminate()
        process.communicate(timeout=installation.PATIENCE)
    assert process.returncode == -signal.SIGTERM
    assert os.listdir(tmp_path) == []


def test_damaged_files(filled, tmp_path):
    path = tmp_path / "file"
    _export(filled, path)
    lines = path.read_bytes().splitlines(keepends=True)
    filled.clear()
    damaged = [
        (lines[:-1], "the file is incomplete"),
        ([*lines[:-1], lines[-1][:-1]], "is incomplete"),
        (lines[:4] + lines[5:], "lines are missing"),
        ([*lines, b"{}\n"], "not the last"),
        ([lines[0], lines[5], *lines[1:]], "not allowed at this place"),
        (lines[1:], "not the first"),
        ([lines[0].replace(b"1", b"2"), *lines[1:]], "cannot read\n  Install a newer build."),
        ([lines[0], b'{"kind":"user","id":"1"}\n', *lines[1:]], "line 2 of the export has a member that is missing"),
        *(
            ([lines[0], json.dumps(json.loads(lines[1]) | change).encode() + b"\n", *lines[2:]], "line 2 of the export has a member")
            for change in ({"about": "x" * 161}, {"about": 5}, {"joined_at": "now"}, {"joined_at": 1e18}, {"joined_at": True})
        ),
        *(
            ([*lines[:4], json.dumps(json.loads(lines[4]) | change).encode() + b"\n", *lines[5:]], "line 5 of the export has a member")
            for change in ({"answers_id": "x"}, {"answers_author_id": 1.5}, {"mentions": [1]}, {"mentions": "1,2"}, {"mentions": "1  2"},
                           {"mentions": ""}, {"mentions": "1" * 19}, {"mentions": "1 "}, {"tags": 5})
        ),
        ([lines[0], b"{]\n", *lines[1:]], "not a JSON object"),
        ([lines[0], lines[1].replace(b"alice", b"al\xffce"), *lines[2:]], "not a JSON object"),
        ([lines[0], lines[1].replace(b"alice", b"al\0ce"), *lines[2:]], "is incomplete"),
    ]
    with filled.unchanged():
        for content, reason in damaged:
            path.write_bytes(b"".join(content))
            _refused(filled.ctl("import", path), "minitwitctl import: ", reason)


def test_a_role_without_rights(filled, tmp_path):
    filled.cluster.psql("CREATE ROLE stranger LOGIN IN ROLE pg_monitor")
    try:
        dsn = filled.cluster.connection_string(filled.name, "stranger")
        _refused(filled.ctl("export", tmp_path / "file", dsn=dsn), "42501")
    finally:
        filled.cluster.psql("DROP ROLE stranger")
    assert os.listdir(tmp_path) == []
