# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""The checks of minitwitctl doctor that concern the server: its connections, its settings and its clock."""

import itertools
import json
import os
import subprocess

import pytest

from support import installation
from support.database import SiteDatabase
from support.doctor import bad, doctor, repair, site_role

_numbers = itertools.count(1)


def test_pools(sound_database):
    """The cluster has 80 connections, 3 of which are reserved for superusers."""
    for children, dbdmax, level in [(4, 8, "ok"), (4, 16, "warning"), (10, 16, "problem"), (1000000, 1000000, "problem")]:
        found = doctor(sound_database, "--children", str(children), "--dbdmax", str(dbdmax))
        assert found["connections"]["level"] == level
        assert f"may open {children * dbdmax}" in found["connections"]["text"]
    with site_role(sound_database, "ALTER ROLE minitwit_site CONNECTION LIMIT 10", undo="ALTER ROLE minitwit_site CONNECTION LIMIT -1"):
        assert doctor(sound_database, "--children", "4", "--dbdmax", "5")["connections"]["level"] == "problem"


def test_read_only(sound_database):
    sound_database.sql(f'ALTER DATABASE "{sound_database.name}" SET default_transaction_read_only = on')
    assert bad(doctor(sound_database)) == {"writes": "problem"}


def test_durability(sound_database, cluster):
    sound_database.sql(f'ALTER DATABASE "{sound_database.name}" SET synchronous_commit = off')
    found = doctor(sound_database)
    assert bad(found) == {"durability": "problem"}
    assert "synchronous_commit = off" in found["durability"]["text"]
    other = SiteDatabase.create(cluster, f"doctor{next(_numbers)}")
    assert "fsync = off" in doctor(other)["durability"]["text"]


def test_autovacuum(sound_database):
    sound_database.sql("ALTER SYSTEM SET autovacuum = off")
    sound_database.sql("SELECT pg_reload_conf()")
    _wait_for_autovacuum(sound_database, "off")
    found = doctor(sound_database)
    assert bad(found) == {"autovacuum": "problem"}
    repair(sound_database, found["autovacuum"])
    _wait_for_autovacuum(sound_database, "on")
    assert bad(doctor(sound_database)) == {}


def _wait_for_autovacuum(database, setting):
    installation.wait_until(lambda: database.value("SHOW autovacuum") == setting, "the setting")


@pytest.mark.skipif(installation.SANITIZE, reason="libfaketime and AddressSanitizer both need to be loaded first")
def test_clock(sound_database):
    for offset, level in (("-1h", "problem"), ("+1h", "problem"), ("+1s", "ok")):
        result = subprocess.run(
            ["faketime", "-f", offset, installation.CTL, "--dsn", sound_database.owner_connection_string, "doctor", "--json"],
            env=os.environ | {"TZ": "Pacific/Kiritimati"}, capture_output=True, text=True, check=False,
        )  # fmt: skip
        (found,) = [finding for finding in json.loads(result.stdout)["findings"] if finding["check"] == "clock"]
        assert found["level"] == level
        assert result.returncode == (1 if level == "problem" else 0)
