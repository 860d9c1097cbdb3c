# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""On a site of a million messages, the statements of minitwitctl for daily work and their triggers read no whole table
that grows, and no more rows than the command needs."""

import contextlib

import pytest

from database.conftest import MESSAGES, PEOPLE
from database.test_plans import PROLIFIC, WROTE_NOTHING, WROTE_ONCE
from support.database import SiteDatabase
from support.executions import Executions
from support.plans import Bound, of_run, of_shape

LIMIT = "20"
# Rows of a prolific user, and of all flagged messages.
ALL_OF_HIS = 15_000
FLAGGED_ONES = 2_000
# The site gets one message a second: see data.py.
OVER_DAYS, OVER = "11", 50_000
EXPIRED = 30_000
BATCH = 5_000


def bound(rows=100, **options):
    """A page has fewer than 100 rows, and so have the other rows of an ordinary user."""
    return Bound(read=rows, sort=rows, **options)


@pytest.fixture(scope="module")
def site(cluster, million):
    cluster.psql(f"create database operators owner minitwit_owner template {million.name}")
    cluster.psql("update users set password_hash = '!none' where id %% 500 = 7", "operators", ())
    cluster.psql("vacuum (freeze, analyze)", "operators")
    return SiteDatabase(cluster, "operators")


@pytest.fixture(scope="module")
def executions(site):
    return Executions(site)


# The order matters: commands that change the site come last, and concern other users.
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
    (("doctor",), bound(MESSAGES, tables=("followers", "users"))),  # it compares all names
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
def test_commands_read_only_the_rows_that_they_need(command, limit, site, executions):
    result, plans = executions.of(lambda: site.ctl(*command))
    # doctor may warn.
    assert result.returncode == 0 or command == ("doctor",), result.stdout
    assert plans
    problems = {sql: found for sql, plan in plans if (found := of_shape(plan, limit) + of_run(plan, limit))}
    assert problems == {}


def test_flagging_a_thousand_messages_reads_no_whole_table(site, executions):
    ids = [str(number) for (number,) in site.sql("SELECT id FROM messages WHERE id % 500 = 1 AND NOT flagged")]
    result, plans = executions.of(lambda: site.ctl("message", "flag", *ids))
    assert (result.returncode, result.stdout) == (0, f"{len(ids)} messages flagged\n")
    assert len(ids) > 1000
    # The other tables are so small here that to read one of them costs less than two thousand look-ups.
    small = "users", "answers", "mentions", "message_tags"
    assert [sql for sql, plan in plans if of_shape(plan, bound(tables=small))] == []


def test_each_batch_of_prune_reads_only_its_rows(site, executions):
    """Each batch reads about as many rows as it deletes, although the snapshot of a backup keeps the entries of the
    earlier batches in the indexes."""
    with contextlib.closing(site.cluster.connect(site.name)) as backup, backup.cursor() as cursor:
        cursor.execute("begin isolation level repeatable read")
        cursor.execute("select from users limit 1")
        result, plans = executions.of(lambda: site.ctl("prune", "--messages-older-than", "10", "--yes"))
    assert result.returncode == 0, result.stdout
    deletes = [plan for sql, plan in plans if "delete from public.messages" in sql and plan["Actual Rows"]]
    assert len(deletes) > 10
    assert [of_run(plan, bound(BATCH)) for plan in deletes if of_run(plan, bound(BATCH))] == []
