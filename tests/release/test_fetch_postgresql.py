# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""scripts/fetch-postgresql, with a stand-in for Maven's client: only an archive with the right checksum is ever used."""

import hashlib
import io
import os
import shutil
import tarfile
import zipfile

import pytest

from support import installation, programs

# It puts the archive where dependency:copy does.
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
        self.pack()
        self.list(hashlib.sha256(self.archive.read_bytes()).hexdigest())

    def pack(self):
        """An archive with one program."""
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w:xz") as tar:
            entry = tarfile.TarInfo("bin/postgres")
            entry.size, entry.mode = 5, 0o755
            tar.addfile(entry, io.BytesIO(b"12345"))
        with zipfile.ZipFile(self.archive, "w") as archive:
            archive.writestr("postgres.txz", packed.getvalue())

    def list(self, sha256):
        (self.folder / "scripts" / "postgresql-servers").write_text(f"# A list\n\n99 99.1.0 {sha256}\n")

    def mvn(self, script=_MVN):
        program = self._bin / "mvn"
        program.write_text(script.format(calls=self.calls, archive=self.archive))
        program.chmod(0o755)

    def fetch(self, version="99"):
        return programs.run("env", f"PATH={self._bin}", self.folder / "scripts" / "fetch-postgresql", version)

    def is_fetched(self):
        return (self.cache / "99.1.0").exists()


@pytest.fixture
def clone(tmp_path):
    return Clone(tmp_path)


def test_it_is_downloaded_once(clone):
    clone.mvn()
    code, said = clone.fetch()
    program = clone.cache / "99.1.0" / "bin" / "postgres"
    assert code == 0 and said.splitlines()[-1] == str(program.parent), said
    assert program.read_bytes() == b"12345" and os.access(program, os.X_OK)
    # The account of the server may enter each folder.
    assert {path.stat().st_mode & 0o005 for path in (program, program.parent, program.parents[1])} == {0o005}
    assert clone.fetch() == (0, f"{program.parent}\n")
    assert clone.calls.read_text() == "called\n"
    assert not (clone.cache / "99.1.0.part").exists()


def test_another_archive(clone):
    clone.mvn()
    clone.list("0" * 64)
    code, said = clone.fetch()
    assert code == 1 and "has the wrong SHA-256" in said and "0" * 64 in said
    assert not clone.is_fetched()


def test_no_network(clone):
    clone.mvn("#!/bin/sh\necho '[ERROR] Unknown host'\nexit 1\n")
    code, said = clone.fetch()
    assert code == 1 and "Unknown host" in said and "network" in said
    assert not clone.is_fetched()


def test_no_maven(clone):
    code, said = clone.fetch()
    assert code == 1 and "mvn is missing" in said and "package maven" in said
    assert not clone.is_fetched()


def test_an_unknown_version(clone):
    code, said = clone.fetch("9")
    assert code == 1 and "there is no PostgreSQL 9 " in said and "It has: 99" in said
