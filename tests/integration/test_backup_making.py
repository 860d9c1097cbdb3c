# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""minitwitctl backup: files that it adds and deletes, and failures that leave nothing behind."""

import os
import shutil
import subprocess
import time

import pytest

from support import installation
from support.backups import back_up, find_dump, needs_pg_dump, verify
from support.standby import Standby

pytestmark = needs_pg_dump


def _superuser(database):
    return database.cluster.connection_string(database.name, "postgres")


def _make(folder, *names):
    """Empty files in the place of backups and their manifests."""
    for name in names:
        for ending in (".dump", ".json"):
            (folder / (name + ending)).touch()


def test_the_newest_backups_stay(site_database, folder):
    """Files of an interrupted backup are deleted with an older backup. All other files stay."""
    _make(folder, "minitwit-20200101T000000Z", "minitwit-20200102T235959Z", "minitwit-20200104T000000Z", "minitwit-20200106T000000Z")
    for name in ("minitwit-20200102T000000Z.dump.partial", "minitwit-20200102T000000Z.json"):
        (folder / name).touch()
    others = {"minitwit-20200101T000000Z.dump.gpg", "minitwit-2020.dump", "notes", "minitwit-20200101T00000xZ.dump"}
    others.add("minitwit-20200105T000000Z.dump.partial")
    for name in others:
        (folder / name).touch()
    done = back_up(site_database, folder, "--keep", "3")
    assert done.returncode == 0, done.stdout
    assert done.stdout.count("deleted ") == 6
    stay = others | {f"minitwit-{time}.{ending}" for time in ("20200104T000000Z", "20200106T000000Z") for ending in ("dump", "json")}
    left = set(os.listdir(folder))
    assert left > stay and len(left) == len(stay) + 2


def test_fewer_backups_than_are_kept(site_database, folder):
    _make(folder, "minitwit-20200101T000000Z", "minitwit-20200102T000000Z")
    (folder / "minitwit-20191231T000000Z.dump.partial").touch()
    done = back_up(site_database, folder, "--keep", "3")
    assert done.returncode == 0 and "deleted " not in done.stdout, done.stdout
    assert len(os.listdir(folder)) == 7


def test_a_backup_that_cannot_be_deleted(site_database, folder):
    """The message names it, and the others are deleted."""
    _make(folder, "minitwit-20200101T000000Z")
    (folder / "minitwit-20200102T000000Z.dump").mkdir()
    done = back_up(site_database, folder, "--keep", "1")
    assert done.returncode == 1
    assert f'could not delete "{folder}/minitwit-20200102T000000Z.dump": ' in done.stdout
    assert done.stdout.count("deleted ") == 2
    assert site_database.count("backup") == 1


def _back_up_at(offset, database, folder):
    """Makes a backup while this machine's clock is wrong by that offset."""
    if installation.SANITIZE:
        pytest.skip("libfaketime wants to be loaded first, as AddressSanitizer does")
    return subprocess.run(
        ["faketime", "-f", offset, installation.CTL, "--dsn", database.owner_connection_string, "backup", "--dir", folder, "--keep", "2"],
        env=os.environ | {"NO_FAKE_STAT": "1"}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
    )  # fmt: skip


@pytest.mark.smoke
@pytest.mark.parametrize("offset", ["+800d", "-800d"])
def test_a_wrong_clock(site_database, folder, offset):
    """The new backup stays, and the site records the time of the database's server."""
    before = [time.strftime("minitwit-%Y%m%dT%H%M%SZ", time.gmtime(time.time() - days * 86400)) for days in (0.5, 2)]
    _make(folder, *before)
    done = _back_up_at(offset, site_database, folder)
    assert done.returncode == 0, done.stdout
    left = set(os.listdir(folder))
    assert len(left) == 4 and left > {before[0] + ".dump", before[0] + ".json"}
    assert 0 <= _age(site_database) < 3600


def _age(database):
    """Seconds since the last backup, as in the metrics."""
    return database.value("SELECT extract(epoch FROM now() - succeeded_at)::float FROM backup")


def test_a_backup_replaces_a_time_in_the_future(site_database, folder):
    site_database.sql("INSERT INTO backup (succeeded_at) VALUES (now() + interval '2 years')")
    assert back_up(site_database, folder).returncode == 0
    assert 0 <= _age(site_database) < 3600


def test_the_backup_that_began_last_counts(site_database, folder, tmp_path, monkeypatch):
    """Another backup begins and ends while this one runs. The site keeps its time."""
    insert = "insert into backup values (true, clock_timestamp()) returning succeeded_at"
    noted = tmp_path / "noted"
    other = f"psql -qAt -d \"{_superuser(site_database)}\" -c '{insert}' >{noted}"
    _stand_in(tmp_path, monkeypatch, f'{other}\nexec {shutil.which("pg_dump")} "$@"')
    assert back_up(site_database, folder).returncode == 0
    assert site_database.value("SELECT succeeded_at = %s::timestamptz FROM backup", noted.read_text())


def test_a_backup_never_replaces_another_file(site_database, folder):
    for seconds in range(60):
        name = time.strftime("minitwit-%Y%m%dT%H%M%SZ", time.gmtime(time.time() + seconds))
        for ending in (".dump", ".json"):
            (folder / (name + ending)).write_text("kept")
    before = sorted(os.listdir(folder))
    done = back_up(site_database, folder)
    assert done.returncode == 1
    assert "already exists" in done.stdout
    assert sorted(os.listdir(folder)) == before
    assert {file.read_text() for file in folder.iterdir()} == {"kept"}


