# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""A write of a signed-in user stores nothing if the session ends after the site has begun to work on the request."""

import socket
import urllib.parse

import pytest

from support.client import RawAnswer, receive
from support.installation import PATIENCE


class OpenPost:
    """A POST that the site has begun to read. Its body is not complete yet."""

    def __init__(self, browser, path, body):
        cookie = browser.cookie("session")
        self.body = body.encode()
        self.connection = socket.create_connection(("127.0.0.1", urllib.parse.urlsplit(browser.base).port), PATIENCE)
        self.connection.sendall(
            f"POST {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nExpect: 100-continue\r\n"
            f"Cookie: {cookie.name}={cookie.value}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
            f"Content-Length: {len(self.body)}\r\n\r\n".encode()
        )
        assert self.connection.recv(4096).startswith(b"HTTP/1.1 100 ")
        self.connection.sendall(self.body[:3])

    def finish(self):
        """Sends the rest, and returns the status."""
        with self.connection:
            self.connection.sendall(self.body[3:])
            return RawAnswer(receive(self.connection)).status


@pytest.mark.smoke
@pytest.mark.parametrize("end", ["disable", "delete", "passwd", "logout"])
def test_a_post_that_is_open_when_its_session_ends(signed_in, database, end):
    """The post stores nothing, even if another user has since got the name of a deleted user."""
    alice = signed_in("alice")
    posts = [OpenPost(alice, "/add_message", f"text=late+{number}") for number in range(5)]
    if end == "logout":
        alice.get("/logout")
    else:
        options = {"delete": ["--yes"], "passwd": ["--stdin"]}.get(end, [])
        assert database.ctl("user", end, *options, "alice", typed="changed\n").returncode == 0
    if end == "delete":
        signed_in("alice")
    with database.unchanged():
        assert [post.finish() for post in posts] == [401] * 5


ENDS = {
    "disable": "UPDATE users SET password_hash = '!' || password_hash WHERE username = 'alice';"
    " DELETE FROM sessions WHERE user_id = {id}",
    "delete": "SELECT FROM users WHERE id = {id} FOR UPDATE; DELETE FROM messages WHERE author_id = {id};"
    " DELETE FROM followers WHERE {id} IN (who_id, whom_id); DELETE FROM sessions WHERE user_id = {id};"
    " DELETE FROM users WHERE id = {id}",
}


@pytest.mark.parametrize("end", ENDS)
def test_a_write_that_waits_for_the_end_of_its_session(make_httpd, people, database, end):
    """The site has already sent the statement. These are the locks and the order of minitwitctl."""
    httpd = make_httpd(directives="MinitwitDatabaseTimeout 60s\n")
    people("bob")
    for path in ("/add_message", "/bob/follow", "/bob/unfollow"):
        people("alice")
        alice = httpd.browser().sign_in("alice")
        if "un" in path:
            alice.post("/bob/follow")
        ((user,),) = database.sql("SELECT id FROM users WHERE username = 'alice'")
        answer = database.meet(ENDS[end].format(id=user), lambda path=path, alice=alice: alice.post(path, {"text": "late"}))
        assert answer.status_code == 401, path
        assert database.messages() == []
        assert database.follows() == ([("alice", "bob")] if end == "disable" and "un" in path else [])
        database.sql("DELETE FROM followers; DELETE FROM users WHERE username = 'alice'")


def test_a_follow_that_waits_while_its_followee_is_deleted(make_httpd, people, database):
    httpd = make_httpd(directives="MinitwitDatabaseTimeout 60s\n")
    people("alice", "bob")
    alice = httpd.browser().sign_in("alice")
    answer = database.meet("DELETE FROM users WHERE username = 'bob'", lambda: alice.post("/bob/follow"))
    assert answer.status_code == 404
    assert database.follows() == []
