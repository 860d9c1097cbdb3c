# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""scripts/revision, which tells builds of one version apart."""

import os
import re
import shutil
import subprocess

import pytest

from support import installation, programs

COMMIT = re.compile(r"[0-9a-f]{40}")


@pytest.fixture
def sources(tmp_path):
    """Nearly empty ones, that belong to no clone."""
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


def test_of_a_clone(clone):
    first = ask(clone)
    assert COMMIT.fullmatch(first) and first == git(clone, "rev-parse", "HEAD").strip()
    # Others have other tags, and what nobody has added belongs to nothing.
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


def test_of_other_sources(sources):
    assert ask(sources) == "unknown"
    assert ask(sources, "1.0.0-2") == "1.0.0-2"
    # Somebody unpacks a tarball in a clone of his own.
    git(sources.parent, "init", "-q")
    assert ask(sources) == "unknown"
    (sources / "revision").write_text("abc\n")
    assert ask(sources, "1.0.0-2") == "abc"


def test_of_the_environment(clone):
    assert ask(clone, MINITWIT_REVISION="1.0.0~rc1+x_y-2") == "1.0.0~rc1+x_y-2"
    assert COMMIT.fullmatch(ask(clone, MINITWIT_REVISION=""))
    for text in ("a b", "a\nb", 'a"', "$(id)", "-a", "a" * 65):
        assert "not a revision" in ask(clone, expect=1, MINITWIT_REVISION=text)


def test_another_revision_makes_one_object_old():
    """make is asked what it would do, and does nothing."""
    done = subprocess.run(
        ["make", "-n", "-C", installation.BUILD, "all"],
        env=os.environ | {"MINITWIT_REVISION": "another"}, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, check=True,
    )  # fmt: skip
    assert re.findall(r" -c -o (\S+)\.lo ", done.stdout) == ["mod_minitwit/core/librevision_la-revision"], done.stdout


def test_the_same_revision_writes_nothing():
    """Also where "make install" asks again, as an account that may only read the build."""
    made = installation.BUILD / "mod_minitwit" / "revision.txt"
    before = [path.stat().st_mtime_ns for path in (made, made.parent)]
    subprocess.run(
        ["make", "-s", "-C", installation.BUILD, "mod_minitwit/revision.txt"],
        env=os.environ | {"MINITWIT_REVISION": made.read_text().strip()}, stdin=subprocess.DEVNULL, check=True,
    )  # fmt: skip
    assert [path.stat().st_mtime_ns for path in (made, made.parent)] == before
