# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""The database of ./run: its place, and a start after an interrupted first start. scripts/try-run tests the rest in a
bare system."""

import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile

import pytest

from support import installation, programs

# Starts the database like ./run. Descriptor 8 holds the lock.
START = """
set -euo pipefail
for part in lib postgresql httpd; do . "$1/scripts/$part.sh"; done
dir=$2 build=$3 stand_in=${4:-}
mkdir -p "$dir/logs"
exec 8>"$dir/lock"
flock 8
[ -z "$stand_in" ] || database_programs() { printf '%s\\n' "$stand_in"; }
cd /
as=()
[ "$(id -u)" -ne 0 ] || as=(runuser -u postgres --)
pg_ctl() { "${as[@]}" "$(database_programs)/pg_ctl" -D "$(database_folder)" "$@"; }
database_start
pg_ctl status
database_query postgres 'show cluster_name'
database_stop
! pg_ctl status
"""


@pytest.fixture
def folder():
    """A folder that the account of the database can enter."""
    made = pathlib.Path(tempfile.mkdtemp(prefix="mt-run-", dir="/tmp"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


def command(folder, *arguments):
    return ["bash", "-c", START, "run", installation.SOURCE, folder / "site", installation.BUILD, *arguments]


def serves(folder, *others):
    """The database starts, and pg_ctl finds it by its folder. Returns the output."""
    code, said = programs.run(*command(folder))
    place = folder / "site" / "postgresql"
    assert code == 0 and said.endswith("minitwit\npg_ctl: no server running\n"), said
    assert "pg_ctl: server is running (PID: " in said and f'"-D" "{place.resolve()}/data"' in said
    assert {path.name for path in place.iterdir()} == {"data", "pg_hba.conf", "pg_ident.conf", "postgresql.conf", "socket", *others}
    return said


@pytest.fixture
def hidden(folder):
    """A folder that only root can enter. Its database is below /var/lib."""
    if not installation.is_root():
        pytest.skip("needs root, because other users run the database as themselves")
    folder.chmod(0o700)
    yield folder
    place = (folder / "site" / "postgresql").resolve()
    if place.parent == pathlib.Path("/var/lib"):
        shutil.rmtree(place)


def test_the_account_of_the_database_cannot_enter_the_folder(hidden):
    said = serves(hidden, "site")
    place = (hidden / "site" / "postgresql").resolve()
    assert re.fullmatch(r"/var/lib/mod_minitwit-run-\w{8}", str(place))
    assert f"The account postgres cannot enter {hidden}/site. So the database is in {place}." in said
    assert (place.owner(), place.stat().st_mode & 0o777) == ("root", 0o755)
    assert (place / "site").read_text() == f"{hidden}/site\n"
    # The next start uses the same database.
    marker = place / "data" / "marker"
    marker.touch()
    assert "cannot enter" not in serves(hidden, "site") and marker.exists()


def test_the_account_of_the_database_can_no_longer_enter_the_folder(hidden):
    """The database moves with its contents."""
    hidden.chmod(0o755)
    serves(hidden)
    marker = hidden / "site" / "postgresql" / "data" / "marker"
    marker.touch()
    hidden.chmod(0o700)
    serves(hidden, "site")
    assert (hidden / "site" / "postgresql").is_symlink() and marker.exists()
    assert sorted(path.name for path in (hidden / "site").iterdir()) == ["lock", "logs", "postgresql"]


def test_a_move_is_interrupted(hidden):
    """The next start finds the database where it was, and moves it again."""
    hidden.chmod(0o755)
    serves(hidden)
    place = hidden / "site" / "postgresql"
    (place / "data" / "marker").touch()
    hidden.chmod(0o700)
    place.rename(hidden / "site" / "postgresql.moved")
    serves(hidden, "site")
    assert place.is_symlink() and (place / "data" / "marker").exists()


@pytest.mark.parametrize(
    "when", ['echo 15 >"$2/PG_VERSION"', f'{installation.postgresql_clients()}/initdb "$@"'], ids=["within", "after"]
)
def test_initdb_is_interrupted(folder, when):
    """./run is killed while initdb runs."""
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
    # initdb continues and still holds the lock.
    taken = programs.run("flock", "--nonblock", lock, "true")[0] == 1
    os.kill(int(log.read_text().rsplit("process ", 1)[1]), signal.SIGTERM)
    assert taken
    serves(folder)
    # The next start uses the same database.
    serves(folder)


def test_the_disk_is_full(folder):
    rules = folder / "site" / "postgresql" / "pg_hba.conf"
    rules.parent.mkdir(parents=True)
    rules.symlink_to("/dev/full")
    code, said = programs.run(*command(folder))
    assert code == 1 and "No space left on device" in said
    rules.unlink()
    serves(folder)
