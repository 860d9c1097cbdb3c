# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""The site's database. Tests access it directly, as PostgreSQL's superuser."""

import concurrent.futures
import contextlib
import os
import subprocess
import tempfile

from support import freshness, installation
from support.version import PRESENT

_TABLES = ("audit", "backup", "users", "messages", "answers", "mentions", "message_tags", "followers", "sessions")

# TRUNCATE makes new files for each table and index, so DELETE takes a tenth of its time while the tables are small.
# Deleted rows stay in the files, which then grow.
_CLEAR = """
DO $$
BEGIN
    -- First, so that it waits for a site that fills the index, and keeps it from doing so.
    UPDATE search_progress SET (seen, complete, next_complete, next_xid) = (0, 0, 0, '0');
    IF (SELECT max(pg_relation_size(oid)) FROM pg_class WHERE relname IN ('users', 'messages', 'followers')) > 65536 THEN
        TRUNCATE audit, backup, users, messages, followers, sessions RESTART IDENTITY CASCADE;
    ELSE
        DELETE FROM audit; DELETE FROM backup; DELETE FROM sessions; DELETE FROM followers; DELETE FROM messages; DELETE FROM users;
        PERFORM setval(oid::regclass, 1, false) FROM pg_class WHERE relkind = 'S' AND relname <> 'simulator_latest';
    END IF;
    PERFORM setval('simulator_latest', -1);
END $$"""


def execute(connection, sql, parameters=None):
    """Runs SQL on a connection. Returns the rows, or [] if there are none."""
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchall() if cursor.description else []


