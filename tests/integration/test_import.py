# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""minitwitctl import: users, messages and follows of another MiniTwit."""

import hashlib
import os

import pytest

from support.original import (
    ASPNET, DJANGO, MD5, PBKDF2, RUBY, SHA256, SHA512, WERKZEUG, counts_of, follows_of, import_from, messages_of, people_of,
    problems_of, users_of,
)  # fmt: skip


@pytest.mark.smoke
def test_a_whole_site(httpd, database, original):
    people_of(original, "alice", "bob", "carol")
    original.messages((1, 1, "hello <b>", 1700000000, 0), (5, 2, "tab\tnew\nline \\ ☃", 1600000000, 1))
    original.follows((3, 1), (1, 2), (3, 2))
    identity = database.sql("SELECT * FROM site")
    counts = counts_of(database, original)
    assert database.sql("SELECT * FROM site") == identity
    assert counts["users"] == {"read": 3, "added": 3, "present": 0}
    assert counts["messages"] == {"read": 2, "added": 2, "present": 0}
    assert counts["follows"] == {"read": 3, "added": 3, "present": 0}
    assert not problems_of(counts)
    assert database.sql("SELECT about, joined_at FROM users") == [("", None)] * 3
    assert users_of(database)[1] == (2, "bob", "bob@x", PBKDF2)
    assert messages_of(database) == [
        (1, 1, "hello <b>", 1700000000.0, False),
        (5, 2, "tab\tnew\nline \\ ☃", 1600000000.0, True),
    ]
    assert follows_of(database) == [(3, 1), (1, 2), (3, 2)]
    # New rows get the next ids.
    httpd.browser().sign_in("alice", "secret").share("next")
    assert database.value("SELECT max(id) FROM messages") == 6
    assert httpd.simulator().register("dave").status_code == 204
    assert database.value("SELECT id FROM users WHERE username = 'dave'") == 4


def test_texts_that_were_stored_as_numbers(httpd, database, original):
    original.users((1, "007", "1e3", PBKDF2)).messages((1, 1, "1e3", 1, 0), (2, 1, "0x1e3", 1, 0))
    counts = counts_of(database, original)
    assert problems_of(counts) == {"user_number": 1, "text_number": 1}
    assert users_of(database)[0][:3] == (1, "7", "1000")
    assert [row[2] for row in messages_of(database)] == ["1000", "0x1e3"]


def test_one_name_twice(httpd, database, original):
    """The first user keeps it, because the original program shows that one and logs it in."""
    original.users((2, "alice", "a@x", PBKDF2), (3, "bob", "b@x", PBKDF2), (7, "alice", "c@x", "other"))
    original.messages((1, 7, "of the second", 1, 0)).follows((7, 2), (7, 3), (2, 3), (3, 7))
    result = import_from(database, original)
    assert '7 "alice"' in result.stdout
    assert [row[:3] for row in users_of(database)] == [(2, "alice", "a@x"), (3, "bob", "b@x")]
    assert database.messages() == [("alice", "of the second")]
    assert follows_of(database) == [(2, 3), (3, 2)]
    problems = problems_of(counts_of(database, original))
    assert "(2-3)" in result.stdout  # followed twice
    assert problems == {"user_merged": 1, "hash_unknown": 1, "follow_self": 1, "follow_repeated": 1}
    httpd.browser().sign_in("alice", "secret")


def test_messages_and_follows_of_unknown_users(database, original):
    people_of(original, "alice", "bob")
    original.messages((1, 9, "of nobody", 1, 0), (2, 1, "of alice", 1, 0))
    original.follows((1, 9), (9, 1), (1, 1), (None, 1), (1, 2), (1, 2), (2, 1))
    problems = problems_of(counts_of(database, original))
    assert problems == {"message_orphaned": 1, "follow_dangling": 3, "follow_self": 1, "follow_repeated": 1}
    assert database.messages() == [("alice", "of alice")]
    assert follows_of(database) == [(1, 2), (2, 1)]


