# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""The statements that the module sends to PostgreSQL, and a site of a million messages."""

import pytest

from bench.speed.data import People, fill, fill_search
from support.statements import by_label, list_all

MESSAGES = 1_000_000
PEOPLE = People((20, 100, 1000, 10_000))

# A quarter of the sessions have expired. They are so many that reading all of them is not the quickest way.
_SESSIONS = """
insert into sessions (token_hash, user_id, expires_at)
select sha256(n::text::bytea), 1 + n %% %(users)s, now() + (n %% 40 - 10) * interval '1 day' from generate_series(1, 100000) n;
"""


@pytest.fixture(scope="session")
def statements():
    """{label: (number of parameters, SQL)} from the module's table."""
    return by_label()


@pytest.fixture(scope="session")
def settings():
    """The statement that the module sends first on each connection, with a long statement_timeout."""
    (label, _, sql), *_ = list_all()
    assert label == "settings" and "$1" in sql
    return sql.replace("$1", "'20000'")


@pytest.fixture(scope="session")
def million(cluster, statements):
    """The database of a site of a million messages. Tests that change it make a copy."""
    database = cluster.create_site_database("million")
    fill(database, PEOPLE, MESSAGES)
    cluster.psql(_SESSIONS, database.name, {"users": 2 * PEOPLE.active})
    cluster.psql("vacuum (freeze, analyze) sessions", database.name)
    fill_search(database, statements)
    return database
