# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""Plans that a connection made while the site was empty, or small, are good ones when it has grown, whether or not PostgreSQL
has found out meanwhile how large it is."""

import contextlib

import pytest

from bench.speed.data import insert
from database.test_plans import PEOPLE, SAMPLES
from support.plans import GROWING, Kept

MESSAGES = 200_000
# Places in a timeline of this size, for those of a larger one.
_AGES = {"500000": "100000", "498500": "99700"}
# A site of its first evening.
_FIRST = """
insert into users (username, email, password_hash) select n, n::text, 'none' from generate_series(-60, -1) n;
insert into messages (author_id, text) select u.id, 'text' from users u cross join generate_series(1, 2);
insert into followers (who_id, whom_id) select a.id, b.id from users a join users b on b.id in (a.id + 1, a.id + 2);
insert into sessions (token_hash, user_id, expires_at) select sha256(username::bytea), id, now() + interval '1 day' from users;
"""
_STARTS = {"empty": "", "small": "analyze", "small, unknown": "", "vacuumed while empty": "vacuum (analyze)"}


@pytest.fixture
def grown(start, own_cluster, own_database, statements, settings):
    """Statements that were planned at the start, on a site that has grown."""
    for table in GROWING:
        # It would find out some time.
        own_cluster.psql(f"alter table {table} set (autovacuum_enabled = off)", own_database.name)
    if start.startswith("small"):
        own_cluster.psql(_FIRST, own_database.name)
    if _STARTS[start]:
        own_cluster.psql(_STARTS[start], own_database.name)
    with contextlib.closing(own_cluster.connect(own_database.name)) as connection:
        kept = Kept(connection, settings, {label: sql for label, (_, sql) in statements.items()})
        for label, samples in SAMPLES.items():
            kept.plan(label, samples[0].values)
        with contextlib.closing(own_cluster.connect(own_database.name)) as other, other.cursor() as cursor:
            # The samples are about the site of data.py, and no other.
            cursor.execute("delete from sessions; delete from followers; delete from messages; delete from users")
            cursor.execute("select setval(pg_get_serial_sequence('messages', 'id'), 1, false)")
            insert(cursor, PEOPLE, MESSAGES)
        yield kept


def _problems(find):
    """{statement and values: problems}; find: a method of Kept."""
    found = {}
    for label, samples in SAMPLES.items():
        for sample in samples:
            values = tuple(_AGES.get(value, value) for value in sample.values)
            problems = find(label, values, sample.bound)
            if problems:
                found[label, values] = problems
    return found


@pytest.mark.parametrize("start", ["empty", "small", "small, unknown"])
def test_a_site_that_has_grown(grown, own_cluster, own_database):
    assert _problems(grown.problems) == {}
    own_cluster.psql("analyze", own_database.name)
    assert _problems(grown.problems) == {}


@pytest.mark.parametrize("start", ["vacuumed while empty"])
def test_a_site_of_which_postgresql_thinks_that_it_stays_empty(grown, own_cluster, own_database):
    """One way is then as good as another to join single rows; yet no table is read whole, and analyze mends the rest."""
    assert _problems(grown.shape) == {}
    assert _problems(grown.problems), "no trap: test it as the others"
    own_cluster.psql("analyze", own_database.name)
    assert _problems(grown.problems) == {}
