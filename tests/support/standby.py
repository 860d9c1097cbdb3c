# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""Two clusters: the standby follows the primary and replaces it, and the former primary becomes its standby."""

import contextlib
import shutil
import subprocess

from support import installation
from support.cluster import Cluster


class Standby(Cluster):
    """A standby of a running cluster."""

    def __init__(self, primary, **settings):
        self._primary = primary
        super().__init__(**settings)

    def promote(self):
        """Returns when it accepts writes."""
        self.psql("SELECT pg_promote()")
        installation.wait_until(lambda: self.psql("SELECT pg_is_in_recovery()") == [(False,)], "the promotion")

    def _make_data(self):
        _copy(self._primary, self)


def follow(former, primary):
    """Turns a former primary that has ended into a standby of its successor, and starts it."""
    shutil.rmtree(former.data)
    _copy(primary, former)
    former.start()


def synchronise(primary):
    """Makes the primary acknowledge only transactions that a standby has received. Returns when one has them all."""
    # Without a standby, all writes would have to wait.
    streaming = "SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'"
    installation.wait_until(lambda: primary.psql(streaming) == [(1,)], "a standby")
    primary.psql("ALTER SYSTEM SET synchronous_standby_names = '*'")
    primary.psql("SELECT pg_reload_conf()")
    state = f"{streaming} AND sync_state = 'sync'"
    installation.wait_until(lambda: primary.psql(state) == [(1,)], "a synchronous standby")


def _copy(primary, standby):
    """Copies the files of a running server, also of one that is newer than the system's pg_basebackup."""
    with contextlib.closing(primary.connect()) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT pg_backup_start('standby', fast => true)")
        shutil.copytree(
            primary.data,
            standby.data,
            symlinks=True,
            copy_function=_copy_file,
            ignore=shutil.ignore_patterns("postmaster.*"),
        )
        cursor.execute("SELECT labelfile FROM pg_backup_stop(wait_for_archive => false)")
        ((label,),) = cursor.fetchall()
    (standby.data / "backup_label").write_text(label)
    (standby.data / "standby.signal").touch()
    with open(standby.data / "postgresql.auto.conf", "a", encoding="utf-8") as settings:
        settings.write(f"primary_conninfo = 'host={primary.socket_folder} user=postgres'\n")
    if installation.is_root():
        account = installation.DATABASE_USER
        subprocess.run(["chown", "-R", f"{account}:{account}", standby.data], check=True)


def _copy_file(source, goal):
    """Ignores a file that the server deletes meanwhile: the copy replays this change from the write-ahead log."""
    with contextlib.suppress(FileNotFoundError):
        shutil.copy2(source, goal)
