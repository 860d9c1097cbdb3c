# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""scripts/push-image and scripts/publish-release publish each version once. Stubs replace docker and gh, and record
their arguments."""

import hashlib
import os
import shutil
import subprocess

import pytest

from support import installation

NEEDED = ("configure.ac", "CHANGES", "debian/changelog", "scripts/lib.sh", "scripts/release", "scripts/image", "scripts/push-image",
          "scripts/publish-release", "scripts/ci")  # fmt: skip
STUB = """#!/bin/bash
printf '%s %s\\n' "${0##*/}" "$*" >>"$FAKE/done"
if [ "$1 $2" = "manifest inspect" ]; then
    cat "$FAKE/registry" >&2
    exit "$(cat "$FAKE/status")"
fi
"""


@pytest.fixture
def sources(tmp_path):
    """Runs a script in a copy of the sources. Returns the exit status, the output, and the commands of docker and
    gh."""
    folder = tmp_path / "sources"
    for name in NEEDED:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(installation.SOURCE / name, folder / name)
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("docker", "gh"):
        (programs / name).write_text(STUB)
        (programs / name).chmod(0o755)
    done = tmp_path / "done"

    def run(name, *arguments, **environment):
        done.write_text("")
        found = subprocess.run(
            [folder / "scripts" / name, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            env=os.environ | {"PATH": f"{programs}:{os.environ['PATH']}", "FAKE": str(tmp_path)} | environment, text=True, check=False,
        )  # fmt: skip
        return found.returncode, found.stdout, done.read_text().splitlines()

    run.folder, run.fake = folder, tmp_path
    run.version = run("release", "--version")[1].strip()
    return run


def registry(sources, status, said):
    (sources.fake / "status").write_text(str(status))
    (sources.fake / "registry").write_text(said)


def test_an_image_is_pushed_once(sources):
    name = f"ghcr.io/somebody/minitwit:{sources.version}"
    registry(sources, 1, "manifest unknown\n")
    code, said, told = sources("push-image", "--tag", f"v{sources.version}", "ghcr.io/somebody/minitwit")
    assert code == 0, said
    assert told[0] == f"docker manifest inspect {name}" and told[-1] == f"docker push {name}"
    assert told[1].startswith("docker build --pull ") and f"--tag {name} " in told[1] and f"VERSION={sources.version}" in told[1]


@pytest.mark.parametrize(
    ("status", "answer", "message"),
    [
        (0, "", "already exists"),
        # The image may exist.
        (1, "Get https://ghcr.io/v2/: net/http: TLS handshake timeout\n", "TLS handshake timeout"),
        (1, "unauthorized: authentication required\n", "could not find out whether"),
        (1, "", "could not find out whether"),
    ],
)
def test_an_image_that_may_exist_is_not_replaced(sources, status, answer, message):
    registry(sources, status, answer)
    code, text, told = sources("push-image", "ghcr.io/somebody/minitwit")
    assert code == 1 and message in text
    assert [line.split()[1] for line in told] == ["manifest"]


def test_a_wrong_tag_of_an_image_is_refused(sources):
    code, said, told = sources("push-image", "--tag", "v9.9.9", "ghcr.io/somebody/minitwit")
    assert (code, told) == (1, []) and "the tag is v9.9.9" in said


def test_the_image_for_the_scan_is_built(sources):
    output = sources.fake / "output"
    code, said, told = sources("ci", "image", GITHUB_OUTPUT=str(output))
    assert code == 0 and len(told) == 1, said
    assert output.read_text() == f"image=minitwit:{sources.version}\n"
    assert f"--tag minitwit:{sources.version} " in told[0]


@pytest.fixture
def release(sources):
    """The folder with the files of a release."""
    folder = sources.folder / ".build" / "release"
    folder.mkdir(parents=True)
    (folder / "NOTES.md").write_text("- New.\n")
    (folder / f"mod_minitwit-{sources.version}.tar.gz").write_text("all of it\n")
    (folder / "SHA256SUMS").write_text(
        "".join(f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}\n" for file in sorted(folder.iterdir()))
    )
    return folder


def test_a_release_is_published(sources, release):
    tag = f"v{sources.version}"
    code, said, told = sources("publish-release", tag, GITHUB_REPOSITORY="somebody/minitwit")
    assert code == 0, said
    assert told == [
        f"gh release create {tag} --repo somebody/minitwit --verify-tag --title {tag} --notes-file NOTES.md -- "
        f"NOTES.md SHA256SUMS mod_minitwit-{sources.version}.tar.gz"
    ]
    assert release.is_dir()


@pytest.mark.parametrize("fault", ["tag", "changed", "more", "less", "nothing"])
def test_a_faulty_release_is_not_published(sources, release, fault):
    tag = f"v{sources.version}"
    if fault == "tag":
        tag = "v9.9.9"
    elif fault == "changed":
        (release / "NOTES.md").write_text("- Other.\n")
    elif fault == "more":
        (release / "more.deb").write_text("")
    elif fault == "less":
        (release / "NOTES.md").unlink()
    else:
        shutil.rmtree(release)
    code, said, told = sources("publish-release", tag)
    assert code == 1 and told == [], said
