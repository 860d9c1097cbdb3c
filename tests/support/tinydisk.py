# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""A cluster on its own small disk, which a test can fill: a tmpfs that only the cluster's processes see."""

import subprocess

from support import installation
from support.cluster import Cluster

_SIZE = 96  # MiB


def _unshare():
    """The command that makes a mount namespace. An ordinary user also needs a user namespace to mount in it."""
    as_user = [] if installation.is_root() else ["--user", "--map-current-user", "--keep-caps"]
    return ["unshare", *as_user, "--mount"]


def why_not():
    """The reason why such a disk is impossible here; None if it is possible."""
    tried = subprocess.run(
        [*_unshare(), "mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", "/tmp"],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
    )  # fmt: skip
    return None if tried.returncode == 0 else f"no private tmpfs can be mounted here: {tried.stdout.strip()}"


class TinyDiskCluster(Cluster):
    """Either the tables or the write-ahead log (part: "tables", "log") are on the small disk. The other part has enough
    space. fill() uses up the free space, make_room() frees it again."""

    def __init__(self, part, **settings):
        self._part = part
        self._holder = None  # the process that keeps the namespace and the disk
        super().__init__(**settings)

    def fill(self):
        """Lets a ballast file grow until the disk is full. Its size is unknown, because PostgreSQL also writes."""
        if self._part == "log":
            self._use_up_log()
        command = ["dd", "if=/dev/zero", f"of={self._disk}/ballast", "bs=64K"]
        filled = subprocess.run([*self._prefix, *command], stderr=subprocess.DEVNULL, check=False)
        # dd ended because the disk is full.
        assert filled.returncode == 1

    def make_room(self):
        subprocess.run([*self._prefix, "rm", self._disk / "ballast"], check=True)

    def _use_up_log(self):
        """Writes until no file of the log is prepared in advance. Newer versions of PostgreSQL prepare more files."""
        ahead = (
            "SELECT count(*) FROM pg_ls_waldir()"
            " WHERE name ~ '^[0-9A-F]{24}$' AND name > pg_walfile_name(pg_current_wal_lsn())"
        )

        def is_used_up():
            if self.psql(ahead) == [(0,)]:
                return True
            self.psql("SELECT pg_logical_emit_message(false, '', 'used up')")
            self.psql("SELECT pg_switch_wal()")
            return False

        installation.wait_until(is_used_up, "the log to have no file ahead")

    def destroy(self):
        super().destroy()
        if self._holder is not None:
            self._holder.stdin.close()
            self._holder.wait(installation.PATIENCE)

    def _make_data(self):
        self._disk = self.root / "disk"
        self._disk.mkdir()
        wal = self._disk / "wal"
        if self._part == "tables":
            self.data, wal = self._disk / "data", self.root / "wal"
        # cat ends when the tests end in any way. All users may write there, as in /tmp.
        script = 'mount -t tmpfs -o "size=$1m,mode=1777" tmpfs "$2" && echo mounted && exec cat'
        self._holder = subprocess.Popen(
            [*_unshare(), "sh", "-c", script, "sh", str(_SIZE), self._disk],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True,
        )  # fmt: skip
        if self._holder.stdout.readline() != "mounted\n":
            raise RuntimeError("the small disk could not be mounted")
        # A process that enters a mount namespace leaves a chroot, so --root enters it again.
        enter = [] if installation.is_root() else ["--user", "--preserve-credentials"]
        self._prefix = ["nsenter", "--target", str(self._holder.pid), *enter, "--mount", "--root", "--", *self._prefix]
        # Small segments, so that the log soon needs the next one.
        super()._make_data("--wal-segsize=1", "--waldir", wal)
