# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""The database of ./run, whose first start is cut short. scripts/try-run tries the rest in a bare system."""

import os
import pathlib
import shutil
import signal
import subprocess
import tempfile

import pytest

from support import installation, programs

# What ./run does with the database, once it has the lock, which descriptor 8 is.
START = """
set -euo pipefail
for part in lib postgresql httpd; do . "$1/scripts/$part.sh"; done
dir=$2 build=$3 stand_in=${4:-}
mkdir -p "$dir/logs"
exec 8>"$dir/lock"
flock 8
[ -z "$stand_in" ] || database_programs() { printf '%s\\n' "$stand_in"; }
database_start
database_query postgres 'show cluster_name'
database_stop
"""


@pytest.fixture
def folder():
    """One that the account of the database can enter."""
    made = pathlib.Path(tempfile.mkdtemp(prefix="mt-run-", dir="/tmp"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


def command(folder, *arguments):
    return ["bash", "-c", START, "run", installation.SOURCE, folder / "site", installation.BUILD, *arguments]


def serves(folder):
    code, said = programs.run(*command(folder))
    assert code == 0 and said.endswith("minitwit\n"), said
    assert sorted(path.name for path in (folder / "site" / "postgresql").iterdir()) == [
        "data", "pg_hba.conf", "pg_ident.conf", "postgresql.conf", "socket"
    ]  # fmt: skip


@pytest.mark.parametrize(
    "when", ['echo 15 >"$2/PG_VERSION"', f'{installation.postgresql_clients()}/initdb "$@"'], ids=["within", "after"]
)
def test_initdb_is_cut_short(folder, when):
    """By whatever leaves ./run no time for a last word."""
    initdb = folder / "initdb"
    initdb.write_text(f'#!/bin/bash\nset -e\n{when}\necho "process $$"\nexec sleep 600\n')
    initdb.chmod(0o755)
    log, lock = folder / "site" / "logs" / "initdb.log", folder / "site" / "lock"
    first = subprocess.Popen(command(folder, folder), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    try:
        installation.wait_until(lambda: log.exists() and "\nprocess " in f"\n{log.read_text()}", "initdb to have written something")
    finally:
        first.kill()
        first.wait()
    # initdb goes on, and nobody gets in its way.
    taken = programs.run("flock", "--nonblock", lock, "true")[0] == 1
    os.kill(int(log.read_text().rsplit("process ", 1)[1]), signal.SIGTERM)
    assert taken
    serves(folder)
    # From then on it is only started.
    serves(folder)


def test_the_disk_is_full(folder):
    rules = folder / "site" / "postgresql" / "pg_hba.conf"
    rules.parent.mkdir(parents=True)
    rules.symlink_to("/dev/full")
    code, said = programs.run(*command(folder))
    assert code == 1 and "No space left on device" in said
    rules.unlink()
    serves(folder)
