# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""A cluster on a disk of its own, so small that it can be filled: a tmpfs that only the cluster's processes see."""

import subprocess

from support import installation
from support.cluster import Cluster

_SIZE = 96  # MiB


def _unshare():
    """The command that makes a mount namespace. An ordinary user needs one of users, too, in which he may mount."""
    as_user = [] if installation.is_root() else ["--user", "--map-current-user", "--keep-caps"]
    return ["unshare", *as_user, "--mount"]


def why_not():
    """Why no such disk can be had here; None when it can."""
    tried = subprocess.run(
        [*_unshare(), "mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", "/tmp"],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
    )  # fmt: skip
    return None if tried.returncode == 0 else f"no private tmpfs can be mounted here: {tried.stdout.strip()}"


class TinyDiskCluster(Cluster):
    """Either the tables or the write-ahead log (part: "tables", "log") are on the disk, the other where there is room. fill()
    takes all that is free, make_room() gives it back."""

    def __init__(self, part, **settings):
        self._part = part
        self._holder = None  # the process that keeps the namespace, and in it the disk
        super().__init__(**settings)

    def fill(self):
        """Lets a ballast file grow until nothing is free: PostgreSQL writes meanwhile, so that its size is not known before."""
        if self._part == "log":
            self._use_up_log()
        command = ["dd", "if=/dev/zero", f"of={self._disk}/ballast", "bs=64K"]
        filled = subprocess.run([*self._prefix, *command], stderr=subprocess.DEVNULL, check=False)
        # It ends because there is no room for more.
        assert filled.returncode == 1

    def make_room(self):
        subprocess.run([*self._prefix, "rm", self._disk / "ballast"], check=True)

    def _use_up_log(self):
        """Until it has no file left that is made but not written; of those, newer versions of PostgreSQL have more."""
        ahead = "SELECT count(*) FROM pg_ls_waldir() WHERE name ~ '^[0-9A-F]{24}$' AND name > pg_walfile_name(pg_current_wal_lsn())"

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
        # It ends with the tests, whatever becomes of them. Everybody may write there, as in /tmp.
        script = 'mount -t tmpfs -o "size=$1m,mode=1777" tmpfs "$2" && echo mounted && exec cat'
        self._holder = subprocess.Popen(
            [*_unshare(), "sh", "-c", script, "sh", str(_SIZE), self._disk],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True,
        )  # fmt: skip
        if self._holder.stdout.readline() != "mounted\n":
            raise RuntimeError("the small disk could not be mounted")
        # Entering a mount namespace leaves a chroot, so --root enters it again.
        enter = [] if installation.is_root() else ["--user", "--preserve-credentials"]
        self._prefix = ["nsenter", "--target", str(self._holder.pid), *enter, "--mount", "--root", "--", *self._prefix]
        # Small segments, so that the log's next one is soon wanted.
        super()._make_data("--wal-segsize=1", "--waldir", wal)
