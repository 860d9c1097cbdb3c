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
        """A ballast file of just the size that is free."""
        self._on_disk("fallocate", "--length", str(self.free()), self._disk / "ballast")

    def make_room(self):
        self._on_disk("rm", self._disk / "ballast")

    def free(self):
        """Bytes."""
        return int(self._on_disk("stat", "--file-system", "--format=%a", self._disk)) * self._block

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
        # It ends with the tests, whatever becomes of them.
        script = 'mount -t tmpfs -o "size=$1m,mode=0755" tmpfs "$2" && chown "$3" "$2" && echo mounted && exec cat'
        owner = installation.DATABASE_USER if installation.is_root() else ""
        if not owner:
            script = script.replace('chown "$3" "$2" && ', "")
        self._holder = subprocess.Popen(
            [*_unshare(), "sh", "-c", script, "sh", str(_SIZE), self._disk, owner],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True,
        )  # fmt: skip
        if self._holder.stdout.readline() != "mounted\n":
            raise RuntimeError("the small disk could not be mounted")
        enter = [] if installation.is_root() else ["--user", "--preserve-credentials"]
        self._prefix = ["nsenter", "--target", str(self._holder.pid), *enter, "--mount", "--", *self._prefix]
        self._block = int(self._on_disk("stat", "--file-system", "--format=%S", self._disk))
        # Small segments, so that the log's next one is soon wanted.
        super()._make_data("--wal-segsize=1", "--waldir", wal)

    def _on_disk(self, *command):
        return subprocess.run([*self._prefix, *command], check=True, stdout=subprocess.PIPE, text=True).stdout
