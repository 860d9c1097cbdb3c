# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""minitwitctl migrate behind a lock: an operator learns who is in its way, and how to end that."""

import contextlib
import os
import re
import shutil
import subprocess

import pytest

from support import installation

_WANTED = "lock table messages in share mode;"
_CANCELLED = b"canceling autovacuum task"  # as PostgreSQL logs it


class Migration:
    """minitwitctl migrate, while it runs."""

    def __init__(self, database, user, folder, said):
        self._said = said
        with open(said, "w", encoding="utf-8") as output:
            self.process = subprocess.Popen(
                [installation.CTL, "--dsn", database.cluster.connection_string(database.name, user), "migrate", "--sql", folder],
                env=os.environ | installation.sanitizer_environment(said.parent), stdout=output, stderr=output,
            )  # fmt: skip

    def said(self):
        return self._said.read_text(encoding="utf-8")

    def wait_to_hear(self, pattern):
        """The first line with such a text."""

        def find():
            assert self.process.poll() is None, self.said()
            return re.search(pattern, self.said())

        return installation.wait_until(find, f"minitwitctl migrate to say {pattern}")

    def finish(self):
        return self.process.wait(installation.PATIENCE)


@pytest.fixture
def migrate(tmp_path):
    """Begins the last migration of that database once more, which now wants to lock the messages, as that role."""
    folder = shutil.copytree(installation.MIGRATIONS, tmp_path / "sql")
    newest = max(folder.glob("[0-9]*.sql"))
    newest.write_text(_WANTED, encoding="utf-8")
    begun = []

    def begin(database, user):
        database.sql("DELETE FROM schema_version WHERE name = %s", newest.name)
        begun.append(Migration(database, user, folder, tmp_path / "said"))
        return begun[-1]

    yield begin
    for migration in begun:
        migration.process.kill()
        migration.process.wait()


@contextlib.contextmanager
def _holding(database, mode):
    """A session of PostgreSQL's superuser that has locked the messages, and does nothing more."""
    with contextlib.closing(database.cluster.connect(database.name)) as holder:
        holder.cursor().execute(f"BEGIN; LOCK TABLE messages IN {mode} MODE")
        yield holder


@pytest.mark.parametrize("user", ["minitwit_owner", "postgres"])
def test_who_holds_the_lock(migrated, migrate, user):
    """Locked as by a vacuum. What the message names ends it, and the migration goes on."""
    with _holding(migrated, "SHARE UPDATE EXCLUSIVE") as holder:
        migration = migrate(migrated, user)
        pid = holder.info.backend_pid
        named = migration.wait_to_hear(rf"process {pid} is in the way \((.*)\); a superuser ends it by: (.*)\n")
        # The server tells a role nothing of what others do.
        assert named.group(1).startswith("role postgres, program tests")
        assert ("idle in transaction, for 0" in named.group(1)) == (user == "postgres")
        assert "another session holds a lock" in migration.said()
        migrated.sql(named.group(2))
        assert migration.finish() == 0, migration.said()
    assert migration.said().count(" is in the way ") == 1


def test_only_holders_are_named(migrated, migrate):
    """Whoever reads, as a backup does, keeps nobody from making an index."""
    with _holding(migrated, "ACCESS SHARE") as reader, _holding(migrated, "ROW EXCLUSIVE") as writer:
        migration = migrate(migrated, "minitwit_owner")
        migration.wait_to_hear(f"process {writer.info.backend_pid} is in the way")
        writer.cursor().execute("ROLLBACK")
        assert migration.finish() == 0, migration.said()
    assert f"process {reader.info.backend_pid} " not in migration.said()


def test_several_holders(migrated, migrate):
    with _holding(migrated, "ROW EXCLUSIVE") as one, _holding(migrated, "ROW EXCLUSIVE") as other:
        migration = migrate(migrated, "minitwit_owner")
        for holder in (one, other):
            migration.wait_to_hear(f"process {holder.info.backend_pid} is in the way")
            holder.close()
        assert migration.finish() == 0, migration.said()


def test_nobody_can_look(migrated, migrate):
    """Without another connection, it is tried again all the same."""
    log = migrated.cluster.log
    before = log.stat().st_size
    migrated.sql("ALTER ROLE minitwit_owner CONNECTION LIMIT 1")
    try:
        with _holding(migrated, "SHARE UPDATE EXCLUSIVE"):
            migration = migrate(migrated, "minitwit_owner")
            migration.wait_to_hear("another session holds a lock")
            installation.wait_until(lambda: b"too many connections for role" in log.read_bytes()[before:], "a look that is refused")
        assert migration.finish() == 0, migration.said()
    finally:
        migrated.sql("ALTER ROLE minitwit_owner CONNECTION LIMIT -1")
    assert " is in the way " not in migration.said()


@pytest.fixture
def vacuumed(own_cluster, own_database):
    """A site on whose messages autovacuum works slowly, for minutes."""
    own_database.sql(
        "ALTER TABLE messages SET (autovacuum_vacuum_threshold = 1, autovacuum_vacuum_scale_factor = 0,"
        " autovacuum_vacuum_cost_delay = 100, autovacuum_vacuum_cost_limit = 1, autovacuum_analyze_threshold = 1000000000)"
    )
    own_database.sql("INSERT INTO users (username, email, password_hash) VALUES ('a', 'a@example.org', 'x')")
    own_database.sql("INSERT INTO messages (author_id, text) SELECT 1, repeat('x', 1000) FROM generate_series(1, 20000)")
    own_database.sql("DELETE FROM messages WHERE id % 2 = 0")
    own_cluster.psql("ALTER SYSTEM SET autovacuum_naptime = '1s'")
    own_cluster.psql("SELECT pg_reload_conf()")
    installation.wait_until(
        lambda: own_database.sql("SELECT pid FROM pg_stat_progress_vacuum WHERE relid = 'messages'::regclass"), "autovacuum to begin"
    )
    # Ended, it is not to come back at once.
    own_cluster.psql("ALTER SYSTEM RESET autovacuum_naptime")
    own_cluster.psql("SELECT pg_reload_conf()")
    return own_database


@pytest.fixture
def allowed(own_cluster):
    """The right that lets the owner of the schema push autovacuum aside."""
    own_cluster.psql("GRANT SET ON PARAMETER deadlock_timeout TO minitwit_owner")
    yield
    own_cluster.psql("REVOKE SET ON PARAMETER deadlock_timeout FROM minitwit_owner")


def _pushes_autovacuum_aside(database, migrate, user):
    before = database.cluster.log.read_bytes().count(_CANCELLED)
    migration = migrate(database, user)
    assert migration.finish() == 0, migration.said()
    assert database.cluster.log.read_bytes().count(_CANCELLED) == before + 1


def test_autovacuum_gives_way_to_a_superuser(vacuumed, migrate):
    _pushes_autovacuum_aside(vacuumed, migrate, "postgres")


def test_autovacuum_gives_way_to_whom_it_is_granted(vacuumed, allowed, migrate):
    _pushes_autovacuum_aside(vacuumed, migrate, "minitwit_owner")


def test_autovacuum_is_named(vacuumed, migrate):
    migration = migrate(vacuumed, "minitwit_owner")
    named = migration.wait_to_hear(r"is in the way \(of the server itself, as autovacuum is\); a superuser ends it by: (.*)\n")
    vacuumed.sql(named.group(1))
    assert migration.finish() == 0, migration.said()
