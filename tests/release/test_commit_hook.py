# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""The hooks that check each commit."""

import pytest

from support import installation, programs


@pytest.fixture
def git(tmp_path):
    """git in a new repository with the hooks; returns the exit code and the output."""

    def run(*arguments):
        return programs.run("git", "-C", tmp_path, "-c", "user.name=Nobody", "-c", "user.email=nobody@localhost", *arguments)

    run("init", "-q")
    run("config", "core.hooksPath", installation.SOURCE / ".githooks")
    for name in (".clang-format", ".yamllint.yaml"):
        (tmp_path / name).write_text((installation.SOURCE / name).read_text())
    return run


def test_the_linters_check_the_index(git, tmp_path):
    """.githooks/pre-commit checks the staged files and ignores the work tree."""
    files = {
        "good.c": ("int a;\n", "int   a;\n"), "script": ("#!/bin/sh\necho a\n", "#!/bin/sh\necho $1\n"),
        "a b.yml": ("a: 1\n", "a:  1\n"),
    }  # fmt: skip
    for name, (good, _) in files.items():
        (tmp_path / name).write_text(good)
    git("add", "-A")
    code, said = git("commit", "-q", "-m", "Add files")
    assert code == 0, said
    for name, (good, bad) in files.items():
        (tmp_path / name).write_text(bad)
        git("add", "-A")
        (tmp_path / name).write_text(good)
        code, said = git("commit", "-q", "-m", "Spoil a file")
        assert code != 0 and name in said, said
        git("add", "-A")
    assert git("log", "--oneline")[1].count("\n") == 1


@pytest.mark.parametrize(
    ("message", "complaint"),
    [
        ("Add a file\n\nBecause.", None),
        ("x" * 72, "capital letter"),
        ("A" * 72, None),
        ("A" * 73, "73 characters"),
        ("Add a file.", "full stop"),
        ("Add a file\nbecause", "second line"),
        ('Revert "add a file."', None),
        ("fixup! add a file.", None),
    ],
)
def test_the_form_of_the_message(git, message, complaint):
    """.githooks/commit-msg refuses a subject that CONTRIBUTING.md does not allow."""
    code, said = git("commit", "-q", "--allow-empty", "-m", message)
    assert (code == 0) == (complaint is None), said
    assert complaint is None or complaint in said
