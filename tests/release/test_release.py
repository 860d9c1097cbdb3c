# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""scripts/release makes the same files again, and scripts/sbom describes the build."""

import json
import os
import re
import shutil
import subprocess
import tarfile

import pytest

from support import installation

SBOM = installation.SOURCE / "scripts" / "sbom"
LINKED = {"libapr1", "libaprutil1", "libc6", "libjson-c5", "libpq5", "libsodium23", "libssl3", "zlib1g"}


def run(*command, folder=None, expect=0, **environment):
    done = subprocess.run(
        [str(part) for part in command], cwd=folder, env=os.environ | environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, check=False, timeout=900,
    )  # fmt: skip
    assert done.returncode == expect, done.stdout
    return done.stdout


@pytest.fixture
def clone(tmp_path):
    """A clone with one commit of 2020, which has the project's files in their present state."""
    git = ("git", "-c", f"safe.directory={installation.SOURCE}", "-C", installation.SOURCE)
    if not (installation.SOURCE / ".git").exists():
        pytest.skip("releases are made from a clone")
    folder = tmp_path / "clone"
    for name in run(*git, "ls-files", "-z", "--cached", "--others", "--exclude-standard").split("\0"):
        if name and (installation.SOURCE / name).exists():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(installation.SOURCE / name, folder / name)
    run("git", "init", "-q", folder)
    commit(folder)
    return folder


def commit(folder):
    run("git", "add", "-A", folder=folder)
    run(
        "git", "-c", "user.name=Nobody", "-c", "user.email=nobody@localhost", "commit", "-q", "-m", "All", folder=folder,
        GIT_COMMITTER_DATE="2020-02-02T02:02:02Z", GIT_AUTHOR_DATE="2020-02-02T02:02:02Z",
    )  # fmt: skip


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.skipif(os.environ.get("MINITWIT_LONG") != "1", reason="two releases take minutes: ./check --long")
def test_a_release_is_reproducible(clone, tmp_path):
    version = run(clone / "scripts" / "release", "--version").strip()
    run(clone / "scripts" / "release", "--tag", f"v{version}", "--build", installation.BUILD, "--output", tmp_path / "one")
    # Another folder, umask, locale and time zone.
    other = tmp_path / "other" / "clone"
    shutil.copytree(clone, other, symlinks=True)
    (other / "README.md").touch()
    run(
        "sh", "-c", 'umask 077; exec "$@"', "sh", other / "scripts" / "release", "--build", installation.BUILD, "--output", tmp_path / "two",
        TZ="Asia/Tokyo", LANG="C",
    )  # fmt: skip
    one, two = contents(tmp_path / "one"), contents(tmp_path / "two")
    assert set(one) == {f"mod_minitwit-{version}.tar.gz", f"mod_minitwit-{version}.spdx.json", "NOTES.md", "SHA256SUMS"}
    for name, content in one.items():
        assert content == two[name], name
    run("sha256sum", "-c", "--strict", "SHA256SUMS", folder=tmp_path / "one")
    assert one["NOTES.md"].startswith(b"- ")
    assert json.loads(one[f"mod_minitwit-{version}.spdx.json"])["creationInfo"]["created"] == "2020-02-02T02:02:02Z"
    with tarfile.open(tmp_path / "one" / f"mod_minitwit-{version}.tar.gz") as tarball:
        members = tarball.getmembers()
        revision = tarball.extractfile(f"mod_minitwit-{version}/revision").read().decode().strip()
    assert revision == run("git", "rev-parse", "HEAD", folder=clone).strip()
    names = {member.name.partition("/")[2] for member in members}
    assert {"configure", "NOTICE", "LICENSE", "CHANGES", "check", "mod_minitwit/mod_minitwit.c"} <= names
    assert not [name for name in names if name.startswith((".git/", ".build")) or name.endswith((".o", ".pyc"))]
    assert {(member.mtime, member.uid, member.gid, member.uname, member.mode & 0o7022) for member in members} == {
        (1580608922, 0, 0, "", 0)
    }


