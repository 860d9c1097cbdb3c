# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""On a site of a million messages, no statement of the module reads a whole table that grows, or reads or sorts more
rows than its answer needs. SAMPLES has values for each statement, and limits for its reads and sorts."""

import pytest

from database.conftest import MESSAGES, PEOPLE
from support.plans import Bound, DateOf, Explainer

PAGE = 30

# Places in a timeline. The ids of messages follow their age. FLAGGED is the id of a flagged message.
NEWEST, MIDDLE, FLAGGED, OLDEST = "0", "500000", "498500", "1"
LAST = str(MESSAGES)
# The last message answers the one in the middle, as many others do.
ANSWER = LAST
PROLIFIC, WROTE_ONCE, WROTE_NOTHING = "1", str(PEOPLE.active + 1), str(2 * PEOPLE.active)
# User 1 follows user 39, but not user 40: see data.py.
USER, FOLLOWED, OTHER = "1", "39", "40"
# home_many reads at most this many messages, and sessions_find counts at most this many followees.
HOME_NEWEST = 2000
FOLLOWEES_COUNTED = 101
# users_profile counts no further than this.
COUNTED = 10_000
# The place of the newest follow in a list of followers, as the module states it.
END_OF_LIST = str(2**63 - 1)


def reader(followees, silent=False):
    return PEOPLE.select(followees, silent)[0]


def bytea(value):
    return f"\\x{value.hex()}"


# Their lists of followers or followees are long.
LISTED = (USER, str(PEOPLE.famous), str(reader(10_000).id))


# For an update that needs the last message of a site of any size.
_LAST = f"from (select max(id) as last from messages) m where m.last > {PAGE}"


class Sample:
    """Values of a statement's parameters. One node of its plan may read so many rows, and sort so many; for most, a
    page is enough. Statements that count rows in the background may read whole tables or indexes. before: statements
    that run first."""

    def __init__(self, *values, read=PAGE, sort=PAGE, tables=(), indexes=(), blocks=0, before=()):
        self.values = values
        self.bound = Bound(read, sort, tables, indexes, blocks)
        self.before = before


def part(begin):
    """The first parameters of a timeline's statement: the number of messages, and the key of a message."""
    return str(PAGE), None if begin == NEWEST else DateOf(begin), begin


def home_few(followees, silent=False, before=NEWEST):
    """The candidates are a page of messages of each followee and of the reader. The statement reads them from an index
    alone and sorts them once."""
    candidates = (followees + 1) * PAGE
    return Sample(*part(before), str(reader(followees, silent).id), read=max(candidates, followees), sort=candidates)


def home_many(followees, silent=False, before=NEWEST):
    """The statement reads the newest messages in order, and the followees once, or one by one."""
    return Sample(*part(before), str(reader(followees, silent).id), read=max(HOME_NEWEST, followees))


def session(followees, silent=False):
    return bytea(reader(followees, silent).token_hash)


NO_SESSION = bytea(bytes(32))


def home_session(followees, silent=False, before=NEWEST):
    """The statement counts the followees, and then works like home_few."""
    candidates = (followees + 1) * PAGE
    return Sample(*part(before), session(followees, silent), read=max(candidates, followees), sort=candidates)


def sessions_find(token_hash):
    return Sample(token_hash, read=FOLLOWEES_COUNTED)


# Many new messages are flagged. They mention a reader, answer the oldest message, and have a tag.
_FLAGGED_MESSAGES = (
    "with added as (insert into messages (author_id, text, flagged) select 1, 'text', true from generate_series(1, 2000)"
    " returning id, pub_date, flagged), "
    f"mentioned as (insert into mentions select {reader(20).id}, pub_date, id, flagged from added), "
    "tagged as (insert into message_tags select 'often', pub_date, id, flagged from added) "
    f"insert into answers select {OLDEST}, pub_date, id, flagged from added",
)


def among_flagged(*values, read=PAGE):
    """The statement does not read the rows of flagged messages."""
    return Sample(*values, read=read, before=_FLAGGED_MESSAGES)


def name(username):
    """A name and its other form, which most names do not have."""
    return username, None


