# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""minitwitctl migrate."""

import concurrent.futures
import contextlib
import itertools
import re
import shutil

import pytest

from support import installation
from support.database import SiteDatabase

_numbers = itertools.count(1)

_MIGRATIONS = sorted(file.name for file in installation.MIGRATIONS.glob("[0-9]*.sql"))
_SCHEMA_VERSION = len(_MIGRATIONS)
_LOCK = 7883954021893368180
_SERVER = installation.server_version()


@pytest.fixture
def migrations(tmp_path):
    """A copy of the migrations, which a test can damage."""
    return shutil.copytree(installation.MIGRATIONS, tmp_path / "sql")


def _migrate(database, folder=installation.MIGRATIONS, **arguments):
    return database.ctl("migrate", "--sql", folder, **arguments)


def _tables(database):
    return [name for (name,) in database.sql("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]


def _refused(database, result, *words):
    """The command failed with these words, and the empty database is still empty."""
    assert result.returncode == 1
    for word in words:
        assert word in result.stdout
    assert _tables(database) == []


def test_a_second_run_has_nothing_to_do(bare_database):
    first = _migrate(bare_database)
    assert first.returncode == 0
    assert "001-initial.sql" in first.stdout
    assert bare_database.sql("SELECT version, name FROM schema_version ORDER BY 1") == list(enumerate(_MIGRATIONS, 1))
    second = _migrate(bare_database)
    assert second.returncode == 0
    assert "nothing to do" in second.stdout
    assert bare_database.count("schema_version") == _SCHEMA_VERSION


def test_everything_belongs_to_the_owner(bare_database):
    result = _migrate(bare_database, dsn=bare_database.cluster.connection_string(bare_database.name, "postgres"))
    assert result.returncode == 0
    owners = bare_database.sql(
        "SELECT DISTINCT pg_get_userbyid(relowner) FROM pg_class WHERE relnamespace = 'public'::regnamespace"
    )
    assert owners == [("minitwit_owner",)]


_RIGHTS_OF_ALL = "SELECT has_database_privilege('public', current_database(), right_) FROM unnest('{connect,temporary}'::text[]) right_"


def test_a_new_database_admits_only_the_site(bare_database, migrations):
    """The first run takes away the rights that every role has, and prints this, even if one of its later files fails.
    Before it has made a table, and in later runs, it leaves the rights as they are."""
    first, last = migrations / _MIGRATIONS[0], migrations / _MIGRATIONS[-1]
    right = {file: file.read_text() for file in (first, last)}
    for file in right:
        file.write_text("SELECT nonsense;")
    failed = _migrate(bare_database, migrations)
    _refused(bare_database, failed, "nonsense")
    assert "may connect" not in failed.stdout
    assert bare_database.sql(_RIGHTS_OF_ALL) == [(True,), (True,)]

    first.write_text(right[first])
    failed = _migrate(bare_database, migrations)
    assert failed.returncode == 1 and "nonsense" in failed.stdout
    assert f'may connect to the database "{bare_database.name}" now\n' in failed.stdout
    assert f"grant connect on database {bare_database.name} to ROLE\n" in failed.stdout
    assert bare_database.sql(_RIGHTS_OF_ALL) == [(False,), (False,)]

    last.write_text(right[last])
    done = _migrate(bare_database, migrations)
    assert done.returncode == 0 and "may connect" not in done.stdout, done.stdout
    assert bare_database.sql(_RIGHTS_OF_ALL) == [(False,), (False,)]


def test_a_complete_first_migration_admits_only_the_site(bare_database):
    done = _migrate(bare_database)
    assert done.returncode == 0, done.stdout
    assert f'may connect to the database "{bare_database.name}" now\n' in done.stdout
    assert bare_database.sql(_RIGHTS_OF_ALL) == [(False,), (False,)]
    bare_database.sql(f'GRANT CONNECT, TEMPORARY ON DATABASE "{bare_database.name}" TO PUBLIC')
    assert "may connect" not in _migrate(bare_database).stdout
    assert bare_database.sql(_RIGHTS_OF_ALL) == [(True,), (True,)]


@pytest.mark.parametrize(
    ("statements", "reason"),
    [
        (["CREATE SCHEMA theirs", "CREATE TABLE theirs.things ()"], "it also contains theirs.things of the role postgres"),
        (["CREATE TABLE public.things ()"], "it also contains public.things of the role postgres"),
        (['ALTER DATABASE "{name}" OWNER TO postgres', "GRANT ALL ON SCHEMA public TO minitwit_owner WITH GRANT OPTION"],
         'the role "postgres" owns it'),
    ],
)  # fmt: skip
def test_a_shared_database_keeps_its_rights(bare_database, statements, reason):
    """Other programs may need the rights that every role has."""
    for statement in statements:
        bare_database.sql(statement.format(name=bare_database.name))
    before = bare_database.sql("SELECT datacl FROM pg_database WHERE datname = current_database()")
    done = _migrate(bare_database)
    assert done.returncode == 0, done.stdout
    assert f'every role may still connect to the database "{bare_database.name}"' in done.stdout and reason in done.stdout
    assert "minitwitctl doctor" in done.stdout
    assert bare_database.sql("SELECT datacl FROM pg_database WHERE datname = current_database()") == before


def test_several_runs_at_the_same_time(bare_database):
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        results = list(pool.map(lambda _: _migrate(bare_database), range(6)))
    assert [result.returncode for result in results] == [0] * 6
    assert sum("001-initial.sql" in result.stdout for result in results) == 1
    assert bare_database.count("schema_version") == _SCHEMA_VERSION


@contextlib.contextmanager
def _hold_lock(database):
    """Holds the lock of all changes of the schema. Yields the connection that holds it."""
    with contextlib.closing(database.cluster.connect(database.name)) as holder:
        holder.cursor().execute("SELECT pg_advisory_lock(%s)", (_LOCK,))
        yield holder


def test_migrate_waits_for_the_lock(bare_database):
    with _hold_lock(bare_database) as other, concurrent.futures.ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(_migrate, bare_database)
        installation.wait_until(
            lambda: bare_database.value("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"),
            "minitwitctl to wait for the lock",
        )
        assert _tables(bare_database) == []
        other.close()
        assert waiting.result(installation.PATIENCE).returncode == 0


def test_migrate_names_the_session_that_keeps_the_lock(bare_database):
    """Any role can take the lock, also the site's. After some seconds, migrate fails and changes nothing."""
    with _hold_lock(bare_database) as other:
        _refused(
            bare_database, _migrate(bare_database), "could not obtain the lock of migrations and imports within 10s",
            f"Process {other.info.backend_pid} (", f"pg_terminate_backend({other.info.backend_pid})",
        )  # fmt: skip


@pytest.mark.skipif(_SERVER < 17, reason=f"PostgreSQL {_SERVER} has no transaction_timeout")
def test_transaction_timeout_does_not_end_a_command(bare_database):
    """migrate waits for a lock for longer than the limit."""
    bare_database.sql(f"ALTER DATABASE \"{bare_database.name}\" SET transaction_timeout = '1s'")
    waits = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'advisory' AND now() - query_start > interval '1.5 seconds'"
    with _hold_lock(bare_database) as other, concurrent.futures.ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(_migrate, bare_database)
        installation.wait_until(lambda: waiting.done() or bare_database.cluster.psql(waits) == [(1,)], "the limit to pass")
        other.close()
        migrated = waiting.result(installation.PATIENCE)
    assert migrated.returncode == 0, migrated.stdout


def test_a_failed_migration_leaves_nothing(bare_database, migrations):
    with open(migrations / "001-initial.sql", "a", encoding="utf-8") as file:
        file.write("\ncreate table more ();\nselect nonsense;\n")
    line = len((migrations / "001-initial.sql").read_text(encoding="utf-8").splitlines())
    _refused(bare_database, _migrate(bare_database, migrations), f"001-initial.sql:{line}: ", "nonsense", "42703")


def test_older_builds_work_with_each_intermediate_version(bare_database, migrations):
    """If a migration fails, running nodes still serve. A build of version n needs works_with <= n <= version."""
    header = (installation.SOURCE / "mod_minitwit" / "store" / "schema.h").read_text(encoding="utf-8")
    oldest = int(re.search(r"^#define MT_SCHEMA_WORKS_WITH (\d+)$", header, re.MULTILINE).group(1))
    for version, name in enumerate(_MIGRATIONS[1:], 1):
        good = (migrations / name).read_text(encoding="utf-8")
        (migrations / name).write_text("select nonsense", encoding="utf-8")
        assert _migrate(bare_database, migrations).returncode == 1
        reached = bare_database.sql(
            "SELECT version, coalesce((to_jsonb(s) ->> 'works_with')::int, version) FROM schema_version s ORDER BY 1 DESC LIMIT 1"
        )
        assert reached == [(version, min(version, oldest))]
        (migrations / name).write_text(good, encoding="utf-8")
    assert _migrate(bare_database, migrations).returncode == 0


def test_indexes_that_exist_before_the_upgrade(bare_database, migrations):
    """On a large site, the operator makes them beforehand, so that nobody has to wait."""
    file = migrations / _MIGRATIONS[8]
    good = file.read_text(encoding="utf-8")
    file.write_text("select nonsense", encoding="utf-8")
    assert _migrate(bare_database, migrations).returncode == 1
    bare_database.sql("CREATE INDEX followers_whom_in_order ON followers (whom_id, id) INCLUDE (who_id)")
    bare_database.sql("CREATE INDEX users_lower ON users (lower(username))")
    file.write_text(good, encoding="utf-8")
    assert _migrate(bare_database, migrations).returncode == 0


def test_accounts_that_share_an_avatar_get_others(bare_database, migrations):
    """Up to version 6, an avatar was a keyed hash of the e-mail address. The oldest account of an address keeps it."""
    newer = [(migrations / name).rename(migrations / f"{name}.later") for name in _MIGRATIONS[6:]]
    for name in newer:
        name.with_suffix("").write_text("select nonsense", encoding="utf-8")
    assert _migrate(bare_database, migrations).returncode == 1
    addresses = ("one@example.org", "two@example.org", "One@example.org", "one@example.org")
    for number, address in enumerate(addresses):
        bare_database.sql("INSERT INTO users (username, email, password_hash) VALUES (%s, %s, '')", f"user {number}", address)
    select = "SELECT avatar FROM users ORDER BY id"
    before = [avatar for (avatar,) in bare_database.sql(select)]
    assert before[0] == before[2] == before[3] != before[1]
    for name in newer:
        name.rename(name.with_suffix(""))
    assert _migrate(bare_database, migrations).returncode == 0
    after = [avatar for (avatar,) in bare_database.sql(select)]
    assert after[:2] == before[:2] and len(set(after)) == 4
    # No request runs a language whose library the server has to load.
    languages = "SELECT DISTINCT l.lanname FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang"
    assert bare_database.sql(f"{languages} WHERE p.pronamespace = 'public'::regnamespace") == [("sql",)]
    assert bare_database.value("SELECT count(*) FROM pg_trigger WHERE NOT tgisinternal") == 0


def test_a_migration_may_not_end_its_transaction(bare_database, migrations):
    file = migrations / "001-initial.sql"
    file.write_text("create table more (); rollback;", encoding="utf-8")
    _refused(bare_database, _migrate(bare_database, migrations), "ends its transaction itself")


def test_folders_that_do_not_fit(bare_database, migrations, tmp_path):
    _refused(bare_database, _migrate(bare_database, tmp_path / "none"), str(tmp_path / "none"))
    _refused(bare_database, _migrate(bare_database, tmp_path), "lacks migration 001")
    (migrations / "001-again.sql").write_text("select 1", encoding="utf-8")
    _refused(bare_database, _migrate(bare_database, migrations), "two migrations 001")
    (migrations / "001-again.sql").unlink()
    (migrations / f"{_SCHEMA_VERSION + 1:03}-later.sql").write_text("select 1", encoding="utf-8")
    _refused(bare_database, _migrate(bare_database, migrations), "later.sql", "newer build")


def test_the_site_role_may_not(bare_database):
    _refused(bare_database, _migrate(bare_database, dsn=bare_database.connection_string), '"minitwit_site" may not change the schema')


def test_a_database_of_another_encoding(cluster):
    cluster.psql_file(installation.ROLES)
    database = SiteDatabase(cluster, f"ctl{next(_numbers)}")
    cluster.psql(
        f"CREATE DATABASE \"{database.name}\" OWNER minitwit_owner ENCODING 'SQL_ASCII' LOCALE 'C' TEMPLATE template0"
    )
    _refused(database, _migrate(database), "SQL_ASCII", "createdb")


def test_tables_of_another_program(bare_database):
    bare_database.sql("CREATE TABLE users ()")
    result = _migrate(bare_database)
    assert result.returncode == 1
    assert "already exists" in result.stdout
    assert _tables(bare_database) == ["users"]


def test_a_newer_database_is_refused(migrated):
    migrated.sql("INSERT INTO schema_version (version, name) VALUES (999, 'later')")
    result = _migrate(migrated)
    assert result.returncode == 1
    assert "too new" in result.stdout
    status = migrated.ctl("status")
    assert status.returncode == 1
    assert "version 999" in status.stdout
    assert "too new" in status.stdout


def test_a_newer_database_that_works_with_this_build(migrated):
    migrated.sql("INSERT INTO schema_version (version, name, works_with) VALUES (999, 'later', %s)", _SCHEMA_VERSION)
    result = _migrate(migrated)
    assert result.returncode == 0
    assert result.stdout == "nothing to do: the schema is at version 999\n"
    status = migrated.ctl("status")
    assert status.returncode == 0
    assert f"version 999, needed {_SCHEMA_VERSION}" in status.stdout