def test_mistakes_in_a_release_are_refused(clone, tmp_path):
    release = clone / "scripts" / "release"
    said = run(release, "--tag", "v9.9.9", expect=1)
    assert "the tag is v9.9.9" in said
    (clone / "NEWS").write_text("changed\n")
    said = run(release, "--build", installation.BUILD, "--output", tmp_path / "out", expect=1)
    assert "there are uncommitted changes" in said and "NEWS" in said
    (clone / "NEWS").unlink()
    changes = clone / "CHANGES"
    text = changes.read_text()
    changes.write_text(re.sub(r"^[0-9].*$", "9.9.9", text, count=1, flags=re.M))
    commit(clone)
    said = run(release, "--output", tmp_path / "out", expect=1)
    assert "the top of CHANGES has 9.9.9" in said
    said = run(release, "--check", expect=1)
    assert "the top of CHANGES has 9.9.9" in said
    changes.write_text(text)
    (clone / "debian").mkdir(exist_ok=True)
    (clone / "debian" / "changelog").write_text("mod-minitwit (9.9.9-1) unstable; urgency=medium\n")
    commit(clone)
    said = run(release, "--check", expect=1)
    assert "debian/changelog has 9.9.9-1" in said
    assert not (tmp_path / "out").exists()


def test_the_sbom_is_valid_and_complete():
    text = run(SBOM, installation.BUILD, SOURCE_DATE_EPOCH="1580608922")
    document = json.loads(text)
    # SPDX requires these fields.
    assert (document["spdxVersion"], document["dataLicense"], document["SPDXID"]) == ("SPDX-2.3", "CC0-1.0", "SPDXRef-DOCUMENT")
    assert re.fullmatch(r"urn:uuid:[0-9a-f-]{36}", document["documentNamespace"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", document["creationInfo"]["created"])
    assert all(re.match(r"(Tool|Person|Organization): \S", creator) for creator in document["creationInfo"]["creators"])
    ids = [package["SPDXID"] for package in document["packages"]]
    assert len(ids) == len(set(ids)) and all(re.fullmatch(r"SPDXRef-[A-Za-z0-9.-]+", name) for name in ids)
    for package in document["packages"]:
        assert package["name"] and package["versionInfo"] and package["filesAnalyzed"] is False
        assert {"downloadLocation", "licenseConcluded", "licenseDeclared", "copyrightText"} <= set(package)
        for reference in package.get("externalRefs", []):
            assert reference["referenceCategory"] == "PACKAGE-MANAGER"
            assert re.fullmatch(r"pkg:deb/\w+/[a-z0-9.+-]+@[^@?+:]+\?arch=\w+(&distro=\w+)?", reference["referenceLocator"])
    relations = {(r["spdxElementId"], r["relationshipType"], r["relatedSpdxElement"]) for r in document["relationships"]}
    assert len(relations) == len(document["relationships"])
    for one, kind, other in relations:
        assert kind in ("DESCRIBES", "DYNAMIC_LINK", "RUNTIME_DEPENDENCY_OF")
        assert {one, other} <= {"SPDXRef-DOCUMENT", *ids}
    assert {"SPDXRef-Program-mod-minitwit", "SPDXRef-Program-minitwitctl"} == {
        other for one, kind, other in relations if kind == "DESCRIBES"
    }
    # The libraries of the module are included. From Debian 13 on, the names of some packages end in t64.
    packages = {package["SPDXID"]: package for package in document["packages"]}
    linked = {packages[other]["name"].removesuffix("t64") for _, kind, other in relations if kind == "DYNAMIC_LINK"}
    assert LINKED <= linked
    for package in document["packages"]:
        if package["name"].removesuffix("t64") in linked:
            assert package["licenseConcluded"] != "NOASSERTION", package["name"]


def test_an_sbom_without_a_build(tmp_path):
    assert "does not exist" in run(SBOM, tmp_path, expect=1)
