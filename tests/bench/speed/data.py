# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""Sites of any size, made by SQL, the same in each run.

The name of a user is their id. The first 20 users wrote a quarter of all messages, and the other active users the rest.
The same number of users is silent: a hundred of them wrote once, long ago, and the others never. Readers come last.
They have a session, and follow either active users, or silent users and one active user in a hundred. So a timeline of
one kind has the same length on every site, and only the data behind it differs.
"""

import base64
import contextlib
import dataclasses
import hashlib

PROLIFIC = 20
WROTE_ONCE = 100
READERS = 10  # of each kind
ACTIVE_MIN = 1000
FILL_SECONDS = 3600

# Many messages answer this one, which answers another one. Its author wrote nothing else.
BUSY = WROTE_ONCE
TAG = "often"  # of a quarter of all messages
RARE_WORD = "zeppelin"  # in ten messages

# Messages are 40 to 100 characters of this. A few must be escaped.
_SENTENCE = (
    'Nobody knew why the ferry was late, but it\'s a "fine" morning & the harbour smells of tar, coffee and rain, so we'
    " sat down on the quay <again> and counted gulls until somebody from the müsli factory said it would not come at all"
    " today."
)


@dataclasses.dataclass(frozen=True)
class Reader:
    id: int
    followees: int
    silent: bool  # hardly any followee writes

    @property
    def token(self):
        """The token of the session."""
        digest = hashlib.sha256(b"reader %d" % self.id).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()

    @property
    def token_hash(self):
        return hashlib.sha256(self.token.encode()).digest()


class People:
    """The users of a site."""

    def __init__(self, followees):
        """followees: the numbers of users that readers follow."""
        self.active = max(ACTIVE_MIN, *followees)
        kinds = [(count, silent) for count in followees for silent in (False, True)]
        self.readers = [
            Reader(2 * self.active + 1 + place * READERS + number, *kind)
            for place, kind in enumerate(kinds)
            for number in range(READERS)
        ]
        # A silent user with many followers. No reader is one of them.
        self.famous = 2 * self.active - 3
        # A hundredth of the messages mention this user.
        self.mentioned = Reader(1, 20, False)

    @property
    def busy_author(self):
        return self.active + BUSY

    def select(self, followees, silent):
        return [reader for reader in self.readers if (reader.followees, reader.silent) == (followees, silent)]


_USERS = """
insert into users (id, username, email, password_hash)
select n, n::text, 'user' || n || '@example.org', 'none' from generate_series(1, %(users)s) n;
select setval(pg_get_serial_sequence('users', 'id'), %(users)s);
"""

_FOLLOWERS = """
insert into followers (who_id, whom_id)
select who, whom from (
    select who, 1 + (who + 37 * n) %% %(active)s as whom
    from generate_series(1, %(active)s) who cross join generate_series(1, 20) n
) f where who <> whom;
insert into followers (who_id, whom_id) select n, %(famous)s from generate_series(1, %(active)s * 3 / 2) n;
"""

# A hash selects the followees of a reader. The active ones include a few prolific users. The silent ones begin with
# those that wrote once, so that the page is full, or has one message for each followee.
_FOLLOWEES = """
insert into followers (who_id, whom_id)
select %(id)s, n from (
    select n from generate_series(1, %(active)s) n order by n > %(prolific)s, md5(%(id)s || ' ' || n) limit %(much)s
) a
union
select %(id)s, n from (
    select n from generate_series(%(prolific)s + 1, %(active)s) n order by md5(%(id)s || ' ' || n) limit %(some)s
) b
union
select %(id)s, %(active)s + n from (
    select n from generate_series(1, %(active)s) n
    order by case when n <= %(once)s then 0 else 1 end, md5(%(id)s || ' ' || n) limit %(silent)s
) c;
"""

_SESSIONS = "insert into sessions (token_hash, user_id, expires_at) values (%s, %s, now() + interval '30 days')"

# One message per second, the last one now.
_MESSAGES = """
select setseed(0.5);
insert into messages (author_id, text, pub_date, flagged)
select case
        when n <= %(once)s then %(active)s + n
        when random() < 0.25 then 1 + floor(random() * %(prolific)s)
        else 1 + %(prolific)s + floor(random() * (%(active)s - %(prolific)s))
    end,
    substr(%(sentence)s, 1 + n %% 90, 40 + n %% 61)
        || case when n %% (%(messages)s / 10) = 5 then ' ' || %(rare)s else '' end,
    now() - (%(messages)s - n) * interval '1 second',
    n %% 997 = 0
from generate_series(1, %(messages)s) n order by n;
"""

# Each hundredth message answers another one. A tenth of these answers the one in the middle, and a half answers BUSY. A
# hundredth of the messages mention the first user and all readers. Few messages mention each of the other active users.
# Each reader has seen the mentions of the older half.
_MARKS = """
update messages m set answers_id = a.id, answers_author_id = a.author_id from messages a
where m.id %% 100 = 0 and a.id = case when m.id %% 1000 = 0 and m.id > %(middle)s then %(middle)s
    when m.id %% 200 = 100 and m.id > %(busy)s then %(busy)s else m.id - 50 end;