# Ids in a small and a large block of the index of the search, and large blocks of a million messages.
FINE, COARSE = 1 << 12, 1 << 16
COARSE_BLOCKS = MESSAGES // COARSE + 1
# As search_settings after the module's other settings, without the time-out.
SEARCHING = (
    "select set_config('enable_bitmapscan', 'on', true), set_config('enable_indexscan', 'off', true),"
    " set_config('enable_seqscan', 'off', true), set_config('jit', 'off', true)",
)


# Milliseconds: enough for all blocks, and for one block only.
ALL_BLOCKS, ONE_BLOCK = "600000", "0"


def search(words, tags="", author=None, begin=None, budget=ALL_BLOCKS, read=2 * COARSE, blocks=0):
    """The statement looks into one or two large blocks. Then it reads some small blocks and sorts their ids. The other
    searches may read more, for the reasons stated with them."""
    values = str(PAGE), begin, words, tags, author, None, budget
    return Sample(*values, read=read, sort=2 * FINE, blocks=blocks, before=SEARCHING)


# The names and tags of a message: of an active user, of another user, and others.
NAMES = '[{"name":"1","nfc":null},{"name":"other form","nfc":"2"},{"name":"nobody","nfc":null}]'
TAGS = '["often","rare"]'

SAMPLES = {
    "follows_add": [
        Sample(session(20), *name(USER)),
        Sample(session(20), *name("nobody")),
        Sample(session(20), "other form", USER),
        Sample(NO_SESSION, *name(USER)),
    ],
    "follows_add_by_username": [Sample(*name(USER), *name(whom)) for whom in (OTHER, FOLLOWED, "nobody")],
    "follows_exists": [Sample(session(20), *name(USER)), Sample(session(20), *name("nobody")), Sample(NO_SESSION, *name(USER))],
    **{
        f"follows_{list_}{newer}": [Sample(*name(user), str(PAGE), place) for user in LISTED for place in (MIDDLE, END_OF_LIST)]
        for list_ in ("followees", "followers") for newer in ("", "_newer")
    },
    "follows_names": [
        Sample(*name(user), str(PAGE), after) for user in (USER, str(reader(10_000).id)) for after in (NEWEST, MIDDLE)
    ],
    "follows_remove": [
        Sample(session(10_000), *name(USER)),
        Sample(session(20), *name("nobody")),
        Sample(session(20), "other form", USER),
        Sample(NO_SESSION, *name(USER)),
    ],
    "follows_remove_by_username": [Sample(*name(USER), *name(FOLLOWED)), Sample(*name(USER), *name(OTHER))],
    "mentions_see": [Sample(session(20)), Sample(session(10_000)), Sample(NO_SESSION), among_flagged(session(20))],
    "messages_add": [Sample(session(20), "text"), Sample(NO_SESSION, "text")],
    "messages_add_by_username": [Sample(*name(USER), "text"), Sample(*name("nobody"), "text"), Sample("other form", USER, "text")],
    "messages_add_by_username_marked": [
        Sample(*name(USER), "text", NAMES, TAGS), Sample(*name("nobody"), "text", NAMES, TAGS), Sample("other form", USER, "text", None, TAGS),
    ],
    "messages_add_marked": [
        Sample(session(20), "text", MIDDLE, NAMES, TAGS), Sample(session(20), "text", None, NAMES, None),
        Sample(session(20), "text", FLAGGED, NAMES, TAGS), Sample(NO_SESSION, "text", MIDDLE, NAMES, TAGS),
    ],
    "messages_answered": [Sample(ANSWER), Sample(MIDDLE), Sample(NEWEST)],
    "messages_answers": [
        *(Sample(*part(before), message) for before in (NEWEST, LAST, OLDEST) for message in (MIDDLE, OLDEST)),
        among_flagged(*part(NEWEST), OLDEST),
    ],
    "messages_answers_newer": [
        *(Sample(*part(after), message) for after in (MIDDLE, LAST) for message in (MIDDLE, OLDEST)),
        among_flagged(*part(LAST), OLDEST),
    ],
    "messages_by_user": [
        Sample(*part(before), *name(author))
        for before in (NEWEST, MIDDLE, FLAGGED, OLDEST)
        for author in (PROLIFIC, WROTE_ONCE, WROTE_NOTHING)
    ],
    "messages_by_user_newer": [
        Sample(*part(after), *name(author))
        for after in (MIDDLE, FLAGGED, OLDEST, LAST)
        for author in (PROLIFIC, WROTE_ONCE, WROTE_NOTHING)
    ],
    "messages_find": [Sample(MIDDLE, *name(USER)), Sample(NEWEST, *name(USER)), Sample(MIDDLE, *name("nobody"))],
    # The module also uses it for ten thousand followees who hardly write, when home_many has not filled the page.
    "messages_home_few": [
        home_few(20), home_few(20, before=MIDDLE), home_few(20, silent=True), home_few(20, before=FLAGGED), home_few(20, before=OLDEST),
        home_few(100), home_few(100, silent=True), home_few(10_000, silent=True),
    ],
    "messages_home_few_newer": [
        home_few(followees, silent, after) for followees in (20, 100) for silent in (False, True) for after in (MIDDLE, LAST)
    ],
    "messages_home_many": [
        home_many(followees, silent, before)
        for followees in (1000, 10_000)
        for silent in (False, True)
        for before in (NEWEST, MIDDLE, FLAGGED, OLDEST)
    ],
    "messages_home_many_newer": [
        home_many(followees, silent, after)
        for followees in (1000, 10_000)
        for silent in (False, True)
        for after in (MIDDLE, OLDEST, LAST)
    ],
    # For a reader with many followees, it only counts.
    "messages_home_session": [
        *(home_session(followees, silent, before) for followees in (20, 100) for silent in (False, True) for before in (NEWEST, MIDDLE, OLDEST)),
        Sample(*part(NEWEST), session(10_000), read=FOLLOWEES_COUNTED), Sample(*part(NEWEST), NO_SESSION),
    ],
    "messages_home_session_newer": [
        home_session(followees, silent, after) for followees in (20, 100) for silent in (False, True) for after in (MIDDLE, OLDEST, LAST)
    ],
    "messages_key": [Sample(MIDDLE), Sample(NEWEST), Sample(str(MESSAGES + 1))],
    "messages_mentioning": [
        *(Sample(*part(before), who) for before in (NEWEST, MIDDLE, FLAGGED, OLDEST) for who in (session(20), NO_SESSION)),
        among_flagged(*part(NEWEST), session(20)),
    ],
    "messages_mentioning_newer": [
        *(Sample(*part(after), who) for after in (MIDDLE, OLDEST, LAST) for who in (session(20), NO_SESSION)),
        among_flagged(*part(LAST), session(20)),
    ],
    "messages_public": [Sample(*part(before)) for before in (NEWEST, MIDDLE, FLAGGED, OLDEST)],
    "messages_public_newer": [Sample(*part(after)) for after in (MIDDLE, FLAGGED, OLDEST, LAST)],
    "messages_tagged": [
        *(Sample(*part(before), tag) for before in (NEWEST, MIDDLE, FLAGGED, OLDEST) for tag in ("often", "tag7", "nothing")),
        among_flagged(*part(NEWEST), "often"),
    ],
    "messages_tagged_newer": [
        *(Sample(*part(after), tag) for after in (MIDDLE, OLDEST, LAST) for tag in ("often", "tag7", "nothing")),
        among_flagged(*part(LAST), "often"),
    ],
    # Reads catalogs, which do not grow with the site.
    "readiness": [Sample(read=1000)],
    "schema_max_connections": [Sample()],
    "schema_version": [Sample()],
    # Looks at rows that are in the index, and adds one.
    "search_complete": [
        Sample(str(PAGE)),
        Sample(str(PAGE), blocks=500, before=(
            "delete from search where message_id = (select max(id) - 5 from messages)",
            f"update search_progress set (seen, complete, next_complete, next_xid) = (m.last, m.last - {PAGE}, m.last - 1, '0') {_LAST}",
        )),
    ],
    "search_index": [
        Sample(str(PAGE)),
        Sample(str(PAGE), blocks=100 * PAGE, before=(
            f"delete from search where message_id > (select max(id) - {PAGE} from messages)",
            f"update search_progress set (seen, complete, next_complete) = (m.last - {PAGE}, m.last - {PAGE}, m.last - {PAGE}) {_LAST}",
        )),
    ],
    "search_messages": [
        # A common word, two common words, and a common tag fill the page from the first blocks.
        search("ferry"), search("ferry late", begin=MIDDLE), search("the", tags="'t often'"), search("", author=PROLIFIC),
        # Rare and unknown words: one look into each large block.
        search("unknown"), search("", tags="'t unknown'"), search("ferry", tags="'t tag7'", blocks=50 * COARSE_BLOCKS),
        search("", author=WROTE_ONCE), search("ferry", author="nobody"), search("!", begin=OLDEST),
        # Common words that are never in the same message: the search reads their entries in the index side by side, but
        # no row.
        search("late quay", blocks=150 * COARSE_BLOCKS), search("late quay", budget=ONE_BLOCK, blocks=150),
        search("unknown", budget=ONE_BLOCK), search("unknown", begin=MIDDLE, budget=ONE_BLOCK),
    ],
    "search_messages_newer": [
        search("ferry", begin=MIDDLE), search("unknown", begin=MIDDLE), search("ferry late", begin="0"),
        search("late quay", begin="0", budget=ONE_BLOCK, blocks=150),
    ],
    "search_people": [Sample("10", "1", "1\U0010ffff", read=10), Sample("10", "nobody", "nobody\U0010ffff")],
    "search_rest": [Sample(place) for place in (MIDDLE, OLDEST, LAST)],
    "search_rest_newer": [Sample(place) for place in (MIDDLE, OLDEST, LAST)],
    "search_settings": [Sample("1000")],
    "search_settle": [Sample()],
    # The second hash differs from the user's.
    "sessions_add": [Sample(bytea(bytes(32)), USER, "3600", known) for known in ("none", "other")],
    "sessions_find": [
        sessions_find(session(10_000)), sessions_find(NO_SESSION), among_flagged(session(20), read=FOLLOWEES_COUNTED),
    ],
    "sessions_lock": [Sample(session(20)), Sample(NO_SESSION)],
    "sessions_lock_row": [Sample(session(20)), Sample(NO_SESSION)],
    "sessions_remove": [Sample(session(20)), Sample(NO_SESSION)],
    "simulator_latest": [Sample()],
    "simulator_record": [Sample("7")],
    "site_find": [Sample()],
    # Runs once per start. A narrow table is read as quickly as its index, but messages are long.
    "statistics": [Sample(tables=("users", "followers"), indexes=("messages",))],
    # Runs seldom, and must read all users. It sorts or hashes groups.
    "statistics_follows": [Sample("{1,10,100}", tables=("users", "followers"), sort=MESSAGES)],
    # Runs every few seconds, so it reads only new rows.
    "statistics_since": [Sample(str(PEOPLE.readers[-1].id - PAGE), str(MESSAGES - PAGE))],
    "statistics_state": [Sample(indexes=("messages", "sessions"))],
    "users_about": [Sample(session(20)), Sample(NO_SESSION)],
    "users_add": [Sample("somebody", "somebody@example.org", "hash"), Sample(USER, "user@example.org", "hash")],
    "users_describe": [Sample(session(20), "text"), Sample(session(20), ""), Sample(NO_SESSION, "text")],
    "users_find": [Sample(*name(USER)), Sample(*name("nobody")), Sample("other form", USER), Sample("other form", "nobody")],
    "users_last": [Sample()],
    "users_names": [Sample(after, until, read=1000) for after, until in (("0", "1000"), ("50000", "51000"), ("0", "0"))],
    "users_profile": [Sample(*name(user), read=COUNTED) for user in (*LISTED, WROTE_NOTHING, "nobody")],
    "users_rehash": [Sample(USER, "none", "hash"), Sample(USER, "other", "hash")],
}


