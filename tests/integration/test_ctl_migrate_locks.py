# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""minitwitctl migrate behind a lock: an operator learns who holds it, and how to end that."""

import contextlib
import os
import re
import shutil
import subprocess

import pytest

from support import installation

_WANTED = "lock table messages in share mode;"


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
def migrate(bare_database, tmp_path):
    """Begins the last migration, which wants to lock the messages, as that role."""
    folder = shutil.copytree(installation.MIGRATIONS, tmp_path / "sql")
    newest = max(folder.glob("[0-9]*.sql"))
    newest.write_text("select nonsense", encoding="utf-8")
    assert bare_database.ctl("migrate", "--sql", folder).returncode == 1
    newest.write_text(_WANTED, encoding="utf-8")
    begun = []

    def begin(user):
        begun.append(Migration(bare_database, user, folder, tmp_path / "said"))
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
def test_who_holds_the_lock(bare_database, migrate, user):
    """Locked as by a vacuum. What the message names ends it, and the migration goes on."""
    with _holding(bare_database, "SHARE UPDATE EXCLUSIVE") as holder:
        migration = migrate(user)
        pid = holder.info.backend_pid
        named = migration.wait_to_hear(rf"process {pid} holds it \((.*)\); a superuser ends it by: (.*)\n")
        # The server tells a role nothing of what others do.
        assert named.group(1).startswith("role postgres, program tests")
        assert ("idle in transaction, for 0" in named.group(1)) == (user == "postgres")
        assert "another session holds a lock" in migration.said()
        bare_database.sql(named.group(2))
        assert migration.finish() == 0, migration.said()
    assert migration.said().count(" holds it ") == 1


def test_only_holders_are_named(bare_database, migrate):
    """Whoever reads, as a backup does, keeps nobody from making an index."""
    with _holding(bare_database, "ACCESS SHARE") as reader, _holding(bare_database, "ROW EXCLUSIVE") as writer:
        migration = migrate("minitwit_owner")
        migration.wait_to_hear(f"process {writer.info.backend_pid} holds it")
        writer.cursor().execute("ROLLBACK")
        assert migration.finish() == 0, migration.said()
    assert f"process {reader.info.backend_pid} " not in migration.said()


def test_several_holders(bare_database, migrate):
    with _holding(bare_database, "ROW EXCLUSIVE") as one, _holding(bare_database, "ROW EXCLUSIVE") as other:
        migration = migrate("minitwit_owner")
        for holder in (one, other):
            migration.wait_to_hear(f"process {holder.info.backend_pid} holds it")
            holder.close()
        assert migration.finish() == 0, migration.said()


def test_nobody_can_look(bare_database, migrate):
    """Without another connection, it is tried again all the same."""
    log = bare_database.cluster.log
    before = log.stat().st_size
    bare_database.sql("ALTER ROLE minitwit_owner CONNECTION LIMIT 1")
    try:
        with _holding(bare_database, "SHARE UPDATE EXCLUSIVE"):
            migration = migrate("minitwit_owner")
            migration.wait_to_hear("another session holds a lock")
            installation.wait_until(lambda: b"too many connections for role" in log.read_bytes()[before:], "a look that is refused")
        assert migration.finish() == 0, migration.said()
    finally:
        bare_database.sql("ALTER ROLE minitwit_owner CONNECTION LIMIT -1")
    assert " holds it " not in migration.said()
