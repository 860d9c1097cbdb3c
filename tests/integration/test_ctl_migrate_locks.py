# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""minitwitctl migrate while another session holds a lock that it needs: it fails, and names that session."""

import concurrent.futures
import contextlib
import re
import shutil

import pytest

from support import installation

_SHARE = "lock table messages in share mode;"
_EXCLUSIVE = "alter table messages add column mood text;"
_CANCELLED = b"canceling autovacuum task"  # as PostgreSQL logs it


@pytest.fixture
def migrate(tmp_path):
    """Runs the last migration of a database again, as a role and with other contents."""
    folder = shutil.copytree(installation.MIGRATIONS, tmp_path / "sql")
    newest = max(folder.glob("[0-9]*.sql"))

    def run(database, user="minitwit_owner", sql=_SHARE):
        newest.write_text(sql, encoding="utf-8")
        database.sql("DELETE FROM schema_version WHERE name = %s", newest.name)
        return database.ctl("migrate", "--sql", folder, dsn=database.cluster.connection_string(database.name, user))

    return run


@contextlib.contextmanager
def _holding(database, mode):
    """A session of PostgreSQL's superuser that has locked the messages. Yields its process."""
    with contextlib.closing(database.cluster.connect(database.name)) as holder:
        holder.cursor().execute(f"BEGIN; LOCK TABLE messages IN {mode} MODE")
        yield holder.info.backend_pid


def _refused(migrated):
    """The processes that the message names, with their descriptions, and the statement that ends them."""
    assert migrated.returncode == 1
    assert "could not obtain a lock within 100ms\n" in migrated.stdout
    assert migrated.stdout.endswith("\n  Then run minitwitctl migrate again.\n")
    named = re.findall(r"^  Process (\d+) \((.*)\) holds a lock on messages\.$", migrated.stdout, re.MULTILINE)
    ends = re.search(r"^  Wait until these sessions end, or end them as a superuser: (.*;)$", migrated.stdout, re.MULTILINE)
    return {int(pid): description for pid, description in named}, ends and ends.group(1)


@pytest.mark.parametrize("user", ["minitwit_owner", "postgres"])
def test_the_session_that_holds_the_lock(migrated, migrate, user):
    """The message has the statement that ends it. Afterwards the migration succeeds."""
    with _holding(migrated, "SHARE UPDATE EXCLUSIVE") as pid:
        named, ends = _refused(migrate(migrated, user))
        assert named.keys() == {pid}
        # The server hides most facts about a session from other roles.
        assert named[pid].startswith("role postgres, program tests")
        assert ("idle in transaction, for " in named[pid]) == (user == "postgres")
        assert ends == f"select pg_terminate_backend({pid});"
        migrated.sql(ends)
        installation.wait_until(
            lambda: not migrated.value("SELECT count(*) FROM pg_stat_activity WHERE pid = %s", pid), "the session to end"
        )
        assert migrate(migrated, user).returncode == 0


def test_a_refused_migration_leaves_nothing(migrated, migrate):
    with _holding(migrated, "ACCESS SHARE"):
        _refused(migrate(migrated, sql="create table more ();" + _EXCLUSIVE))
    assert migrated.value("SELECT to_regclass('more') IS NULL")
    assert migrated.count("schema_version") == len(list(installation.MIGRATIONS.glob("[0-9]*.sql"))) - 1


@pytest.mark.parametrize(("sql", "blocks"), [(_SHARE, False), (_EXCLUSIVE, True)])
def test_a_reader_blocks_only_an_exclusive_lock(migrated, migrate, sql, blocks):
    with _holding(migrated, "ACCESS SHARE") as reader, _holding(migrated, "ROW EXCLUSIVE") as writer:
        named, _ = _refused(migrate(migrated, sql=sql))
    assert named.keys() == ({reader, writer} if blocks else {writer})


def test_several_holders(migrated, migrate):
    with _holding(migrated, "ROW EXCLUSIVE") as one, _holding(migrated, "ROW EXCLUSIVE") as other:
        named, ends = _refused(migrate(migrated))
        assert named.keys() == {one, other}
        migrated.sql(ends)
    assert migrate(migrated).returncode == 0


def test_a_session_that_ends_in_time(migrated, migrate):
    """The migration is tried again if no session holds the lock any more."""
    waiter = "SELECT FROM pg_locks WHERE relation = 'messages'::regclass AND NOT granted"
    hold = f"""DO $$ BEGIN
        LOCK TABLE messages IN ROW EXCLUSIVE MODE;
        WHILE NOT EXISTS ({waiter}) LOOP PERFORM pg_sleep(0.01); END LOOP;
        WHILE EXISTS ({waiter}) LOOP PERFORM pg_sleep(0.01); END LOOP;
        END $$"""
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        holder = pool.submit(migrated.sql, hold)
        installation.wait_until(lambda: migrated.value("SELECT count(*) FROM pg_locks WHERE relation = 'messages'::regclass"), "a lock")
        done = migrate(migrated)
        holder.result()
    assert done.returncode == 0, done.stdout


def test_sessions_that_block_nothing_are_not_named(migrated, migrate):
    with contextlib.closing(migrated.cluster.connect(migrated.name)) as other, _holding(migrated, "ROW EXCLUSIVE") as pid:
        other.cursor().execute("BEGIN; LOCK TABLE users IN ACCESS EXCLUSIVE MODE")
        named, _ = _refused(migrate(migrated))
    assert named.keys() == {pid}


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
    # Otherwise autovacuum would begin again soon after its end.
    own_cluster.psql("ALTER SYSTEM RESET autovacuum_naptime")
    own_cluster.psql("SELECT pg_reload_conf()")
    return own_database


@pytest.fixture
def allowed(own_cluster):
    """The owner of the schema has the right to cancel autovacuum."""
    own_cluster.psql("GRANT SET ON PARAMETER deadlock_timeout TO minitwit_owner")
    yield
    own_cluster.psql("REVOKE SET ON PARAMETER deadlock_timeout FROM minitwit_owner")


def _cancels_autovacuum(database, migrate, user):
    before = database.cluster.log.read_bytes().count(_CANCELLED)
    migration = migrate(database, user)
    assert migration.returncode == 0, migration.stdout
    assert database.cluster.log.read_bytes().count(_CANCELLED) == before + 1


def test_autovacuum_gives_way_to_a_superuser(vacuumed, migrate):
    _cancels_autovacuum(vacuumed, migrate, "postgres")


def test_autovacuum_gives_way_to_an_owner_with_the_right(vacuumed, allowed, migrate):
    _cancels_autovacuum(vacuumed, migrate, "minitwit_owner")


def test_autovacuum_is_named(vacuumed, migrate):
    named, ends = _refused(migrate(vacuumed))
    assert list(named.values()) == ["of the server itself, such as autovacuum"]
    vacuumed.sql(ends)
    installation.wait_until(lambda: migrate(vacuumed).returncode == 0, "the migration to get the lock")