def test_names_and_addresses(database, loose):
    loose.users(
        (1, None, None, None), (2, "", "", ""), (3, "n" * 256, "e" * 256, PBKDF2), (4, "n" * 255, "e" * 255, PBKDF2),
        (5, b"\xff", b"\xff", b"\xff"), (6, "nul\0", "nul\0", "nul\0"), (7, "a/b", "x@y", PBKDF2),
        (8, "..", "x@y", PBKDF2), (9, "\x1b[31mred", "x@y", PBKDF2), (10, "user-1", "x@y", PBKDF2),
        (0, "zero", "x@y", PBKDF2), (-1, "minus", "x@y", PBKDF2), (2**62 + 1, "high", "x@y", PBKDF2),
    )  # fmt: skip
    loose.messages((1, 1, "of the first", 1, 0), (2, 0, "of zero", 1, 0))
    result = import_from(database, loose)
    assert result.returncode == 0
    assert "\x1b" not in result.stdout and '9 "\\x1b[31mred"' in result.stdout
    users = {row[0]: row[1:3] for row in users_of(database)}
    assert users == {
        1: ("user-1_", ""), 2: ("user-2", ""), 3: ("user-3", ""), 4: ("n" * 255, "e" * 255), 5: ("user-5", ""),
        6: ("user-6", ""), 7: ("a/b", "x@y"), 8: ("..", "x@y"), 9: ("\x1b[31mred", "x@y"), 10: ("user-1", "x@y"),
    }  # fmt: skip
    assert database.messages() == [("user-1_", "of the first")]
    counts = counts_of(database, loose)
    assert counts["users"] == {"read": 13, "added": 0, "present": 10}
    assert problems_of(counts) == {
        "user_without_id": 3, "user_renamed": 5, "user_unreachable": 3, "email_missing": 2, "email_invalid": 3,
        "hash_unknown": 4, "message_orphaned": 1,
    }  # fmt: skip


def test_names_that_the_site_reserves(httpd, database, original):
    """The import keeps these names and reports them, since a page of the site hides theirs."""
    people_of(original, "public", "static", "publicity").messages((1, 1, "of public", 1, 0))
    result = import_from(database, original)
    assert result.returncode == 0
    assert "may be unreachable (a slash" in result.stdout
    assert '(1 "public", 2 "static")' in result.stdout
    assert database.usernames() == ["public", "static", "publicity"]
    assert problems_of(counts_of(database, original)) == {"user_unreachable": 2}
    httpd.browser().sign_in("public", "secret")


def test_names_that_nobody_can_register(httpd, database, original):
    """The import keeps these names, also two spellings of the same name."""
    names = ["a\u200bb", " a", "\u202eevil", "\u0378", "e\u0301", "\u00e9"]
    people_of(original, *names)
    result = import_from(database, original)
    assert result.returncode == 0
    assert database.usernames() == names
    assert problems_of(counts_of(database, original)) == {"user_misleading": 4}
    httpd.browser().sign_in("\u202eevil", "secret")


def test_texts(database, loose):
    people_of(loose, "alice")
    loose.messages(
        (1, 1, None, 1, 0), (2, 1, b"bad \xff\x00 bytes", 1, 0), (3, 1, "", -1, 0), (4, 1, "", 1.25, 0),
        (11, 1, "l" * (2**20 + 1), 1, 0), (12, 1, "l" * 2000, 1, 0), (0, 1, "", 1, 0),
    )  # fmt: skip
    counts = counts_of(database, loose)
    assert messages_of(database) == [
        (1, 1, "", 1.0, False), (2, 1, "bad \ufffd\ufffd bytes", 1.0, False), (3, 1, "", -1.0, False),
        (4, 1, "", 1.25, False), (12, 1, "l" * 2000, 1.0, False),
    ]  # fmt: skip
    assert problems_of(counts) == {"message_without_id": 1, "text_too_long": 1, "text_missing": 1, "text_invalid": 1}


@pytest.mark.parametrize(
    ("stored", "prefix"),
    [
        (PBKDF2, "pbkdf2:sha256:1000$"),
        (SHA256, "wrapped:sha256:$argon2id$"),
        (SHA256.upper(), "wrapped:sha256:$argon2id$"),
        (RUBY, "wrapped:sha256:$argon2id$"),
        (MD5, "wrapped:md5:$argon2id$"),
        (SHA512.upper(), "wrapped:sha512:$argon2id$"),
        (WERKZEUG, "wrapped:sha1:salt:$argon2id$"),
        (DJANGO, "wrapped:sha1:salt:$argon2id$"),
        ("plain$$secret", "$argon2id$"),
        (ASPNET, ASPNET),
    ],
)
def test_imported_passwords_are_valid(httpd, database, original, stored, prefix):
    original.users((1, "alice", "a@x", stored))
    assert import_from(database, original).returncode == 0
    assert database.password_hash("alice").startswith(prefix)
    with database.unchanged():
        for wrong in {stored, SHA256, "Secret"} - {"secret"}:
            assert "Invalid password" in httpd.browser().login("alice", wrong).text
    httpd.browser().sign_in("alice", "secret")
    assert database.password_hash("alice").startswith("$argon2id$")
    # Another run keeps the new hash.
    with database.unchanged():
        assert import_from(database, original).returncode == 0


