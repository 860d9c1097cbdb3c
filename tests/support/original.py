# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""Databases of the original program, and their import with minitwitctl."""

import base64
import hashlib
import hmac
import json
import pathlib
import sqlite3
import struct

# As in the original. The type "string" has numeric affinity in SQLite.
_SCHEMA = """
create table user (user_id integer primary key autoincrement, username string not null, email string not null,
                   pw_hash string not null);
create table follower (who_id integer, whom_id integer);
create table message (message_id integer primary key autoincrement, author_id integer not null, text string not null,
                      pub_date integer, flagged integer);
"""
# Without "not null", as in some ports.
LOOSE = _SCHEMA.replace(" not null", "")
# Also with duplicate ids.
KEYLESS = LOOSE.replace(" primary key autoincrement", "")

# Hashes of "secret".
PBKDF2 = "pbkdf2:sha256:1000$salt$" + hashlib.pbkdf2_hmac("sha256", b"secret", b"salt", 1000).hex()
SHA256 = hashlib.sha256(b"secret").hexdigest()
MD5 = hashlib.md5(b"secret", usedforsecurity=False).hexdigest()
SHA512 = hashlib.sha512(b"secret").hexdigest()
# Werkzeug before 0.9, and Django's SHA1PasswordHasher.
WERKZEUG = "sha1$salt$" + hmac.new(b"salt", b"secret", "sha1").hexdigest()
DJANGO = "sha1$salt$" + hashlib.sha1(b"salt" + b"secret", usedforsecurity=False).hexdigest()
# ASP.NET Identity 3: PBKDF2-HMAC-SHA256 with 1000 rounds.
_SALT = bytes(range(16))
ASPNET = base64.b64encode(
    struct.pack(">BIII", 1, 1, 1000, 16) + _SALT + hashlib.pbkdf2_hmac("sha256", b"secret", _SALT, 1000)
).decode()
RUBY = f"pbkdf2:sha256:50000${SHA256}"


class Original:
    """A database of the original program, or of a port."""

    def __init__(self, path, schema=_SCHEMA):
        self.path = pathlib.Path(path)
        self.connection = sqlite3.connect(path, isolation_level=None)
        self.connection.executescript(schema)

    def users(self, *rows):
        return self._insert("insert into user values (?, ?, ?, ?)", rows)

    def messages(self, *rows):
        return self._insert("insert into message values (?, ?, ?, ?, ?)", rows)

    def follows(self, *rows):
        return self._insert("insert into follower values (?, ?)", rows)

    def _insert(self, statement, rows):
        # In one transaction, because SQLite waits for the disk at the end of each.
        self.connection.execute("begin")
        self.connection.executemany(statement, rows)
        self.connection.execute("commit")
        return self


def people_of(original, *names):
    return original.users(*[(i, name, f"{name}@x", PBKDF2) for i, name in enumerate(names, 1)])


def import_from(database, source, *arguments):
    path = source.path if isinstance(source, Original) else source
    return database.ctl("import", *arguments, path)


def counts_of(database, source):
    """The JSON that import --json prints after the summary of problems."""
    result = import_from(database, source, "--json")
    assert result.returncode == 0, result.stdout
    return json.loads(result.stdout.splitlines()[-1])


def problems_of(counts):
    return {name: count for name, count in counts["problems"].items() if count}


def users_of(database):
    return database.sql("SELECT id, username, email, password_hash FROM users ORDER BY id")


def messages_of(database):
    return database.sql(
        "SELECT id, author_id, text, extract(epoch FROM pub_date)::float, flagged FROM messages ORDER BY id"
    )


def follows_of(database):
    return database.sql("SELECT who_id, whom_id FROM followers ORDER BY id")


def refused(result, *words):
    assert result.returncode == 1
    for word in ("minitwitctl import: ", *words):
        assert word in result.stdout
