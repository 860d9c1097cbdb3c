# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""The page of a message: the message that it answers, the message, a form for an answer, and its answers."""

import pytest

from support.client import location


def _share(database, browser, text, answers=None):
    """Posts a message. Returns its id."""
    fields = {"text": text} | ({"answers": answers} if answers else {})
    assert browser.post("/add_message", fields).status_code == 302
    return database.value("SELECT max(id) FROM messages")


@pytest.fixture
def talk(signed_in, database):
    """(alice, bob, ids of messages): alice asks, bob answers, and alice answers bob."""
    alice, bob = signed_in("alice"), signed_in("bob")
    question = _share(database, alice, "question")
    answer = _share(database, bob, "an answer", question)
    return alice, bob, (question, answer, _share(database, alice, "thanks", answer))


@pytest.mark.smoke
def test_the_page_of_a_message(talk, site):
    alice, bob, (question, answer, thanks) = talk
    for browser in (site, bob):
        page = browser.page(f"/bob/{answer}")
        assert page.heading == "bob's Message"
        assert [message.text for message in page.messages] == ["question", "an answer", "thanks"]
        assert [message.address for message in page.messages] == [f"/alice/{question}", f"/bob/{answer}", f"/alice/{thanks}"]
    # The replies do not repeat the message that is above them.
    assert [link["href"] for link in page.select("span.answered a")] == [f"/alice/{question}"]
    # The message itself has the form below it.
    replies = [link["href"] for link in page.select("a.reply")]
    assert replies == [f"/alice/{question}#reply", f"/alice/{thanks}#reply"]
    page = site.page(f"/alice/{thanks}")
    assert [message.text for message in page.messages] == ["an answer", "thanks"]
    assert "There are no replies yet." in page.one("div.body").text
    assert alice.page("/public").select("span.answered")[0].text == "In reply to bob"


def test_the_form_for_an_answer(talk, site, database):
    """No other input comes before those of the form. Visitors who are not signed in get a link."""
    _, bob, (question, _, _) = talk
    page = bob.page(f"/alice/{question}")
    fields = page.select("input")
    assert [(field["type"], field["name"]) for field in fields[:2]] == [("text", "text"), ("hidden", "answers")]
    assert fields[2]["type"] == "submit" and len(fields) == 3
    form = page.one("#reply form")
    assert (form["action"], form["method"]) == ("/add_message", "post")
    assert location(bob.post(form["action"], {"text": "more", "answers": fields[1]["value"]})) == f"/alice/{question}"
    assert database.sql("SELECT text, answers_id FROM messages ORDER BY id DESC LIMIT 1") == [("more", question)]
    page = site.page(f"/alice/{question}")
    assert page.select("input") == [] and page.one("#reply a")["href"] == f"/login?next=%2Falice%2F{question}"


def test_the_title_and_the_description_have_the_words_of_the_message(talk, site, database):
    """They are one line, and a cut is never within a character of several code points."""
    alice, _, (question, answer, _) = talk
    family = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
    long = _share(database, alice, "two\nlines " + family * 60)
    for path, words in ((f"/alice/{question}", "question"), (f"/bob/{answer}", "an answer"), (f"/alice/{long}", None)):
        page = site.page(path)
        title = page.one("meta[property=og:title]")["content"]
        description = page.one("meta[name=description]")["content"]
        assert page.title == f"{title} | MiniTwit"
        author, _, found = title.partition(": ")
        assert author == path.split("/")[1]
        for text in (found, description):
            if words:
                assert text == words
            else:
                assert text.startswith("two lines ") and text.endswith("\u2026")
                assert set(text[len("two lines ") : -1].split(family)) == {""}