@pytest.fixture
def explainer(cluster, million):
    connection = cluster.connect(million.name)
    yield Explainer(connection)
    connection.close()


def test_every_statement_has_samples(statements):
    assert set(SAMPLES) == set(statements)
    for label, (parameters, _) in statements.items():
        assert SAMPLES[label] and {len(sample.values) for sample in SAMPLES[label]} == {parameters}, label


def test_the_samples_have_the_assumed_properties(cluster, million):
    ((follows, is_flagged, password_hash),) = cluster.psql(
        "select array(select whom_id from followers where who_id = %s and whom_id in (%s, %s)),"
        " (select flagged from messages where id = %s), (select password_hash from users where id = %s)",
        million.name, (USER, FOLLOWED, OTHER, FLAGGED, USER),
    )  # fmt: skip
    assert (follows, is_flagged, password_hash) == ([int(FOLLOWED)], True, "none")
    written = "select count(*) from (select from messages where author_id = %s and not flagged limit %s) m"
    authors = (PROLIFIC, WROTE_ONCE, WROTE_NOTHING)
    assert [cluster.psql(written, million.name, (author, PAGE)) for author in authors] == [[(PAGE,)], [(1,)], [(0,)]]


@pytest.mark.parametrize("label", SAMPLES)
def test_plan(statements, explainer, label):
    _, sql = statements[label]
    for sample in SAMPLES[label]:
        problems = explainer.problems(sql, sample.values, sample.bound, sample.before)
        assert problems == [], sample.values