insert into answers (answered_id, pub_date, message_id, flagged)
select answers_id, pub_date, id, flagged from messages where answers_id is not null;
insert into mentions (user_id, pub_date, message_id, flagged)
select 1, pub_date, id, flagged from messages where id %% 100 = 7
union all select r.id, pub_date, m.id, flagged from messages m cross join unnest(%(readers)s) r (id) where m.id %% 100 = 7
union all select 2 + id / 10 %% (%(active)s - 2), pub_date, id, flagged from messages where id %% 10 = 3;
update users set mentions_seen = (select pub_date from messages where id = %(middle)s) where id = any (%(readers)s);
insert into message_tags (tag, pub_date, message_id, flagged)
select %(tag)s, pub_date, id, flagged from messages where id %% 4 = 0
union all select 'tag' || id / 10 %% 1000, pub_date, id, flagged from messages where id %% 10 = 3;
"""

# Indexes without those of constraints. It is many times faster to make them after the rows.
_INDEXES = """
select indexrelid::regclass::text, pg_get_indexdef(indexrelid) from pg_index i
where indrelid = any ('{messages,followers,answers,mentions,message_tags}'::regclass[])
and not exists (select from pg_constraint c where c.conindid = i.indexrelid)
"""


def fill(database, people, messages):
    """Makes the data of a new database, with this number of messages."""
    connection = database.cluster.connect(database.name)
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                f"set statement_timeout = '{FILL_SECONDS}s'; set maintenance_work_mem = '512MB'; set jit = off"
            )
            cursor.execute(_INDEXES)
            indexes = cursor.fetchall()
            for name, _ in indexes:
                cursor.execute(f"drop index {name}")
            insert(cursor, people, messages)
            for _, definition in indexes:
                cursor.execute(definition)
            cursor.execute("vacuum (freeze, analyze)")
            cursor.execute("checkpoint")
    finally:
        connection.close()


def fill_search(database, statements):
    """Fills the index of the search as the module does, but makes the GIN index afterwards, which is much faster.
    statements: {label: (number of parameters, SQL)} of the module."""
    with contextlib.closing(database.cluster.connect(database.name)) as connection, connection.cursor() as cursor:
        # No foreign key needs a check.
        cursor.execute(
            f"set statement_timeout = '{FILL_SECONDS}s'; set maintenance_work_mem = '512MB'; set jit = off;"
            " set session_replication_role = replica"
        )
        cursor.execute("select pg_get_indexdef('search_words'::regclass)")
        ((definition,),) = cursor.fetchall()
        cursor.execute("drop index search_words")
        cursor.execute(f"prepare search_index as {statements['search_index'][1]}")
        cursor.execute("execute search_index (50000)")
        while cursor.fetchall():
            cursor.execute("execute search_index (50000)")
        cursor.execute("update search_progress set complete = seen, next_complete = seen")
        cursor.execute(definition)
        cursor.execute("vacuum (freeze, analyze) search")


# The role of the site sees this row, but cannot lock or change it.
_FREEZE = """
alter table search_progress enable row level security;
create policy bench on search_progress for select using (true);
"""


def freeze_search(database):
    """The module does not add messages to the index of the search any more. It would do so while others post."""
    database.cluster.psql(_FREEZE, database.name)


def insert(cursor, people, messages):
    """Makes the same data, but without statistics for PostgreSQL's planner."""
    numbers = {
        "users": people.readers[-1].id, "active": people.active, "prolific": PROLIFIC, "once": WROTE_ONCE,
        "messages": messages, "middle": messages // 2, "sentence": _SENTENCE, "readers": [reader.id for reader in people.readers],
        "famous": people.famous, "busy": BUSY, "tag": TAG, "rare": RARE_WORD,
    }  # fmt: skip
    cursor.execute(_USERS, numbers)
    # No foreign key needs a check here, and these checks would take most of the time.
    cursor.execute("set session_replication_role = replica")
    cursor.execute(_FOLLOWERS, numbers)
    for reader in people.readers:
        cursor.execute(_FOLLOWEES, numbers | {"id": reader.id} | _shares(reader))
    for reader in (people.mentioned, *people.readers):
        cursor.execute(_SESSIONS, (reader.token_hash, reader.id))
    cursor.execute(_MESSAGES, numbers)
    cursor.execute(_MARKS, numbers)


def _shares(reader):
    """How many of a reader's followees write much, some, and nothing or almost nothing."""
    if reader.silent:
        return {"much": 0, "some": reader.followees // 100, "silent": reader.followees - reader.followees // 100}
    much = min(5, reader.followees)
    return {"much": much, "some": reader.followees - much, "silent": 0}


class Keeper:
    """Deletes the rows that a measurement wrote, so that the next one finds the same site."""

    _TABLES = ("messages", "followers", "users")

    def __init__(self, database):
        self._database = database
        self._marks = {table: database.value(f"select max(id) from {table}") for table in self._TABLES}

    def restore(self):
        connection = self._database.cluster.connect(self._database.name)
        try:
            with connection.cursor() as cursor:
                # No check of foreign keys, and no deletion of rows that refer to the messages.
                cursor.execute("set session_replication_role = replica")
                last = self._marks["messages"]
                columns = [(table, "message_id", last) for table in ("answers", "mentions", "message_tags")]
                columns += [(table, "id", mark) for table, mark in self._marks.items()]
                for table, column, mark in columns:
                    cursor.execute(f"delete from {table} where {column} > %s", (mark,))
                    if cursor.rowcount:
                        # Dead entries of the indexes would slow down the next reads.
                        cursor.execute(f"vacuum (index_cleanup on) {table}")
                # Otherwise it might run during the next measurement.
                cursor.execute("checkpoint")
        finally:
            connection.close()