class SiteDatabase:
    @classmethod
    def create(cls, cluster, name, version=PRESENT):
        """Sets up a database as an operator of this version does: roles, then minitwitctl migrate."""
        cluster.psql_file(installation.ROLES)
        cluster.psql(f'CREATE DATABASE "{name}" OWNER minitwit_owner')
        database = cls(cluster, name)
        database.migrate(version)
        return database

    def __init__(self, cluster, name):
        self.cluster = cluster
        self.name = name
        self.connection_string = cluster.connection_string(name, "minitwit_site")
        self.owner_connection_string = cluster.connection_string(name, "minitwit_owner")
        self._connection = None

    def keep_connection(self):
        """Lets sql() use one connection, which saves most of its time. Not for a database that a test drops or
        stops."""
        self._connection = self.cluster.connect(self.name)

    def ctl(self, *arguments, dsn=None, typed="", program=PRESENT.ctl, prefix=()):
        """Runs minitwitctl as the owner of the schema. typed: its standard input. prefix: a command that runs it. All
        later pages show the changes."""
        with tempfile.TemporaryDirectory() as reports:
            result = subprocess.run(
                [*prefix, program, "--dsn", dsn or self.owner_connection_string, *arguments],
                env=os.environ | installation.sanitizer_environment(reports),
                input=typed, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
            )  # fmt: skip
        freshness.note_change()
        return result

    def migrate(self, version=PRESENT):
        migrated = self.ctl("migrate", "--sql", version.migrations, program=version.ctl)
        if migrated.returncode != 0:
            raise RuntimeError(f"minitwitctl migrate failed:\n{migrated.stdout}")

    def sql(self, statement, *parameters):
        """Runs a statement. Returns its rows, or [] if there are none. All later pages show the changes."""
        if self._connection is None:
            rows = self.cluster.psql(statement, self.name, parameters or None)
        else:
            rows = execute(self._connection, statement, parameters or None)
        if not statement.startswith("SELECT"):
            freshness.note_change()
        return rows

    def value(self, statement, *parameters):
        """The only value that a query returns."""
        ((value,),) = self.sql(statement, *parameters)
        return value

    def clear(self):
        """Empties the site."""
        self.sql(_CLEAR)

    def latest(self):
        return self.value("SELECT last_value FROM simulator_latest")

    def snapshot(self):
        """All data that a request can change, except the simulator's progress."""
        tables = {table: [] for table in _TABLES}
        # In one statement, because each may open a connection.
        selects = [f"SELECT '{table}', t::text FROM {table} t" for table in _TABLES]
        for table, row in self.sql(" UNION ALL ".join(selects) + " ORDER BY 1, 2"):
            tables[table].append(row)
        return tables

    @contextlib.contextmanager
    def unchanged(self):
        """Fails if anything is written inside "with"."""
        before = self.snapshot()
        yield
        after = self.snapshot()
        for table in _TABLES:
            assert after[table] == before[table], f"written to {table}"

    @contextlib.contextmanager
    def locked(self, table="messages", mode="ACCESS EXCLUSIVE"):
        """Locks a table. Yields the connection that holds the lock."""
        with contextlib.closing(self.cluster.connect(self.name)) as holder:
            holder.cursor().execute(f"BEGIN; LOCK TABLE {table} IN {mode} MODE")
            yield holder

    def count_waiting(self, condition="true"):
        """The number of this database's sessions that wait for a lock and meet the condition."""
        return self.value(
            "SELECT count(*) FROM pg_stat_activity"
            f" WHERE datname = current_database() AND wait_event_type = 'Lock' AND {condition}"
        )

    def meet(self, statement, request):
        """Commits the statement when the request waits for its locks. Returns the answer to the request."""
        with contextlib.closing(self.cluster.connect(self.name)) as other, concurrent.futures.ThreadPoolExecutor(1) as pool:
            other.cursor().execute(f"BEGIN; {statement}")
            submitted = pool.submit(request)
            installation.wait_until(self.count_waiting, "the request to wait for the lock")
            other.cursor().execute("COMMIT")
            return submitted.result()

    def count(self, table):
        return self.value(f"SELECT count(*) FROM {table}")

    def usernames(self):
        return [name for (name,) in self.sql("SELECT username FROM users ORDER BY id")]

    def messages(self):
        """(author, text) of each message, oldest first, also of flagged ones."""
        return self.sql("SELECT u.username, m.text FROM messages m JOIN users u ON u.id = m.author_id ORDER BY m.id")

    def mentions(self):
        """(mentioned user, text of the message), oldest first."""
        return self.sql(
            "SELECT u.username, m.text FROM mentions n JOIN users u ON u.id = n.user_id"
            " JOIN messages m ON (m.id, m.pub_date) = (n.message_id, n.pub_date) ORDER BY m.id, u.id"
        )

    def tags(self):
        """(tag, text of the message), oldest first."""
        return self.sql(
            "SELECT t.tag, m.text FROM message_tags t"
            " JOIN messages m ON (m.id, m.pub_date) = (t.message_id, t.pub_date) ORDER BY m.id, t.tag"
        )

    def follows(self):
        """(follower, followed user) in alphabetical order."""
        return self.sql(
            "SELECT a.username, b.username FROM followers f JOIN users a ON a.id = f.who_id"
            " JOIN users b ON b.id = f.whom_id ORDER BY 1, 2"
        )

    def add_message(self, author, text, age=0, flagged=False):
        """Adds a message that is this number of seconds old. Returns its id."""
        return self.value(
            "INSERT INTO messages (author_id, text, pub_date, flagged)"
            " SELECT id, %s, now() - %s * interval '1 second', %s FROM users WHERE username = %s RETURNING id",
            text, age, flagged, author,
        )  # fmt: skip

    def add_messages(self, author, texts):
        """Messages of now, of which the last is the newest."""
        self.sql(
            "INSERT INTO messages (author_id, text) SELECT id, t.text FROM users,"
            " unnest(%s::text[]) WITH ORDINALITY AS t (text, number) WHERE username = %s ORDER BY number",
            list(texts), author,
        )  # fmt: skip

    def cursor_of(self, message):
        """The place of a message of a page in a timeline, for the parameters before and after."""
        return self.value(
            "SELECT (extract(epoch FROM pub_date) * 1000000)::bigint || '-' || id FROM messages WHERE id = %s", message.id
        )

    def audit(self):
        """(command, its object, details) of each row of the audit, oldest first."""
        return self.sql("SELECT action, target, details FROM audit ORDER BY id")

    def password_hash(self, username):
        return self.value("SELECT password_hash FROM users WHERE username = %s", username)

    def set_password_hash(self, username, password_hash):
        self.sql("UPDATE users SET password_hash = %s WHERE username = %s", password_hash, username)
