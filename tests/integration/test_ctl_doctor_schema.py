# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""The checks of minitwitctl doctor that concern the schema: its version, its indexes, and rows written as a trial."""

import itertools

from support import installation
from support.database import SiteDatabase
from support.doctor import bad, doctor, repair

_numbers = itertools.count(1)


def test_every_missing_index(sound_database):
    """The remedy creates the same indexes as the migrations."""
    indexes = "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1"
    before = sound_database.sql(indexes)
    for name, constraint in sound_database.sql(
        "SELECT c.relname, k.conname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid"
        " LEFT JOIN pg_constraint k ON k.conindid = c.oid AND k.contype IN ('p', 'u')"
        " WHERE c.relnamespace = 'public'::regnamespace"
    ):
        if constraint:
            table = sound_database.value("SELECT tablename FROM pg_indexes WHERE indexname = %s", name)
            sound_database.sql(f"ALTER TABLE {table} DROP CONSTRAINT {constraint} CASCADE")
        else:
            sound_database.sql(f"DROP INDEX {name}")
    assert sound_database.sql(indexes) == []
    repair(sound_database, doctor(sound_database)["missing indexes"])
    assert sound_database.sql(indexes) == before


def test_schema_too_old(sound_database):
    sound_database.sql("DELETE FROM schema_version WHERE version > 3")
    found = doctor(sound_database)
    assert bad(found) == {"schema": "problem"}
    assert "minitwitctl migrate" in found["schema"]["remedy"]


def test_schema_too_new(sound_database):
    sound_database.sql("INSERT INTO schema_version (version, name) VALUES (999, 'later')")
    assert bad(doctor(sound_database)) == {"schema": "problem"}
    sound_database.sql("UPDATE schema_version SET works_with = 5 WHERE version = 999")
    found = doctor(sound_database)
    assert bad(found) == {}
    assert found["contents"]["level"] == "unknown"


def test_no_schema_in_another_encoding(sound):
    database = SiteDatabase(sound, f"doctor{next(_numbers)}")
    sound.psql_file(installation.ROLES)
    sound.psql(
        f"CREATE DATABASE \"{database.name}\" OWNER minitwit_owner ENCODING 'SQL_ASCII' LOCALE 'C' TEMPLATE template0"
    )
    found = doctor(database)
    assert "no schema" in found["schema"]["text"]
    assert found["encoding"]["level"] == "problem"
    assert "SQL_ASCII" in found["encoding"]["text"]


def test_a_row_that_cannot_be_written(sound_database):
    """doctor writes a row to each table. It stores none, and does not wait for locks."""
    assert doctor(sound_database)["trial"]["level"] == "ok"
    with sound_database.locked():
        assert doctor(sound_database)["trial"]["level"] == "unknown"
    sound_database.sql("CREATE FUNCTION broken() RETURNS trigger LANGUAGE c AS '$libdir/plpgsql', 'plpgsql_call_handler'")
    sound_database.sql("ALTER FUNCTION broken OWNER TO minitwit_owner")
    sound_database.sql("UPDATE pg_proc SET probin = '/nowhere/library' WHERE proname = 'broken'")
    for table in ("users", "messages", "followers", "sessions"):
        sound_database.sql(f"CREATE TRIGGER broken BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION broken()")
        for dsn in (sound_database.connection_string, sound_database.owner_connection_string):
            with sound_database.unchanged():
                found = doctor(sound_database, dsn=dsn)
            assert bad(found) == {"trial": "problem"}
            assert 'SQLSTATE 58P01: could not access file "/nowhere/library"' in found["trial"]["text"]
            assert "Restart PostgreSQL" in found["trial"]["remedy"]
        sound_database.sql(f"DROP TRIGGER broken ON {table}")
    sound_database.sql("DROP FUNCTION broken")
    assert bad(doctor(sound_database)) == {}