def test_an_unknown_hash_accepts_no_password(httpd, database, original):
    unknown = ["secret", "", "sha1$salt$abc", "$2b$32$" + "a" * 53, "x" * 1000, "!" + "x" * 40, "!"]
    original.users(*[(number, f"user {number}", "a@x", stored) for number, stored in enumerate(unknown, 1)])
    result = import_from(database, original)
    assert result.returncode == 0 and "minitwitctl user passwd" in result.stdout
    for number, stored in enumerate(unknown, 1):
        assert database.password_hash(f"user {number}") == "*"
        for password in ("secret", "*", stored or "x"):
            assert "Invalid password" in httpd.browser().login(f"user {number}", password).text


def test_a_hash_that_takes_too_long_or_too_much_memory_is_dropped(database, original):
    """Otherwise each login would take as long. The limits hold for the site's own form, too."""
    ours = "$argon2id$v=19$m=%d,t=%d,p=1$c29tZXNhbHRzb21lc2FsdA$CZiDU1np+ZU2mJhHmY9Q1UBHJYKTkTwmKAhA7i/XeuQ"
    costly = [ours % (1048576, 20), ours % (262145, 1), PBKDF2.replace("1000", "1000000000"), "$2b$24$" + "a" * 53]
    kept = [ours % (65536, 3), PBKDF2.replace("1000", "1500000"), "$2b$10$" + "a" * 53]
    original.users(*[(number, f"u{number}", "a@x", stored) for number, stored in enumerate(costly + kept, 1)])
    assert problems_of(counts_of(database, original)) == {"hash_costly": len(costly)}
    assert [row[3] for row in users_of(database)] == ["*"] * len(costly) + kept


def test_a_user_without_a_password(httpd, database, original):
    """An operator can give them a password, and can disable them first."""
    original.users((1, "alice", "a@x", "unknown"), (2, "bob", "b@x", "unknown"))
    assert import_from(database, original).returncode == 0
    assert database.ctl("user", "list", "--disabled").stdout == ""
    assert database.ctl("user", "enable", "bob").stdout == "bob is not disabled\n"
    assert database.ctl("user", "passwd", "--stdin", "bob", typed="changed\n").returncode == 0
    httpd.browser().sign_in("bob", "changed")
    assert database.ctl("user", "disable", "alice").stdout == "alice was disabled, and 0 sessions ended\n"
    assert database.ctl("user", "passwd", "--stdin", "alice", typed="changed\n").returncode == 0
    assert "Invalid password" in httpd.browser().login("alice", "changed").text
    assert database.ctl("user", "enable", "alice").stdout == "alice was enabled\n"
    httpd.browser().sign_in("alice", "changed")


def test_several_batches_of_digests(database, original):
    # A batch has 32 digests for each processor: HASHES_PER_THREAD in import_run.c.
    count = 32 * len(os.sched_getaffinity(0)) + 1
    original.users(*[(i, f"u{i}", "", hashlib.sha256(b"%d" % i).hexdigest()) for i in range(1, count + 1)])
    assert counts_of(database, original)["users"]["added"] == count
    hashes = [row[3] for row in users_of(database)]
    assert len(set(hashes)) == count and all(each.startswith("wrapped:sha256:$argon2id$") for each in hashes)


def test_several_batches_of_messages_and_follows(database, original):
    people_of(original, *[f"u{i}" for i in range(300)])
    original.messages(*[(i, i % 300 + 1, f"text {i}", i, i % 7 == 0) for i in range(1, 45001)])
    original.follows(*[(i, j) for i in range(1, 301) for j in range(300, 200, -1)])
    counts = counts_of(database, original)
    assert counts["messages"]["added"] == 45000 == database.count("messages")
    assert counts["follows"] == {"read": 30000, "added": 29900, "present": 0}
    assert problems_of(counts) == {"follow_self": 100}
    assert database.value("SELECT count(*) FROM messages WHERE text <> 'text ' || id OR author_id <> id % 300 + 1") == 0
    assert database.value("SELECT array_agg(whom_id ORDER BY id) FROM followers WHERE who_id = 1") == list(
        range(300, 200, -1)
    )
