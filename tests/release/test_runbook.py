# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""What docs and man page say of putting a restored database in the place of the lost one."""

import os
import re
import subprocess

import pytest

from support import installation

PAGES = ("docs/operations.md", "docs/containers.md", "docs/man/minitwitctl-restore.1")
BEFORE = ["minitwit", "minitwit_restored"]
AFTER = ["minitwit", "minitwit_lost"]


def command(page):
    """The words behind psql."""
    text = (installation.SOURCE / page).read_text(encoding="utf-8").replace("\\-", "-").replace("\\\\\n", "\\\n")
    (words,) = re.findall(r"psql ((?:.*\\\n)+.* rename to minitwit')$", text, re.M)
    return words


@pytest.mark.parametrize("page", PAGES)
def test_both_databases_are_renamed_or_none(own_cluster, page):
    def swap():
        done = subprocess.run(
            ["sh", "-c", f"exec {installation.postgresql_clients()}/psql -X {command(page)}"],
            env=os.environ | {"PGHOST": str(own_cluster.socket_folder), "PGUSER": "postgres"}, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
        )  # fmt: skip
        return done.returncode, done.stdout

    def names():
        return [name for (name,) in own_cluster.psql("SELECT datname FROM pg_database WHERE datname LIKE 'minitwit%' ORDER BY 1")]

    for name in BEFORE:
        own_cluster.psql(f"CREATE DATABASE {name}")
    try:
        # Of the one that comes second.
        session = own_cluster.connect("minitwit_restored")
        code, said = swap()
        assert code != 0 and 'database "minitwit_restored" is being accessed by other users' in said
        assert names() == BEFORE
        session.close()
        code, said = swap()
        assert code == 0, said
        assert names() == AFTER
    finally:
        for name in names():
            own_cluster.psql(f"DROP DATABASE {name} WITH (FORCE)")
