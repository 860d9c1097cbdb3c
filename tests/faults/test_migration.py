# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""The schema is migrated while the site serves. The test replaces the newest migration, and deletes its row. The
database already has everything that the site needs."""

import concurrent.futures
import contextlib
import shutil
import time

import pytest

from faults.conftest import describe_load, describe_lost
from support import installation, metrics
from support.replay import assert_honest

_QUICK = "ALTER TABLE messages ADD COLUMN mood text;\nCREATE INDEX messages_mood ON messages (mood);\n"
_FAILING = "ALTER TABLE messages ADD COLUMN place text;\nUPDATE users SET email = '';\nSELECT 1 / 0;\n"
_BEHIND = "ALTER TABLE messages ADD COLUMN colour text;\n"


# It holds its lock for as long as the test holds another one. It polls, because lock_timeout would end a wait.
_GATE = 4711
_SLOW = f"""ALTER TABLE messages ADD COLUMN score bigint;
DO $$
BEGIN
    WHILE NOT pg_try_advisory_xact_lock({_GATE}) LOOP
        PERFORM pg_sleep(0.05);
    END LOOP;
END
$$;
"""


class Migrations:
    """The migrations. A test writes the newest one."""

    def __init__(self, database, folder):
        self._database = database
        self._folder = shutil.copytree(installation.MIGRATIONS, folder)
        newest = sorted(self._folder.glob("[0-9]*.sql"))[-1]
        self.version = int(newest.name[:3])
        newest.unlink()
        self._file = self._folder / f"{self.version:03}-tried.sql"

    def offer(self, sql):
        self._file.write_text(sql)
        self._database.sql("DELETE FROM schema_version WHERE version >= %s", self.version)

    def run(self):
        return self._database.ctl("migrate", "--sql", self._folder)


@pytest.fixture
def migrations(own_database, tmp_path):
    return Migrations(own_database, tmp_path / "sql")


@pytest.fixture
def site(make_httpd, own_database, faulty, expect_log):
    # Requests that wait for a lock keep their connections.
    expect_log.allow("DBDMax", "schema is too (old|new)")
    return make_httpd(over=own_database, ops=metrics.OPS)


def _schema(database):
    """Tables with their columns, indexes, and the applied versions."""
    return (
        database.sql("SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'"),
        database.sql("SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1"),
        database.sql("SELECT version, name FROM schema_version ORDER BY 1"),
    )


def _problem(httpd):
    """The problem that readyz reports, or None."""
    answer = httpd.operator().get("/readyz")
    assert (answer.status_code == 200) == ("problem" not in answer.json())
    return answer.json().get("problem")


def _apply(site, migrations, sql):
    migrations.offer(sql)
    installation.wait_until(lambda: "too old" in (_problem(site) or ""), "readyz to see an old schema")
    migrated = migrations.run()
    assert migrated.returncode == 0, migrated.stdout
    installation.wait_until(lambda: _problem(site) is None, "readyz to see the right schema")


def test_migrations(site, own_database, own_cluster, migrations, load, lasting, row):
    started = load(site, own_database, lasting(10, 40))
    began = time.monotonic()
    _apply(site, migrations, _QUICK)

    # A migration that fails changes nothing.
    migrations.offer(_FAILING)
    before = _schema(own_database)
    migrated = migrations.run()
    assert migrated.returncode == 1 and "22012" in migrated.stdout
    assert _schema(own_database) == before
    assert own_database.value("SELECT count(*) FROM users WHERE email = ''") == 0
    quick = started.probe.failures(began)

    # Of two migrations at once, one waits for the other (at most 10 s), and then has nothing to do.
    migrations.offer(_SLOW)
    with concurrent.futures.ThreadPoolExecutor(2) as pool, contextlib.closing(own_cluster.connect(own_database.name)) as gate:
        gate.cursor().execute("SELECT pg_advisory_lock(%s)", (_GATE,))
        slow = time.monotonic()
        running = [pool.submit(migrations.run) for _ in range(2)]
        time.sleep(lasting(2, 7))
        started.probe.wait_for_failure(slow)
        gate.close()
        both = [future.result() for future in running]
    over = time.monotonic()
    assert [migrated.returncode for migrated in both] == [0, 0]
    assert sorted("nothing to do" in migrated.stdout for migrated in both) == [False, True]
    installation.wait_until(lambda: _problem(site) is None, "readyz to see the right schema")

    # readyz reports a newer schema, and the site still serves.
    own_database.sql("INSERT INTO schema_version (version, name) VALUES (%s, 'next')", migrations.version + 1)
    installation.wait_until(lambda: "too new" in (_problem(site) or ""), "readyz to see a newer schema")
    report = started.finish()
    assert_honest(report)
    started.probe.assert_honest()
    row(
        f"migrations, one of which locks a table for {over - slow:.0f} s (503 during the short ones: {len(quick)})",
        describe_load(report), describe_lost(report), started.probe.recovered_after(over),
    )  # fmt: skip


def test_a_migration_behind_a_long_reader(site, own_database, own_cluster, migrations, load, lasting, row):
    """While a long transaction, for example of a backup, blocks a migration, each attempt fails, and the site
    answers."""
    seconds = lasting(4, 20)
    started = load(site, own_database, seconds + 4)
    migrations.offer(_BEHIND)
    with contextlib.closing(own_cluster.connect(own_database.name)) as reader:
        reader.autocommit = False
        reader.cursor().execute("SELECT count(*) FROM messages")
        began = time.monotonic()
        while time.monotonic() < began + seconds:
            refused = migrations.run()
            assert refused.returncode == 1
            assert f"\n  Process {reader.info.backend_pid} " in refused.stdout
        started.probe.wait_for_answers(began, method="GET")
        started.probe.wait_for_answers(began, method="POST")
        over = time.monotonic()
    migrated = migrations.run()
    assert migrated.returncode == 0, migrated.stdout
    report = started.finish()
    assert_honest(report)
    started.probe.assert_honest()
    installation.wait_until(lambda: _problem(site) is None, "readyz to see the right schema")
    failed, answered = started.probe.failures(began, over), started.probe.answers(began, over)
    # A migration that waits longer makes requests fail for most of the time.
    assert len(failed) < len(answered)
    assert sum(sample.ended - sample.started for sample in failed) < (over - began) / 2
    row(
        f"a reader of {seconds} s blocks a migration (503: {len(failed)})",
        describe_load(report), describe_lost(report), started.probe.recovered_after(over),
    )  # fmt: skip
