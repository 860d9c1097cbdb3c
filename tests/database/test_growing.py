# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""A connection plans its statements while the site is empty or small. The plans stay good after the site has grown,
with and without a new analyze."""

import contextlib
import os

import pytest

from bench.speed.data import insert
from database.conftest import PEOPLE
from database.test_plans import SAMPLES
from support.plans import GROWING, DateOf, Kept

MESSAGES = 200_000
# The samples name places in a timeline of a million messages. These are the same places in a timeline of this size.
_AGES = {"500000": "100000", "498500": "99700", "1000000": "200000"}
# A site on its first evening.
_FIRST = """
insert into users (username, email, password_hash) select n, n::text, 'none' from generate_series(-60, -1) n;
insert into messages (author_id, text) select u.id, 'text' from users u cross join generate_series(1, 2);
insert into followers (who_id, whom_id) select a.id, b.id from users a join users b on b.id in (a.id + 1, a.id + 2);
insert into sessions (token_hash, user_id, expires_at) select sha256(username::bytea), id, now() + interval '1 day' from users;
"""
_STARTS = {"empty": "", "small": "analyze", "small, unknown": "", "vacuumed while empty": "vacuum (analyze)"}


@pytest.fixture
def grown(start, own_cluster, own_database, statements, settings):
    """Statements that were planned at the start. The site has grown since then."""
    for table in GROWING:
        # Autovacuum would analyze the tables at some time.
        own_cluster.psql(f"alter table {table} set (autovacuum_enabled = off)", own_database.name)
    if start.startswith("small"):
        own_cluster.psql(_FIRST, own_database.name)
    if _STARTS[start]:
        own_cluster.psql(_STARTS[start], own_database.name)
    with contextlib.closing(own_cluster.connect(own_database.name)) as connection:
        kept = Kept(connection, settings, {label: sql for label, (_, sql) in statements.items()})
        for label, samples in SAMPLES.items():
            kept.plan(label, samples[0].values, samples[0].before)
        with contextlib.closing(own_cluster.connect(own_database.name)) as other, other.cursor() as cursor:
            # The samples need exactly the data of data.py.
            cursor.execute("delete from sessions; delete from followers; delete from messages; delete from users")
            cursor.execute("select setval(pg_get_serial_sequence('messages', 'id'), 1, false)")
            insert(cursor, PEOPLE, MESSAGES)
        yield kept


def _place(value):
    if isinstance(value, DateOf):
        return DateOf(_AGES.get(value.message, value.message))
    return _AGES.get(value, value)


def _problems(find):
    """{(label, values): problems} of the statements that have any. find is a method of Kept."""
    found = {}
    for label, samples in SAMPLES.items():
        for sample in samples:
            values = tuple(map(_place, sample.values))
            problems = find(label, values, sample.bound, sample.before)
            if problems:
                found[label, values] = problems
    return found


only_long = pytest.mark.skipif(os.environ.get("MINITWIT_LONG") != "1", reason="another start of a site: ./check --long")


@pytest.mark.parametrize("start", ["empty", "small", pytest.param("small, unknown", marks=only_long)])
def test_plans_stay_good_when_a_site_grows(grown, own_cluster, own_database):
    assert _problems(grown.problems) == {}
    own_cluster.psql("analyze", own_database.name)
    assert _problems(grown.problems) == {}


@only_long
@pytest.mark.parametrize("start", ["vacuumed while empty"])
def test_a_site_that_was_vacuumed_while_empty_needs_an_analyze(grown, own_cluster, own_database):
    """For an empty table, all ways to join single rows cost the same. Therefore some plans read a whole index until the
    first analyze, but none reads a whole table."""
    assert _problems(grown.shape) == {}
    assert _problems(grown.problems), "all plans are good: move this start to the other test"
    own_cluster.psql("analyze", own_database.name)
    assert _problems(grown.problems) == {}