def test_pages_that_do_not_exist(talk, site, database):
    _, bob, (question, answer, thanks) = talk
    wrong = [f"/bob/{question}", f"/nobody/{question}", f"/alice/{thanks + 1}"]
    wrong += [f"/alice/{text}" for text in ("0", f"0{question}", f"+{question}", f"%20{question}", "x", "-1", "9" * 30, f"{question}x")]
    for path in wrong:
        for browser in (site, bob):
            page = browser.page(path, 404)
            assert page.one(".problem").text.startswith("There is no message"), path
            assert "The message may have been deleted." in page.text and "case-sensitive" not in page.text, path
    assert site.head(f"/alice/{question}").status_code == 200
    assert database.ctl("message", "flag", str(answer)).returncode == 0
    database.sql("UPDATE messages SET id = id")
    assert site.page(f"/bob/{answer}", 404)
    assert [message.text for message in site.page(f"/alice/{question}").messages] == ["question"]
    assert [message.text for message in site.page(f"/alice/{thanks}").messages] == ["thanks"]
    assert database.ctl("message", "unflag", str(answer)).returncode == 0
    assert database.ctl("message", "delete", "--yes", str(question)).returncode == 0
    database.sql("UPDATE messages SET id = id")
    assert site.page(f"/alice/{question}", 404)
    assert [message.text for message in site.page(f"/bob/{answer}").messages] == ["an answer", "thanks"]
    assert database.ctl("user", "delete", "--yes", "alice").returncode == 0
    database.sql("UPDATE messages SET id = id")
    page = site.page(f"/bob/{answer}")
    assert [message.text for message in page.messages] == ["an answer"]
    assert page.one("span.answered").text == "In reply to a deleted message"


def test_no_list_links_to_a_message_without_a_page(talk, site, database):
    """A reply to a flagged or deleted message has a mark without a link. Each other link leads to a page."""
    alice, bob, (question, answer, thanks) = talk
    lists = [(site, "/public"), (site, "/alice"), (alice, "/"), (bob, "/-/mentions"), (site, f"/alice/{thanks}")]

    def marks():
        """Of the last message, in each list."""
        for browser, path in lists:
            (message,) = [one for one in browser.page(path).messages if one.id == thanks]
            (mark,) = message.item.select("span.answered")
            yield mark.text, *(link["href"] for link in mark.select("a"))

    linked = ("In reply to bob", f"/bob/{answer}")
    orphan = ("In reply to a deleted message",)
    for command, expected in (("unflag", linked), ("flag", orphan), ("unflag", linked), ("delete --yes", orphan)):
        assert database.ctl("message", *command.split(), str(answer)).returncode == 0
        assert set(marks()) == {expected}, command


def test_many_answers_have_pages(talk, site, database):
    alice, _, (question, _, _) = talk
    database.sql(
        "INSERT INTO messages (author_id, text, answers_id, answers_author_id, pub_date)"
        " SELECT author_id, 'answer ' || n, id, author_id, now() + n * interval '1 second'"
        " FROM messages CROSS JOIN generate_series(1, 40) n WHERE id = %s", question
    )  # fmt: skip
    database.sql(
        "INSERT INTO answers (answered_id, pub_date, message_id) SELECT answers_id, pub_date, id FROM messages"
        " WHERE answers_id IS NOT NULL ON CONFLICT DO NOTHING"
    )
    page = alice.page(f"/alice/{question}")
    assert page.texts == ["question", *(f"answer {number}" for number in range(40, 10, -1))]
    older = site.page(page.link("Older"))
    assert older.texts == ["question", *(f"answer {number}" for number in range(10, 0, -1)), "an answer"]
    assert older.link("Newest") == f"/alice/{question}"
    assert location(site.get(older.link("Newer"))) == f"/alice/{question}"
    assert location(site.get(f"/alice/{question}?before={question}")) == f"/alice/{question}"


def test_answers_show_at_once(talk, make_httpd):
    """The answers also show on a cached page."""
    _, _, (question, answer, _) = talk
    httpd = make_httpd(start=False)
    httpd.cache = "MinitwitCacheLifetime 1h\n"
    httpd.start()
    anonymous, bob = httpd.browser(), httpd.browser().sign_in("bob")
    assert anonymous.page(f"/alice/{question}").texts == ["question", "an answer"]
    assert location(bob.post("/add_message", {"text": "another", "answers": question})) == f"/alice/{question}"
    assert anonymous.page(f"/alice/{question}").texts == ["question", "another", "an answer"]
    assert anonymous.page(f"/bob/{answer}").texts == ["question", "an answer", "thanks"]


def test_hostile_texts(signed_in, site, people, database):
    """A name with quotes and a text with markup stay text in each place that shows them."""
    name = "\"><script>alert(1)</script>'\\"
    alice = signed_in(name.replace("/", ""))
    people("bob")
    name = name.replace("/", "")
    text = "</title><script>alert(2)</script>\"'"
    question = _share(database, alice, text)
    answer = _share(database, alice, text, question)
    address = alice.page("/").messages[0].address
    for browser in (alice, site):
        page = browser.page(address)
        assert [message.text for message in page.messages] == [text, text]
        assert all(script.get("src") for script in page.select("script")) and page.messages[1].author == name
        assert page.one("meta[name=description]")["content"] == text
    assert address.endswith(f"/{answer}")