def test_only_replies_look_up_the_answered_message(statements, explainer):
    """The last message is a reply. The other messages of its page cost no look-up."""
    _, sql = statements["messages_public"]
    newest, next_page = part(NEWEST), part(LAST)
    assert [explainer.lookups(sql, values, "answered") for values in (newest, next_page)] == [1, 0]


# The following tests show that the tests above can fail.

# For each index a statement that needs it, and the index of its sample.
NEEDED = {
    "messages_newest": ("messages_public", 0),
    "messages_newest_by_author": ("messages_by_user", 0),
    "answers_in_order": ("messages_answers", 0),
    "messages_flagged": ("statistics_state", 0),
    "mentions_in_order": ("messages_mentioning", 0),
    "message_tags_in_order": ("messages_tagged", 0),
    "messages_pkey": ("messages_key", 0),
    "followers_in_order": ("follows_names", 2),
    "followers_whom_in_order": ("users_profile", 0),
    "sessions_user": ("sessions_add", 0),
    "sessions_expires": ("statistics_state", 0),
    "sessions_pkey": ("sessions_find", 0),
    "users_lower": ("search_people", 0),
    "users_username_key": ("users_find", 0),
}


@pytest.mark.parametrize("index", NEEDED)
def test_a_missing_index_is_found(statements, explainer, index):
    label, number = NEEDED[index]
    sample = SAMPLES[label][number]
    table = "message_tags" if index.startswith("message_tags") else index.split("_")[0]
    drop = f"alter table {table} drop constraint {index} cascade" if index.endswith("key") else f"drop index {index}"
    assert explainer.problems(statements[label][1], sample.values, sample.bound, before=[*sample.before, drop])


