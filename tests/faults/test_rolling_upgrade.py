# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""Two nodes behind a proxy get another module, one after the other, as docs/upgrade.md describes. No request fails."""

import pytest

from faults.conftest import describe_load, describe_lost
from support import metrics, version
from support.balancer import NAMES, Balancer
from support.client import location

_SECONDS = 20  # of the whole test
_TURNS = 10


@pytest.fixture
def database(own_cluster, previous):
    """The database of a site of the previous version."""
    return own_cluster.create_site_database("upgraded", previous)


@pytest.fixture
def nodes(make_httpd, database, previous):
    # On a busy machine, everything may stop for a moment.
    patient = "MinitwitPoolTimeout 10s\nMinitwitDatabaseTimeout 20s\n"
    made = [make_httpd(over=database, ops=metrics.OPS, directives=patient, start=False) for _ in NAMES]
    for node in made:
        _install(node, previous)
        node.start()
    return made


def _install(node, other):
    node.module, node.templates = other.module, other.templates


def _is_ready(node):
    return node.operator().get("/readyz").status_code == 200


def _join(balancer, name):
    """A browser of a new user, signed in."""
    browser = balancer.browser()
    assert browser.register(name).status_code == 302
    return browser.sign_in(name)


def _roll(balancer, nodes, other):
    for name, node in zip(NAMES, nodes, strict=True):
        balancer.drain(name)
        node.stop_gracefully()
        _install(node, other)
        node.start()
        assert _is_ready(node)
        balancer.admit(name)


def _use_new_pages(database, author, friend):
    """In each turn, the author posts a message with a name and a tag. The friend replies, and edits their profile."""
    for turn in range(_TURNS):
        assert location(author.share(f"@friend sees #harbour {turn}")) == "/"
        ((message,),) = database.sql("SELECT id FROM messages WHERE text = %s", f"@friend sees #harbour {turn}")
        answer = friend.post("/add_message", {"text": f"answer {turn}", "answers": message})
        assert location(answer) == f"/author/{message}"
        assert location(friend.post("/-/profile", {"about": f"about {turn}"})) == "/friend"
        assert friend.page(f"/author/{message}").texts == [f"@friend sees #harbour {turn}", f"answer {turn}"]


def _check_new_rows(database):
    """Everything that the users wrote on the new pages is stored."""
    texts = [f"@friend sees #harbour {turn}" for turn in range(_TURNS)]
    answers = [f"answer {turn}" for turn in range(_TURNS)]
    mentions = database.sql(
        "SELECT u.username, m.text FROM mentions n JOIN users u ON u.id = n.user_id JOIN messages m ON m.id = n.message_id"
        " WHERE u.username IN ('author', 'friend') ORDER BY m.id"
    )
    assert mentions == [pair for turn in zip(texts, answers) for pair in zip(("friend", "author"), turn)]
    tagged = database.sql(
        "SELECT m.text FROM message_tags n JOIN messages m ON m.id = n.message_id WHERE n.tag = 'harbour' ORDER BY m.id"
    )
    assert tagged == [(text,) for text in texts]
    answered = database.sql(
        "SELECT o.text, m.text, n.message_id = m.id FROM messages m JOIN messages o ON o.id = m.answers_id"
        " AND o.author_id = m.answers_author_id LEFT JOIN answers n ON n.answered_id = o.id ORDER BY m.id"
    )
    assert answered == [(*pair, True) for pair in zip(texts, answers)]
    assert database.sql("SELECT about FROM users WHERE username = 'friend'") == [(f"about {_TURNS - 1}",)]


def test_there_and_back(nodes, database, previous, load, row, tmp_path):
    with Balancer(tmp_path / "haproxy", nodes) as balancer:
        started = load(balancer, database, _SECONDS)
        visitor, author, friend = [_join(balancer, name) for name in ("visitor", "author", "friend")]

        migrated = database.ctl("migrate", "--sql", version.PRESENT.migrations)
        assert migrated.returncode == 0, migrated.stdout
        assert all(map(_is_ready, nodes)), "the previous version does not work with the new schema"
        _roll(balancer, nodes, version.PRESENT)
        visitor.page("/")
        _use_new_pages(database, author, friend)

        # The previous version has nothing to migrate.
        again = database.ctl("migrate", "--sql", previous.migrations, program=previous.ctl)
        assert again.returncode == 0 and again.stdout.startswith("nothing to do"), again.stdout
        _roll(balancer, nodes, previous)
        visitor.page("/")
        # The previous version shows these messages like all others, and its users can post.
        assert f"answer {_TURNS - 1}" in friend.page("/friend").source
        assert location(friend.share("hello from the previous version")) == "/"

        report = started.finish()
    _check_new_rows(database)
    assert report["unavailable"] == 0 and report["lost"] == 0, report
    assert started.probe.failures() == []
    row(
        f"two nodes behind a proxy are updated one after the other, and back (failed requests: 0; slowest: {started.probe.slowest():.2f} s)",
        describe_load(report), describe_lost(report), "no interruption",
    )  # fmt: skip
