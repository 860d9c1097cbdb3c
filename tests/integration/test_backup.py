# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""minitwitctl backup, backup verify and restore."""

import itertools
import json
import os
import re
import shutil
import signal
import stat
import subprocess
import time

import pytest

from support import installation, metrics
from support.backups import administrator, back_up, fill, find_dump, needs_pg_dump, verify, why_not
from support.database import SiteDatabase


_numbers = itertools.count(1)


@pytest.fixture
def source(source_cluster):
    """An empty site that can be backed up."""
    return source_cluster.create_site_database(f"source{next(_numbers)}")


@pytest.fixture
def site_database(source):
    """The same with rows in every table."""
    fill(source)
    return source


@pytest.fixture
def backup(site_database, folder):
    """The dump of a backup of that site."""
    assert back_up(site_database, folder).returncode == 0
    return find_dump(folder)


@pytest.fixture
def empty(own_cluster):
    """A database to restore into."""
    own_cluster.psql_file(installation.ROLES)
    own_cluster.psql("DROP DATABASE IF EXISTS restored")
    own_cluster.psql("CREATE DATABASE restored OWNER minitwit_owner")
    return SiteDatabase(own_cluster, "restored")


def _databases(cluster):
    return [name for (name,) in cluster.psql("SELECT datname FROM pg_database ORDER BY 1")]


def _everything(database):
    tables = database.snapshot()
    tables["schema_version"] = database.sql("SELECT version, name, applied_at FROM schema_version ORDER BY 1")
    tables["site"] = database.sql("SELECT id::text, created_at FROM site")
    tables["sequences"] = database.sql(
        "SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = 'public' ORDER BY 1"
    )
    # PostgreSQL 17 gives the owner one more.
    tables["rights"] = database.sql(
        "SELECT relname, pg_get_userbyid(relowner), pg_get_userbyid(r.grantee), r.privilege_type, r.is_grantable FROM pg_class,"
        " aclexplode(coalesce(relacl, acldefault(CASE relkind WHEN 'S' THEN 's' ELSE 'r' END::\"char\", relowner))) r"
        " WHERE relnamespace = 'public'::regnamespace AND r.privilege_type <> 'MAINTAIN' ORDER BY 1, 2, 3, 4"
    )
    return tables


def test_a_backup(site_database, folder):
    """A large object of httpd's role, which the owner may not read, does not matter."""
    before = time.time()
    site_database.sql("SET ROLE minitwit_site; SELECT lo_create(0); RESET ROLE")
    done = back_up(site_database, folder)
    assert done.returncode == 0, done.stdout
    dump = find_dump(folder)
    assert str(dump) in done.stdout
    manifest = json.loads(dump.with_suffix(".json").read_text())
    assert sorted(os.listdir(folder)) == [dump.name, dump.with_suffix(".json").name]
    for file in folder.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert manifest["bytes"] == dump.stat().st_size
    said = subprocess.run(["sha256sum", dump], stdout=subprocess.PIPE, text=True, check=True).stdout
    assert manifest["sha256"] == said.split()[0]
    rows = {part["name"]: part["rows"] for part in manifest["parts"]}
    assert (rows["users"], rows["messages"], rows["followers"], rows["sessions"]) == (2, 300, 1, 1)
    assert rows["simulator_latest"] == 42
    assert before - 1 <= site_database.value("SELECT extract(epoch FROM succeeded_at)::float FROM backup") <= time.time()


@needs_pg_dump
def test_the_metric_shows_the_last_backup(make_httpd, own_database, folder):
    site = make_httpd(over=own_database, ops=metrics.OPS, directives="MinitwitMetricsInterval 1s\n")

    def last():
        return metrics.scrape(site).get("minitwit_backup_last_success_timestamp_seconds", default=None)

    metrics.wait_for(site, "minitwit_db_up", 1)
    assert last() is None
    before = time.time()
    assert back_up(own_database, folder).returncode == 0
    installation.wait_until(lambda: last() is not None, "the metric")
    assert before - 1 <= last() <= time.time()


def test_a_restored_site_is_identical(site_database, backup, empty):
    lost = _everything(site_database)
    site_database.sql("DROP TABLE messages CASCADE")
    restored = empty.ctl("restore", str(backup))
    assert restored.returncode == 0, restored.stdout
    assert "is as it was at 20" in restored.stdout and "WARNING" not in restored.stdout
    found = _everything(empty)
    assert [action for action, _, _ in empty.audit()] == ["backup", "restore"]
    for state in (lost, found):
        state["backup"] = state["audit"] = []
        state["sequences"] = [row for row in state["sequences"] if row[0] != "audit_id_seq"]
    assert found == lost
    assert empty.ctl("status", dsn=empty.connection_string).returncode == 0


_MIGRATIONS = sorted(installation.MIGRATIONS.glob("[0-9]*.sql"))


