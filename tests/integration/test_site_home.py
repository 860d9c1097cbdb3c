# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""Home timelines on random data. Each page is compared with the result of the simplest SQL."""

import pytest

from support.client import location
from support.page import NO_MESSAGE

# The author of a message, one of 150: all write equally often; a few write most; one writes nearly everything.
SPREADS = {
    "even": "1 + floor(random() * 150)",
    "skewed": "1 + floor(power(random(), 4) * 150)",
    "one": "1 + floor(greatest(0, random() - 0.97) / 0.03 * 150)",
}

# With few dates, so that many messages have the same date. Many are flagged.
_MESSAGES = """
SELECT setseed(0.25);
INSERT INTO messages (author_id, text, pub_date, flagged)
SELECT u.id, 'message ' || n, timestamptz '2020-02-02 02:02:02Z' + floor(random() * 40) * interval '1 minute', random() < 0.3
FROM (SELECT n, 'u' || ({spread}) AS name FROM generate_series(1, {count}) n OFFSET 0) m JOIN users u ON u.username = m.name;
INSERT INTO messages (author_id, text) SELECT id, 'of alice' FROM users WHERE username = 'alice'
"""

_FOLLOW = """
INSERT INTO followers (who_id, whom_id)
SELECT a.id, b.id FROM users a, users b WHERE a.username = 'alice' AND b.username LIKE 'u%%' ORDER BY b.id LIMIT %s
"""

_EXPECTED = """
SELECT m.id, m.text FROM messages m JOIN users a ON a.username = 'alice'
WHERE NOT m.flagged AND (m.author_id = a.id OR m.author_id IN (SELECT f.whom_id FROM followers f WHERE f.who_id = a.id))
ORDER BY m.pub_date DESC, m.id DESC
"""


def _fill(database, spread, count, followees):
    database.sql(
        "INSERT INTO users (username, email, password_hash)"
        " SELECT 'u' || n, 'u@example.org', '' FROM generate_series(1, 150) n"
    )
    database.sql(_MESSAGES.format(spread=SPREADS[spread], count=count))
    database.sql(_FOLLOW, followees)


@pytest.mark.parametrize("spread", SPREADS)
@pytest.mark.parametrize("followees", [5, 100, 101])
def test_every_page(signed_in, database, spread, followees):
    alice = signed_in("alice")
    _fill(database, spread, 300, followees)
    expected = [text for _, text in database.sql(_EXPECTED)]
    page = alice.page("/")
    pages = [page.texts]
    while page.has_link("Older"):
        page = alice.page(page.link("Older"))
        pages.append(page.texts)
    assert pages == [expected[start : start + 30] for start in range(0, len(expected), 30)]


@pytest.mark.parametrize("followees", [20, 101])
def test_the_messages_before_and_after_any_message(signed_in, database, followees):
    """The message itself may be flagged, or the user may not follow its author."""
    alice = signed_in("alice")
    _fill(database, "skewed", 400, followees)
    shown = {number for number, _ in database.sql(_EXPECTED)}
    order = database.sql(
        "SELECT id, text, (extract(epoch FROM pub_date) * 1000000)::bigint || '-' || id FROM messages"
        " ORDER BY pub_date DESC, id DESC"
    )
    for place in range(0, len(order), 17):
        cursor = order[place][2]
        before = [text for number, text, _ in order[place + 1 :] if number in shown]
        assert alice.page(f"/?before={cursor}").texts == before[:30], order[place]
        after = [text for number, text, _ in order[:place] if number in shown]
        if len(after) <= 30:
            assert location(alice.get(f"/?after={cursor}")) == "/"
        else:
            assert alice.page(f"/?after={cursor}").texts == after[-30:], order[place]


def test_fewer_messages_than_a_page_holds(signed_in, database):
    alice = signed_in("alice")
    _fill(database, "even", 10, 100)
    page = alice.page("/")
    assert page.texts == [text for _, text in database.sql(_EXPECTED)]
    assert 1 < len(page.texts) < 30 and not page.has_link("Older")
    database.sql("UPDATE messages SET flagged = true")
    assert NO_MESSAGE in alice.page("/").source


@pytest.mark.smoke
def test_the_sites_script_asks_whether_a_page_has_changed(signed_in, people):
    """The script sends the header of a speculative request. Only with this header, a personal page has an ETag, and the
    flash stays."""
    alice = signed_in("alice")
    people("bob")
    alice.share("hello")
    script = {"X-Purpose": "preview"}
    for path in ("/", "/public", "/alice"):
        first = alice.get(path, headers=script)
        assert first.headers["Cache-Control"] == "no-store"
        assert "Set-Cookie" not in first.headers and "was recorded" not in first.text
        same = alice.get(path, headers=script | {"If-None-Match": first.headers["ETag"]})
        assert (same.status_code, same.content, same.headers["Cache-Control"]) == (304, b"", "no-store")
        assert "Set-Cookie" not in same.headers
    assert "Your message was recorded" in alice.get("/").text
    assert "ETag" not in alice.get("/").headers
    alice.share("more")
    changed = alice.get("/", headers=script | {"If-None-Match": first.headers["ETag"]})
    assert changed.status_code == 200 and "more" in changed.text
