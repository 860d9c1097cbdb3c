# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""scripts/fetch-postgresql uses only an archive with the right checksum. A stub replaces Maven's client."""

import hashlib
import io
import os
import shutil
import tarfile
import zipfile

import pytest

from support import installation, programs

# Like dependency:copy, it puts the archive into the folder.
_MVN = """#!/bin/sh
for word; do case $word in -DoutputDirectory=*) folder=${{word#*=}} ;; esac; done
echo called >>{calls}
mkdir "$folder" && cp {archive} "$folder/archive-1.2.jar"
"""
_TOOLS = (
    "awk", "basename", "bash", "cp", "dirname", "echo", "env", "flock", "grep", "mkdir", "mv", "rm", "sed", "sha256sum", "tail", "tar", "uname",
    "xargs", "xz",
)  # fmt: skip


class Clone:
    def __init__(self, folder):
        self.folder = folder
        self.cache = folder / ".build" / "postgresql"
        self.calls = folder / "calls"
        self._bin = folder / "bin"
        self.archive = folder / "archive.jar"
        (folder / "scripts").mkdir()
        self._bin.mkdir()
        for name in ("fetch-postgresql", "lib.sh"):
            shutil.copy(installation.SOURCE / "scripts" / name, folder / "scripts" / name)
        for name in _TOOLS:
            (self._bin / name).symlink_to(shutil.which(name))
        program = self._bin / "mvn"
        program.write_text(_MVN.format(calls=self.calls, archive=self.archive))
        program.chmod(0o755)
        self.pack()
        self.list(hashlib.sha256(self.archive.read_bytes()).hexdigest())

    def pack(self):
        """Makes an archive with one program."""
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w:xz") as tar:
            entry = tarfile.TarInfo("bin/postgres")
            entry.size, entry.mode = 5, 0o755
            tar.addfile(entry, io.BytesIO(b"12345"))
        with zipfile.ZipFile(self.archive, "w") as archive:
            archive.writestr("postgres.txz", packed.getvalue())

    def list(self, sha256):
        (self.folder / "scripts" / "postgresql-servers").write_text(f"# A list\n\n99 99.1.0 {sha256}\n")

    def fetch(self):
        return programs.run("env", f"PATH={self._bin}", self.folder / "scripts" / "fetch-postgresql", "99")


@pytest.fixture
def clone(tmp_path):
    return Clone(tmp_path)


def test_a_server_is_downloaded_once(clone):
    code, said = clone.fetch()
    program = clone.cache / "99.1.0" / "bin" / "postgres"
    assert code == 0 and said.splitlines()[-1] == str(program.parent), said
    assert program.read_bytes() == b"12345" and os.access(program, os.X_OK)
    # The server's account can enter each folder.
    assert {path.stat().st_mode & 0o005 for path in (program, program.parent, program.parents[1])} == {0o005}
    assert clone.fetch() == (0, f"{program.parent}\n")
    assert clone.calls.read_text() == "called\n"
    assert not (clone.cache / "99.1.0.part").exists()


def test_an_archive_with_another_checksum_is_refused(clone):
    clone.list("0" * 64)
    code, said = clone.fetch()
    assert code == 1 and "has the wrong SHA-256" in said and "0" * 64 in said
    assert not (clone.cache / "99.1.0").exists()