@pytest.fixture(params=[1, len(_MIGRATIONS) - 1])
def older(request, source_cluster):
    """A site with an older schema: the oldest, and the one before the newest."""
    source_cluster.psql_file(installation.ROLES)
    source_cluster.psql("DROP DATABASE IF EXISTS older")
    source_cluster.psql("CREATE DATABASE older OWNER minitwit_owner")
    database = SiteDatabase(source_cluster, "older")
    for version, file in enumerate(_MIGRATIONS[: request.param], 1):
        database.sql(
            f"SET ROLE minitwit_owner; SET search_path TO public; {file.read_text()};"
            f"INSERT INTO schema_version (version, name) VALUES ({version}, '{file.name}')"
        )
    fill(database)
    return database


def _rows(database, columns):
    """The rows of each table, restricted to these columns: {table: [name, ...]}."""
    rows = {}
    for table, names in columns.items():
        texts = ", ".join(f"coalesce({name}::text, 'null')" for name in names)
        rows[table] = sorted(database.sql(f"SELECT {texts} FROM {table}"))
    return rows


def _columns(database):
    found = database.sql(
        "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public' ORDER BY 1, 2"
    )
    return {table: [name for other, name in found if other == table] for table, _ in found}


def _shape(database):
    return (
        _columns(database),
        database.sql("SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1"),
        database.sql("SELECT conrelid::regclass::text, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid <> 0 ORDER BY 1, 2"),
        database.sql(
            "SELECT relname, coalesce(relacl, acldefault(CASE relkind WHEN 'S' THEN 's' ELSE 'r' END::\"char\", relowner))::text"
            " FROM pg_class WHERE relnamespace = 'public'::regnamespace ORDER BY 1"
        ),
    )  # fmt: skip


def test_a_backup_of_an_older_schema(make_httpd, own_database, older, folder, empty):
    """It is restored with its schema. Then a migration updates it, as it would have updated the original site."""
    version = older.value("SELECT max(version) FROM schema_version")
    columns = _columns(older)
    # Later migrations drop the table site.
    kept = {table: names for table, names in columns.items() if table != "site"}
    before = _rows(older, kept)
    assert len(before["messages"]) == 300
    done = back_up(older, folder)
    assert done.returncode == 0, done.stdout
    dump = find_dump(folder)
    assert json.loads(dump.with_suffix(".json").read_text())["schema_version"] == version
    verified = verify(empty, dump)
    assert verified.returncode == 0 and f"can be restored and matches its manifest, with schema version {version}\n" in verified.stdout
    assert "minitwitctl migrate" in verified.stdout

    restored = empty.ctl("restore", str(dump))
    assert restored.returncode == 0 and f"with schema version {version}" in restored.stdout, restored.stdout
    assert "minitwitctl migrate" in restored.stdout
    assert _columns(empty) == columns
    behind = empty.ctl("status", dsn=empty.connection_string)
    assert behind.returncode == 1 and "migrate" in behind.stdout, behind.stdout
    empty.migrate()

    # Only the old database has a row about the backup, and only the new one has a row about the restoration.
    after = _rows(empty, kept)
    for rows in (before, after):
        rows.pop("backup", None)
        rows.pop("audit", None)
        rows.pop("schema_version")
    assert after == before
    assert empty.latest() == 42
    assert _shape(empty) == _shape(own_database)
    assert empty.ctl("status", dsn=empty.connection_string).returncode == 0
    site = make_httpd(over=empty)
    assert site.operator().get("/readyz").status_code == 200
    assert "message 1 " in site.browser().get("/public").text
    assert site.simulator().register("carol").status_code == 204
    if why_not() is None:
        # The migrated site can be backed up.
        (folder / "new").mkdir()
        assert back_up(empty, folder / "new").returncode == 0
        assert verify(empty, find_dump(folder / "new")).returncode == 0


def test_a_database_that_is_not_empty_is_left_alone(own_database, backup):
    fill(own_database)
    with own_database.unchanged():
        refused = own_database.ctl("restore", str(backup))
    assert refused.returncode == 1
    assert "is not empty" in refused.stdout and "createdb" in refused.stdout