def test_a_large_sort_is_found(explainer):
    """The index of the author is used, but it does not give the order of the texts."""
    sql = "select id from messages where author_id = $1 and not flagged order by text limit 30"
    problems = explainer.problems(sql, [PROLIFIC], Bound(PAGE, PAGE))
    assert any("sorts " in problem for problem in problems) and any("rows of messages" in problem for problem in problems)
    assert not any("blocks" in problem for problem in problems), "each row was found by an index"


def test_a_filter_that_drops_many_rows_is_found(explainer):
    sql = "select id from messages where not flagged and author_id = $1 order by pub_date desc, id desc limit 1"
    slow = ["drop index messages_newest_by_author", "set local enable_seqscan = off", "set local enable_sort = off"]
    problems = explainer.problems(sql, [WROTE_ONCE], Bound(PAGE, PAGE), before=slow)
    assert any("by messages_newest" in problem for problem in problems)


def test_a_search_through_a_whole_index_is_found(explainer):
    sql = "select who_id from followers where whom_id = $1 limit 1"
    slow = ["drop index followers_whom_in_order", "set local enable_seqscan = off", "set local enable_bitmapscan = off"]
    # Nobody follows this user, so no row is read.
    problems = explainer.problems(sql, [str(PEOPLE.readers[0].id)], Bound(PAGE, PAGE), before=slow)
    assert problems and all("blocks" in problem for problem in problems)


def test_a_whole_index_may_be_read_only_if_the_sample_allows_it(statements, explainer):
    _, sql = statements["statistics"]
    (sample,) = SAMPLES["statistics"]
    bound = Bound(PAGE, PAGE, sample.bound.tables)
    assert any("messages by messages_" in problem for problem in explainer.problems(sql, sample.values, bound))