def test_a_command_that_fails(site_database):
    # More than the pipe can hold.
    site_database.sql("INSERT INTO messages (author_id, text) SELECT 1, string_agg(md5(n::text), '') FROM generate_series(1, 50000) n")
    for command in ("false", "cat >/dev/null; exit 3", "head -c 10 >/dev/null", "no-such-program"):
        done = site_database.ctl("backup", "--pipe", command)
        assert done.returncode == 1
        assert site_database.count("backup") == 0


def test_a_missing_folder_and_a_role_that_may_not_read_everything(site_database, folder, tmp_path):
    done = back_up(site_database, tmp_path / "nowhere")
    assert done.returncode == 1 and "could not create" in done.stdout
    done = site_database.ctl("backup", "--dir", str(folder), dsn=site_database.connection_string)
    assert done.returncode == 1
    assert "42501" in done.stdout and "minitwit_owner" in done.stdout
    assert os.listdir(folder) == []
    assert site_database.count("backup") == 0


def test_the_audit_has_a_row_before_the_dump(site_database, folder, tmp_path, monkeypatch):
    """The row stays even if the backup fails."""
    assert back_up(site_database, folder).returncode == 0
    name = find_dump(folder).name
    assert site_database.audit() == [("backup", "", {"name": name})]
    assert site_database.ctl("backup", "--pipe", "exit 3").returncode == 1
    assert len(site_database.audit()) == 2


def _assert_backed_up_without_rows(database, folder, dsn):
    with database.unchanged():
        done = database.ctl("backup", "--dir", str(folder), "--keep", "1", dsn=dsn)
    assert done.returncode == 0, done.stdout
    assert "warning: the audit has no row about this command: " in done.stdout
    assert "warning: the backup was made, but not recorded for the metrics: " in done.stdout
    assert verify(database, find_dump(folder)).returncode == 0


def test_a_backup_by_a_role_that_cannot_write(site_database, folder):
    """A missing row must not prevent a backup. The older backups are deleted as usual."""
    _make(folder, "minitwit-20251120T030000Z")
    site_database.cluster.psql("CREATE ROLE reader LOGIN IN ROLE pg_read_all_data, pg_monitor")
    try:
        dsn = site_database.cluster.connection_string(site_database.name, "reader")
        _assert_backed_up_without_rows(site_database, folder, dsn)
    finally:
        site_database.cluster.psql("DROP ROLE reader")


def test_a_backup_of_a_standby(site_database, folder):
    standby = Standby(site_database.cluster)
    try:
        standby.start()
        dsn = standby.connection_string(site_database.name, "minitwit_owner")
        _assert_backed_up_without_rows(site_database, folder, dsn)
    finally:
        standby.destroy()


def _stand_in(tmp_path, monkeypatch, script):
    """Puts a shell script into PATH in place of pg_dump."""
    program = tmp_path / "bin" / "pg_dump"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")


def test_pg_dump_fails_or_is_missing(site_database, folder, tmp_path, monkeypatch):
    _stand_in(tmp_path, monkeypatch, "echo half; exit 3")
    done = back_up(site_database, folder)
    assert done.returncode == 1
    assert '"pg_dump" exited with code 3' in done.stdout
    monkeypatch.setenv("PATH", str(folder))
    done = back_up(site_database, folder)
    assert done.returncode == 1
    assert 'could not run "pg_dump"' in done.stdout and "PATH" in done.stdout
    assert os.listdir(folder) == []
    assert site_database.count("backup") == 0


def test_ids_that_are_taken_during_a_backup(site_database, folder, tmp_path, monkeypatch):
    """Sequences are not part of a snapshot. Others take ids before and after pg_dump reads the sequence."""
    take = f"psql -qAt -d \"{_superuser(site_database)}\" -c \"select nextval('messages_id_seq')\" >/dev/null"
    real = shutil.which("pg_dump")
    _stand_in(tmp_path, monkeypatch, f'{take}\n{real} "$@" || exit\n{take}')
    done = back_up(site_database, folder)
    assert done.returncode == 0, done.stdout
    assert site_database.value("SELECT last_value FROM messages_id_seq") == 302
    verified = verify(site_database, find_dump(folder))
    assert verified.returncode == 0, verified.stdout


def test_the_simulator_goes_back_during_a_backup(site_database, folder, tmp_path, monkeypatch):
    """A client of the API may set a smaller number than before."""
    set_back = f"psql -qAt -d \"{_superuser(site_database)}\" -c \"select setval('simulator_latest', -7)\" >/dev/null"
    _stand_in(tmp_path, monkeypatch, f'{set_back}\nexec {shutil.which("pg_dump")} "$@"')
    done = back_up(site_database, folder)
    assert done.returncode == 0, done.stdout
    assert site_database.latest() == -7
    verified = verify(site_database, find_dump(folder))
    assert verified.returncode == 0, verified.stdout


def test_a_password_is_on_no_command_line(site_database, folder, tmp_path, monkeypatch):
    """Every user of the machine can read the arguments of pg_dump."""
    seen = tmp_path / "seen"
    _stand_in(tmp_path, monkeypatch, f'echo "$@" >{seen}\necho "$PGPASSWORD" >>{seen}\nexit 1')
    dsn = f"{site_database.owner_connection_string} password='se\\'cret word'"
    assert site_database.ctl("backup", "--dir", str(folder), dsn=dsn).returncode == 1
    command, password = seen.read_text().splitlines()
    assert "cret" not in command and password == "se'cret word"
    assert f"dbname='{site_database.name}'" in command
