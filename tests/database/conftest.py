# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""The statements that the module sends to PostgreSQL, and a site of a million messages."""

import contextlib
import subprocess

import pytest

from bench.speed.data import People, fill
from support import installation

MESSAGES = 1_000_000
PEOPLE = People((20, 100, 1000, 10_000))

# A quarter of the sessions have expired. They are so many that reading all of them is not the quickest way.
_SESSIONS = """
insert into sessions (token_hash, user_id, expires_at)
select sha256(n::text::bytea), 1 + n %% %(users)s, now() + (n %% 40 - 10) * interval '1 day' from generate_series(1, 100000) n;
"""

# A user whom many others follow. No reader does, so that all timelines stay the same.
FAMOUS = 2 * PEOPLE.active - 3
_FOLLOWERS = "insert into followers (who_id, whom_id) select n, %(famous)s from generate_series(1, 15000) n"


@pytest.fixture(scope="session")
def _listed():
    program = "tests/database/list_statements"
    # Several processes run these tests at the same time.
    lock = installation.BUILD / "list_statements.lock"
    subprocess.run(["flock", lock, "make", "-s", "-C", installation.BUILD, program], check=True)
    lines = subprocess.run([installation.BUILD / program], check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()
    return [line.split("\t") for line in lines]


@pytest.fixture(scope="session")
def statements(_listed):
    """{label: (number of parameters, SQL)} from the module's table."""
    return {label: (int(parameters), sql) for label, parameters, sql in _listed[1:]}


@pytest.fixture(scope="session")
def settings(_listed):
    """The statement that the module sends first on each connection, with a long statement_timeout."""
    (label, _, sql), *_ = _listed
    assert label == "settings" and "$1" in sql
    return sql.replace("$1", "'20000'")


def fill_search(database, statements):
    """Fills the index of the search as the module does, but makes the GIN index afterwards, which is much faster."""
    with contextlib.closing(database.cluster.connect(database.name)) as connection, connection.cursor() as cursor:
        cursor.execute("set maintenance_work_mem = '256MB'; drop index search_words")
        cursor.execute(f"prepare search_index as {statements['search_index'][1]}")
        cursor.execute("execute search_index (50000)")
        while cursor.fetchall():
            cursor.execute("execute search_index (50000)")
        cursor.execute("update search_progress set complete = seen, next_complete = seen")
        cursor.execute("create index search_words on search using gin (words)")
        cursor.execute("vacuum (freeze, analyze) search")


@pytest.fixture(scope="session")
def million(cluster, statements):
    """The database of a site of a million messages. Tests that change it make a copy."""
    database = cluster.create_site_database("million")
    fill(database, PEOPLE, MESSAGES)
    cluster.psql(_SESSIONS, database.name, {"users": 2 * PEOPLE.active})
    cluster.psql(_FOLLOWERS, database.name, {"famous": FAMOUS})
    for table in ("sessions", "followers"):
        cluster.psql(f"vacuum (freeze, analyze) {table}", database.name)
    fill_search(database, statements)
    return database
