# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""The hook that looks at each commit, for who has it."""

from support import installation, programs


def test_the_hook_of_commits(tmp_path):
    """.githooks/pre-commit sees what is staged, whatever lies in the folder."""

    def git(*arguments):
        return programs.run("git", "-C", tmp_path, "-c", "user.name=Nobody", "-c", "user.email=nobody@localhost", *arguments)

    git("init", "-q")
    git("config", "core.hooksPath", installation.SOURCE / ".githooks")
    for name in (".clang-format", ".yamllint.yaml"):
        (tmp_path / name).write_text((installation.SOURCE / name).read_text())
    files = {
        "good.c": ("int a;\n", "int   a;\n"), "script": ("#!/bin/sh\necho a\n", "#!/bin/sh\necho $1\n"),
        "a b.yml": ("a: 1\n", "a:  1\n"),
    }  # fmt: skip
    for name, (good, _) in files.items():
        (tmp_path / name).write_text(good)
    git("add", "-A")
    code, said = git("commit", "-q", "-m", "good")
    assert code == 0, said
    for name, (good, bad) in files.items():
        (tmp_path / name).write_text(bad)
        git("add", "-A")
        (tmp_path / name).write_text(good)
        code, said = git("commit", "-q", "-m", "bad")
        assert code != 0 and name in said, said
        git("add", "-A")
    assert git("log", "--oneline")[1].count("\n") == 1
