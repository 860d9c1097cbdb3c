# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""scripts/build-previous finds the previous version in the history. The fixture previous builds it and upgrades from
it."""

import os
import shutil
import subprocess

import pytest

from support import installation

HEADER = "mod_minitwit/store/schema.h"


@pytest.fixture
def clone(tmp_path):
    """Makes a clone with these versions of the schema in its history. Its scripts/build prints the version that it
    would build."""
    # The name has characters with a meaning in git's configuration.
    folder = tmp_path / 'a "clone" \\ of it'

    def git(*arguments):
        identity = ("-c", "user.name=Nobody", "-c", "user.email=nobody@localhost")
        subprocess.run(["git", *identity, "-C", folder, *arguments], check=True, stdout=subprocess.DEVNULL)

    def make(*versions):
        for name in ("lib.sh", "build-previous"):
            (folder / "scripts").mkdir(parents=True, exist_ok=True)
            shutil.copy2(installation.SOURCE / "scripts" / name, folder / "scripts" / name)
        build = folder / "scripts" / "build"
        build.write_text(f'#!/bin/sh\ngrep SCHEMA "${{0%/scripts/build}}/{HEADER}"\n')
        build.chmod(0o755)
        git("init", "-q")
        for version in versions:
            (folder / HEADER).parent.mkdir(parents=True, exist_ok=True)
            (folder / HEADER).write_text(f"#define MT_SCHEMA_VERSION {version}\n")
            git("add", "-A")
            git("commit", "-q", "-m", "All")
        return folder

    return make


def build_previous(folder):
    """The exit status and the output. Only the script's own configuration of git applies."""
    done = subprocess.run(
        [folder / "scripts" / "build-previous"], env=os.environ | {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1"},
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout


def test_the_newest_version_of_the_previous_schema_is_built(clone):
    assert build_previous(clone(5, 6, 7)) == (0, "#define MT_SCHEMA_VERSION 6\n")


def test_a_short_history_has_its_own_exit_status(clone):
    code, said = build_previous(clone(7))
    assert code == 3 and "full clone" in said


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a clone away")
def test_a_clone_of_another_account(clone):
    """GitHub makes such a clone in a container."""
    folder = clone(6, 7)
    subprocess.run(["chown", "-R", "nobody:", folder], check=True)
    assert build_previous(folder) == (0, "#define MT_SCHEMA_VERSION 6\n")