def _spoil(dump):
    data = bytearray(dump.read_bytes())
    data[len(data) // 2] ^= 1
    dump.write_bytes(data)


def _cut(dump):
    os.truncate(dump, dump.stat().st_size - 1)


def _change_manifest(dump, change):
    file = dump.with_suffix(".json")
    manifest = json.loads(file.read_text())
    change(manifest)
    file.write_text(json.dumps(manifest))


def _part(manifest, name):
    (part,) = [part for part in manifest["parts"] if part["name"] == name]
    return part


def test_damages_that_verify_finds(backup, empty, tmp_path):
    damages = [
        (_spoil, "is damaged"),
        (_cut, "is damaged"),
        (lambda dump: dump.unlink(), "could not read"),
        (lambda dump: dump.with_suffix(".json").unlink(), "could not read"),
        (lambda dump: dump.with_suffix(".json").write_text("{}"), "is not a manifest"),
        (lambda dump: dump.with_suffix(".json").write_text("[1"), "is not a manifest"),
        (lambda dump: _change_manifest(dump, lambda manifest: manifest.update(format=2)), "is not a manifest"),
        (lambda dump: _change_manifest(dump, lambda manifest: manifest.update(schema_version=1)), "version"),
        (lambda dump: _change_manifest(dump, lambda m: _part(m, "users").update(rows=3)), 'number of rows of "users" is 2 instead of 3'),
        (lambda dump: _change_manifest(dump, lambda m: _part(m, "users").update(digest="1")), "but different contents"),
        (lambda dump: _change_manifest(dump, lambda m: _part(m, "users_id_seq").update(rows=9)), 'value of "users_id_seq" is 2 instead of 9'),
        (lambda dump: _change_manifest(dump, lambda m: _part(m, "users").update(name="people")), '"people" is missing'),
        (lambda dump: _change_manifest(dump, lambda m: _part(m, "simulator_latest").update(name="latest")), '"latest" is missing'),
        (lambda dump: _change_manifest(dump, lambda m: m["parts"].remove(_part(m, "users"))), '"users" is not in the backup'),
        (lambda dump: _change_manifest(dump, lambda m: m["parts"].remove(_part(m, "simulator_latest"))), '"simulator_latest" is not in the backup'),
    ]
    before = _databases(empty.cluster)
    verified = verify(empty, backup)
    assert verified.returncode == 0, verified.stdout
    assert "can be restored" in verified.stdout
    for number, (harm, word) in enumerate(damages):
        copy = shutil.copytree(backup.parent, tmp_path / str(number)) / backup.name
        harm(copy)
        verified = verify(empty, copy)
        assert verified.returncode == 1
        assert word in verified.stdout
    assert _databases(empty.cluster) == before


def test_a_file_that_pg_restore_refuses(backup, empty):
    """Its checksum is right, but it is not a dump."""
    backup.write_bytes(b"no dump")
    said = subprocess.run(["sha256sum", backup], stdout=subprocess.PIPE, text=True, check=True).stdout
    _change_manifest(backup, lambda manifest: manifest.update(sha256=said.split()[0], bytes=7))
    refused = empty.ctl("restore", str(backup))
    assert refused.returncode == 1
    assert '"pg_restore" exited with code' in refused.stdout
    assert empty.sql("SELECT 1 FROM pg_class WHERE relnamespace = 'public'::regnamespace") == []
    before = _databases(empty.cluster)
    assert verify(empty, backup).returncode == 1
    assert _databases(empty.cluster) == before


def test_roles_that_may_not_verify_or_restore(backup, empty):
    refused = empty.ctl("backup", "verify", str(backup))
    assert refused.returncode == 1
    assert "may create databases" in refused.stdout
    refused = empty.ctl("restore", str(backup), dsn=empty.connection_string)
    assert refused.returncode == 1
    assert empty.sql("SELECT 1 FROM pg_class WHERE relnamespace = 'public'::regnamespace") == []


def test_a_backup_to_a_command(site_database, folder, empty):
    manifest = folder / "there.json"
    done = site_database.ctl(
        "backup", "--pipe", f'cat >"{folder}/$MINITWIT_BACKUP_NAME" && echo stored', "--manifest", str(manifest)
    )
    assert done.returncode == 0, done.stdout
    dump = find_dump(folder)
    manifest.rename(dump.with_suffix(".json"))
    assert verify(empty, dump).returncode == 0
    assert site_database.count("backup") == 1
    # Without --manifest, the manifest goes to standard output.
    done = site_database.ctl("backup", "--pipe", "cat >/dev/null")
    assert json.loads(done.stdout)["schema_version"] > 0


def test_wrong_usage(own_database):
    for arguments in (
        ["backup"],
        ["backup", "--dir", "a", "--pipe", "b"],
        ["backup", "--dir", "a", "--manifest", "b"],
        ["backup", "--pipe", "a", "--keep", "1"],
        ["backup", "--dir", "a", "--keep", "0"],
        ["backup", "--dir", "a", "--keep", "x"],
        ["backup", "--dir", "a", "b"],
        ["backup", "verify"],
        ["backup", "verify", "a", "b"],
        ["restore"],
        ["restore", "a", "b"],
    ):
        done = own_database.ctl(*arguments)
        assert done.returncode == 2
        assert "--help" in done.stdout


def test_verify_cleans_up_when_it_is_interrupted(backup, folder, empty):
    """pg_restore receives the signal of Ctrl-C as well."""
    program = folder / "bin" / "pg_restore"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\necho $$ >{folder}/running\nexec sleep 60\n")
    program.chmod(0o755)
    before = _databases(empty.cluster)
    process = subprocess.Popen(
        [installation.CTL, "backup", "verify", "--dsn", administrator(empty.cluster), backup],
        env=os.environ | {"PATH": f"{program.parent}:{os.environ['PATH']}"},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
    )  # fmt: skip
    running = folder / "running"
    installation.wait_until(lambda: running.exists() and running.read_text().strip(), "pg_restore to run")
    os.killpg(process.pid, signal.SIGINT)
    said, _ = process.communicate(timeout=installation.PATIENCE)
    assert process.returncode == 1
    assert re.search(r'"pg_restore" was terminated by signal 2', said)
    assert _databases(empty.cluster) == before
