# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""The checks of minitwitctl doctor that concern roles: their powers, their memberships and their settings."""

from support import installation
from support.database import SiteDatabase
from support.doctor import CAN_MAINTAIN, bad, doctor, repair, site_role


def test_powers(sound_database):
    for power in ("SUPERUSER", "CREATEDB", "CREATEROLE", "REPLICATION", "BYPASSRLS"):
        with site_role(sound_database, f"ALTER ROLE minitwit_site {power}", undo=f"ALTER ROLE minitwit_site NO{power}"):
            found = doctor(sound_database)
            assert found["powers"]["level"] == "problem"
            repair(sound_database, found["powers"])
            assert bad(doctor(sound_database)) == {}


def test_memberships(sound_database):
    for group in ["minitwit_owner", "pg_read_all_data"] + ["pg_maintain"] * CAN_MAINTAIN:
        with site_role(sound_database, f"GRANT {group} TO minitwit_site", undo=f"REVOKE {group} FROM minitwit_site"):
            found = doctor(sound_database)
            assert f"is a member of {group}" in found["powers"]["text"]
            repair(sound_database, found["powers"])
            assert bad(doctor(sound_database)) == {}


def test_a_member_of_the_site(sound_database):
    """It has the role's rights, but not its settings."""
    sound_database.sql("CREATE ROLE node1 LOGIN IN ROLE minitwit_site")
    try:
        dsn = sound_database.cluster.connection_string(sound_database.name, "node1")
        found = doctor(sound_database, dsn=dsn)
        assert bad(found) == {"settings": "warning"}
        repair(sound_database, found["settings"])
        assert bad(doctor(sound_database, dsn=dsn)) == {}
    finally:
        sound_database.sql("DROP ROLE node1")


def test_a_stranger(sound_database):
    sound_database.sql("CREATE ROLE stranger LOGIN IN ROLE pg_monitor")
    try:
        found = doctor(sound_database, dsn=sound_database.cluster.connection_string(sound_database.name, "stranger"))
        assert found["schema"]["level"] == "problem"
        assert "permission denied" in found["schema"]["text"]
    finally:
        sound_database.sql("DROP ROLE stranger")


def test_roles_missing(sound):
    sound.psql_file(installation.ROLES)
    sound.psql("ALTER ROLE minitwit_site RENAME TO other_site")
    try:
        database = SiteDatabase(sound, "postgres")
        found = doctor(database, dsn=sound.connection_string("postgres", "postgres"))
        assert found["roles"]["level"] == "problem"
        assert "roles.sql" in found["roles"]["remedy"]
    finally:
        sound.psql("ALTER ROLE other_site RENAME TO minitwit_site")


def test_the_search_path_does_not_matter(sound_database):
    with site_role(sound_database, "ALTER ROLE minitwit_site SET search_path = ''", undo="ALTER ROLE minitwit_site RESET search_path"):
        assert bad(doctor(sound_database, dsn=sound_database.connection_string)) == {}
