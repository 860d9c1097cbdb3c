# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""The checks of minitwitctl doctor that concern backups: their age, and the folder that holds them."""

import os

from support.backups import needs_pg_dump
from support.doctor import bad, doctor


@needs_pg_dump
def test_backup(sound_database, tmp_path):
    for age in ("27 hours", "-2 years"):
        sound_database.sql("UPDATE backup SET succeeded_at = now() - %s::interval", age)
        assert bad(doctor(sound_database)) == {"backup": "problem"}
    assert "in the future" in doctor(sound_database)["backup"]["text"]
    sound_database.sql("DELETE FROM backup")
    assert bad(doctor(sound_database)) == {"backup": "warning"}
    sound_database.sql("UPDATE schema_version SET applied_at = now() - interval '2 days'")
    assert bad(doctor(sound_database)) == {"backup": "problem"}
    assert sound_database.ctl("backup", "--dir", str(tmp_path)).returncode == 0
    assert bad(doctor(sound_database)) == {}


@needs_pg_dump
def test_backup_folder(sound_database, tmp_path):
    def levels(folder):
        found = doctor(sound_database, "--backups", str(folder))
        return {check: level for check, level in bad(found).items() if check != "backup disk"}

    assert levels(tmp_path / "none") == {"backup folder": "problem"}
    assert levels(tmp_path) == {"backup folder": "warning"}
    assert sound_database.ctl("backup", "--dir", str(tmp_path)).returncode == 0
    assert levels(tmp_path) == {}
    (dump,) = tmp_path.glob("*.dump")
    assert dump.name in doctor(sound_database, "--backups", str(tmp_path))["backup folder"]["text"]
    past = dump.stat().st_mtime - 27 * 3600
    os.utime(dump, (past, past))
    assert levels(tmp_path) == {"backup folder": "warning"}
    future = past + 54 * 3600
    os.utime(dump, (future, future))
    assert levels(tmp_path) == {"backup folder": "warning"}
    assert "in the future" in doctor(sound_database, "--backups", str(tmp_path))["backup folder"]["text"]
    os.utime(dump)
    # A sparse file, larger than any disk.
    os.truncate(dump, 2**42)
    assert levels(tmp_path) == {"backup folder": "problem"}
