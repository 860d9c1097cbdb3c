# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""The documented command replaces a lost database by a restored one."""

import os
import re
import subprocess

from support import installation

PAGES = ("docs/operations.md", "docs/containers.md", "docs/man/minitwitctl-restore.1")
BEFORE = ["minitwit", "minitwit_restored"]
AFTER = ["minitwit", "minitwit_lost"]


def command(page):
    """The arguments of psql on this page, except the one of the connection."""
    text = (installation.SOURCE / page).read_text(encoding="utf-8").replace("\\-", "-").replace("\\\\\n", "\\\n")
    (words,) = re.findall(r"psql -[dU] postgres ((?:.*\\\n)+.* rename to minitwit')$", text, re.M)
    return " ".join(words.replace("\\\n", " ").split())


def test_both_databases_are_renamed_or_none(own_cluster):
    (words,) = {command(page) for page in PAGES}

    def swap():
        done = subprocess.run(
            ["sh", "-c", f"exec {installation.postgresql_clients()}/psql -X -d postgres {words}"],
            env=os.environ | {"PGHOST": str(own_cluster.socket_folder), "PGUSER": "postgres"}, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
        )  # fmt: skip
        return done.returncode, done.stdout

    def names():
        return [name for (name,) in own_cluster.psql("SELECT datname FROM pg_database WHERE datname LIKE 'minitwit%' ORDER BY 1")]

    for name in BEFORE:
        own_cluster.psql(f"CREATE DATABASE {name}")
    try:
        # A session uses the database that is renamed second.
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
