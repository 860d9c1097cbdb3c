# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""scripts/revision prints a name for the state of the sources, so that builds of one version can be distinguished."""

import os
import re
import shutil
import subprocess

import pytest

from support import installation, programs

COMMIT = re.compile(r"[0-9a-f]{40}")


@pytest.fixture
def sources(tmp_path):
    """Sources outside a clone, with two scripts."""
    (tmp_path / "sources" / "scripts").mkdir(parents=True)
    for name in ("scripts/revision", "scripts/lib.sh"):
        shutil.copy(installation.SOURCE / name, tmp_path / "sources" / name)
    return tmp_path / "sources"


def git(folder, *arguments):
    code, said = programs.run("git", "-C", folder, "-c", "user.name=Nobody", "-c", "user.email=nobody@localhost", *arguments)
    assert code == 0, said
    return said


@pytest.fixture
def clone(sources):
    git(sources, "init", "-q")
    git(sources, "add", "-A")
    git(sources, "commit", "-q", "-m", "All")
    return sources


def ask(folder, *arguments, expect=0, **environment):
    environment = {name: value for name, value in os.environ.items() if name != "MINITWIT_REVISION"} | environment
    done = subprocess.run(
        [folder / "scripts" / "revision", *arguments],
        cwd="/", env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == expect, done.stdout
    return done.stdout.strip()


def test_the_revision_of_a_clone_is_its_commit(clone):
    first = ask(clone)
    assert COMMIT.fullmatch(first) and first == git(clone, "rev-parse", "HEAD").strip()
    # Tags and untracked files do not matter.
    git(clone, "tag", "-a", "-m", "A tag", "v1.0.0")
    (clone / "notes").write_text("none of it\n")
    assert ask(clone) == first
    (clone / "scripts" / "lib.sh").touch()
    assert ask(clone) == first
    with (clone / "scripts" / "lib.sh").open("a") as library:
        library.write("\n# More.\n")
    assert ask(clone) == f"{first}-dirty"
    git(clone, "commit", "-q", "-a", "-m", "More")
    second = ask(clone)
    assert COMMIT.fullmatch(second) and second != first


def test_other_sources_have_a_file_or_the_given_revision(sources):
    assert ask(sources) == "unknown"
    assert ask(sources, "1.0.0-2") == "1.0.0-2"
    # The sources may lie in a clone of another project.
    git(sources.parent, "init", "-q")
    assert ask(sources) == "unknown"
    (sources / "revision").write_text("abc\n")
    assert ask(sources, "1.0.0-2") == "abc"


def test_the_environment_sets_the_revision(clone):
    assert ask(clone, MINITWIT_REVISION="1.0.0~rc1+x_y-2") == "1.0.0~rc1+x_y-2"
    assert COMMIT.fullmatch(ask(clone, MINITWIT_REVISION=""))
    for text in ("a b", "a\nb", 'a"', "$(id)", "-a", "a" * 65):
        assert "not a revision" in ask(clone, expect=1, MINITWIT_REVISION=text)


def test_another_revision_compiles_one_object():
    """make -n prints the commands."""
    done = subprocess.run(
        ["make", "-n", "-C", installation.BUILD, "all"],
        env=os.environ | {"MINITWIT_REVISION": "another"}, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, check=True,
    )  # fmt: skip
    assert re.findall(r" -c -o (\S+)\.lo ", done.stdout) == ["mod_minitwit/core/librevision_la-revision"], done.stdout


def test_the_same_revision_writes_nothing():
    """Therefore "make install" works under an account that can only read the build."""
    made = installation.BUILD / "mod_minitwit" / "revision.txt"
    before = [path.stat().st_mtime_ns for path in (made, made.parent)]
    subprocess.run(
        ["make", "-s", "-C", installation.BUILD, "mod_minitwit/revision.txt"],
        env=os.environ | {"MINITWIT_REVISION": made.read_text().strip()}, stdin=subprocess.DEVNULL, check=True,
    )  # fmt: skip
    assert [path.stat().st_mtime_ns for path in (made, made.parent)] == before
