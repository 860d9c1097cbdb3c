# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""On a site of a million messages, none of the statements that minitwitctl runs for an operator's daily work, nor what triggers run
for it, reads all of a table that grows, nor more rows than what was asked for has."""

import contextlib

import pytest

from bench.speed.data import fill
from database.test_plans import MESSAGES, PEOPLE, PROLIFIC, SESSIONS, WROTE_NOTHING, WROTE_ONCE
from support.executions import Executions
from support.plans import Bound, of_run, of_shape

LIMIT = "20"
# What a prolific user has written, and the others of whom there is more than one.
ALL_OF_HIS = 15_000
FLAGGED_ONES = 2_000
# One message a second; see data.py.
OVER_DAYS, OVER = "11", 50_000
EXPIRED = 30_000
BATCH = 5_000


def bound(rows=100, **options):
    """A page, and what else belongs to somebody, has fewer than 100."""
    return Bound(read=rows, sort=rows, **options)


@pytest.fixture(scope="module")
def site(own_cluster):
    database = own_cluster.create_site_database("operators")
    fill(database, PEOPLE, MESSAGES)
    own_cluster.psql(SESSIONS, database.name, {"users": 2 * PEOPLE.active})
    own_cluster.psql("update users set password_hash = '!none' where id %% 500 = 7", database.name, ())
    own_cluster.psql("vacuum (freeze, analyze)", database.name)
    return database


@pytest.fixture(scope="module")
def executions(site):
    return Executions(site)


# In this order: what changes something comes last, and is about other users.
@pytest.mark.parametrize("command, limit", [
    (("user", "list", "--limit", LIMIT), bound()),
    (("user", "list", "--prefix", "12", "--limit", LIMIT), bound()),
    (("user", "list", "--prefix", "9999"), bound()),
    (("user", "list", "--disabled"), bound()),
    (("user", "list", "--disabled", "--prefix", "12", "--limit", LIMIT), bound()),
    (("user", "show", PROLIFIC), bound(ALL_OF_HIS)),
    (("user", "show", WROTE_ONCE), bound()),
    (("user", "show", WROTE_NOTHING), bound()),
    (("user", "export", PROLIFIC), bound(ALL_OF_HIS)),
    (("user", "export", WROTE_ONCE), bound()),
    (("message", "list", "--limit", LIMIT), bound()),
    (("message", "list", "--before", "500000", "--limit", LIMIT), bound()),
    (("message", "list", "--flagged", "--limit", LIMIT), bound()),
    (("message", "list", "--flagged"), bound(FLAGGED_ONES, tables=("users",))),
    (("message", "list", "--user", PROLIFIC), bound(ALL_OF_HIS)),
    (("message", "list", "--user", PROLIFIC, "--limit", LIMIT), bound(ALL_OF_HIS)),
    (("message", "list", "--user", WROTE_ONCE, "--limit", LIMIT), bound()),
    (("message", "list", "--user", WROTE_NOTHING, "--before", "500000", "--limit", LIMIT), bound()),
    (("message", "list", "--user", "39", "--flagged"), bound(FLAGGED_ONES)),
    (("audit", "--limit", LIMIT), bound()),
    (("doctor",), bound(MESSAGES, tables=("followers",))),
    (("message", "flag", "5", "500000"), bound()),
    (("message", "unflag", "5", "500000"), bound()),
    (("message", "delete", "--yes", "5", "500000"), bound()),
    (("user", "disable", "50"), bound()),
    (("user", "enable", "50"), bound()),
    (("user", "delete", "--yes", "2"), bound(ALL_OF_HIS)),
    (("user", "delete", "--yes", "39"), bound()),
    (("user", "delete", "--yes", str(PEOPLE.active + 2)), bound()),
    (("user", "delete", "--yes", str(2 * PEOPLE.active - 1)), bound()),
    (("prune", "--dry-run", "--messages-older-than", OVER_DAYS), bound(OVER)),
    (("prune", "--dry-run", "--messages-older-than", OVER_DAYS, "--flagged-only"), bound(EXPIRED)),
    (("prune", "--messages-older-than", OVER_DAYS, "--flagged-only", "--yes"), bound(EXPIRED)),
    (("prune", "--messages-older-than", OVER_DAYS, "--yes"), bound(OVER)),
], ids=lambda value: " ".join(value) if isinstance(value, tuple) else "")  # fmt: skip
def test_what_is_read(command, limit, site, executions):
    result, plans = executions.of(lambda: site.ctl(*command))
    # A warning of doctor's is none of this.
    assert result.returncode == 0 or command == ("doctor",), result.stdout
    assert plans
    problems = {sql: found for sql, plan in plans if (found := of_shape(plan, limit) + of_run(plan, limit))}
    assert problems == {}


def test_a_flood_of_messages(site, executions):
    """Each id is looked up, by whatever number of blocks that takes."""
    ids = [str(number) for (number,) in site.sql("SELECT id FROM messages WHERE id % 500 = 1 AND NOT flagged")]
    result, plans = executions.of(lambda: site.ctl("message", "flag", *ids))
    assert (result.returncode, result.stdout) == (0, f"{len(ids)} messages flagged\n")
    assert len(ids) > 1000
    assert [sql for sql, plan in plans if of_shape(plan, bound(tables=("users",)))] == []


def test_no_batch_reads_what_others_have_left(site, executions):
    """Each reads about as many rows as it deletes, though a backup that looks at the site as it was keeps the others' entries in the
    indexes."""
    with contextlib.closing(site.cluster.connect(site.name)) as backup, backup.cursor() as cursor:
        cursor.execute("begin isolation level repeatable read")
        cursor.execute("select from users limit 1")
        result, plans = executions.of(lambda: site.ctl("prune", "--messages-older-than", "10", "--yes"))
    assert result.returncode == 0, result.stdout
    deletes = [plan for sql, plan in plans if "delete from public.messages" in sql and plan["Actual Rows"]]
    assert len(deletes) > 10
    assert [of_run(plan, bound(BATCH)) for plan in deletes if of_run(plan, bound(BATCH))] == []
