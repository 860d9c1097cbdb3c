# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""Bodies that httpd's input filters stand before: they refuse, or unpack."""

import base64
import contextlib
import gzip
import json
import random
import shutil
import socket
import struct
import subprocess

import pytest

from support import installation
from support.client import SIMULATOR, refusal

_AUTHORIZATION = "Authorization: Basic " + base64.b64encode(":".join(SIMULATOR).encode()).decode()
_FORM = "Content-Type: application/x-www-form-urlencoded"


def _chunked(*pieces):
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


def _converse(port, *parts):
    """Sends the parts and reads until httpd closes the connection: all that it said."""
    with socket.create_connection(("127.0.0.1", port), installation.PATIENCE) as connection:
        for part in parts:
            connection.sendall(part)
        received = b""
        while piece := connection.recv(65536):
            received += piece
        return received


def _head(line, *headers):
    return "\r\n".join([line, "Host: localhost", *headers, "", ""]).encode()


# ---- refused by httpd while the body is read


@pytest.fixture
def limited(make_httpd, people):
    people("alice")
    return make_httpd(directives="LimitRequestBody 100")


_TOO_LARGE = _chunked(b"x" * 60, b"y" * 60)
_NO_CHUNKS = b"5\r\nab\r\nnonsense\r\n"


@pytest.mark.parametrize(
    ("where", "line", "headers"),
    [
        ("api", "POST /msgs/alice HTTP/1.1", [_AUTHORIZATION]),
        ("api", "POST /register HTTP/1.1", []),
        ("web", "POST /login HTTP/1.1", [_FORM]),
        ("web", "POST /register HTTP/1.1", [_FORM]),
    ],
)
@pytest.mark.parametrize(("body", "status"), [(_TOO_LARGE, b"413"), (_NO_CHUNKS, b"400")])
def test_one_answer_and_no_more(limited, database, where, line, headers, body, status):
    port = limited.api_port if where == "api" else limited.web_port
    with database.unchanged():
        said = _converse(port, _head(line, "Transfer-Encoding: chunked", "Connection: close", *headers) + body)
    assert said.startswith(b"HTTP/1.1 " + status), said
    assert said.count(b"HTTP/1.1 ") == 1, said


def test_what_follows_a_refused_body_is_no_request(limited, database):
    """The connection is closed, or the next request is answered as itself: the rest of the body never is."""
    smuggled = _head("GET /latest HTTP/1.1")
    said = _converse(
        limited.api_port,
        _head("POST /msgs/alice HTTP/1.1", "Transfer-Encoding: chunked", _AUTHORIZATION)
        + _chunked(b"x" * 60, smuggled * 5),
        _head("GET /nothing HTTP/1.1", "Connection: close"),
    )
    statuses = [piece[:3] for piece in said.split(b"HTTP/1.1 ")[1:]]
    assert statuses in ([b"413"], [b"413", b"404"]), said


def test_below_the_limit(limited, database):
    body = json.dumps({"content": "hello"}).encode()
    said = _converse(
        limited.api_port,
        _head("POST /msgs/alice HTTP/1.1", "Transfer-Encoding: chunked", _AUTHORIZATION) + _chunked(body[:5], body[5:]),
        _head("GET /latest HTTP/1.1", "Connection: close"),
    )
    assert [piece[:3] for piece in said.split(b"HTTP/1.1 ")[1:]] == [b"204", b"200"]
    assert database.messages() == [("alice", "hello")]


@pytest.fixture
def refusing(make_httpd, people, tmp_path):
    """An httpd with an input filter that sends an answer of its own."""
    people("alice")
    shutil.copy(installation.SOURCE / "tests" / "support" / "mod_refuse.c", tmp_path)
    subprocess.run(["apxs", "-c", "mod_refuse.c"], cwd=tmp_path, check=True, capture_output=True)
    # httpd's children run as somebody else, and so may not enter the folders of pytest.
    httpd = make_httpd(start=False)
    module = shutil.copy(tmp_path / ".libs" / "mod_refuse.so", httpd.root)
    httpd.directives = f"LoadModule refuse_module {module}\nSetInputFilter REFUSE"
    return httpd.start()


def test_a_filter_that_answers_itself(refusing, database):
    with database.unchanged():
        for port, line, headers in (
            (refusing.api_port, "POST /msgs/alice HTTP/1.1", [_AUTHORIZATION]),
            (refusing.web_port, "POST /login HTTP/1.1", [_FORM]),
        ):
            said = _converse(port, _head(line, "Content-Length: 4", "Connection: close", *headers) + b"text")
            assert said.startswith(b"HTTP/1.1 403"), said
            assert said.count(b"HTTP/1.1 ") == 1 and said.count(b"</html>") == 1, said


# ---- unpacked by mod_deflate


@pytest.fixture
def unpacking(make_httpd, people):
    people("alice")
    return make_httpd(directives="SetInputFilter DEFLATE\nMinitwitBodyLimit 4096\nMinitwitMessageLimit 100000\n")


def _packed(size):
    """A message of that many characters, and the body that carries it, packed."""
    text = "".join(random.Random(size).choices("abcdefgh", k=size))
    return text, gzip.compress(json.dumps({"content": text}).encode())


@pytest.mark.parametrize("is_chunked", [False, True])
def test_a_packed_body(unpacking, database, is_chunked):
    text, body = _packed(3000)
    assert len(body) < len(text)
    answer = unpacking.simulator().post(
        "/msgs/alice", iter([body]) if is_chunked else body, headers={"Content-Encoding": "gzip"}
    )
    assert answer.status_code == 204, answer.text
    assert database.messages() == [("alice", text)]


@pytest.mark.parametrize("is_chunked", [False, True])
def test_a_packed_body_counts_by_what_is_in_it(unpacking, database, is_chunked):
    _, body = _packed(6000)
    assert len(body) < 4096
    with database.unchanged():
        answer = unpacking.simulator().post(
            "/msgs/alice", iter([body]) if is_chunked else body, headers={"Content-Encoding": "gzip"}
        )
        refusal(answer, 413)


def test_a_packed_form(unpacking, database):
    alice = unpacking.browser().sign_in("alice")
    headers = {"Content-Encoding": "gzip", "Content-Type": "application/x-www-form-urlencoded"}
    assert alice.post("/add_message", gzip.compress(b"text=hello"), headers=headers).status_code == 302
    with database.unchanged():
        alice.page("/add_message", status=405)
        answer = alice.post("/add_message", gzip.compress(b"text=" + b"hello" * 2000), headers=headers)
        assert answer.status_code == 413
    assert database.messages() == [("alice", "hello")]


@pytest.mark.parametrize("body", [b"", b"nonsense", gzip.compress(b'{"content":"hello"}', mtime=0)[:-9]])
def test_a_body_that_cannot_be_unpacked(unpacking, database, expect_log, body):
    expect_log.allow(r"deflate:error")
    with database.unchanged():
        answer = unpacking.simulator().post("/msgs/alice", body, headers={"Content-Encoding": "gzip"})
        assert answer.status_code == 400


# ---- clients that go away


def test_a_client_that_is_gone_when_it_may_send(make_httpd, database):
    """Nobody is told to go on, and nothing of that is the server's fault."""
    patient = make_httpd(directives="MinitwitDatabaseTimeout 30s\nMinitwitSlowRequest 1h")
    mark = patient.access_log.mark()
    with contextlib.closing(database.cluster.connect(database.name)) as locker:
        locker.autocommit = False
        # It has to wait for its session, and only then asks for the body.
        locker.cursor().execute("LOCK TABLE sessions IN ACCESS EXCLUSIVE MODE")
        connection = socket.create_connection(("127.0.0.1", patient.web_port), installation.PATIENCE)
        cookie = "Cookie: minitwit_session=" + "A" * 43
        head = _head("POST /login HTTP/1.1", "Transfer-Encoding: chunked", "Expect: 100-continue", cookie, _FORM)
        connection.sendall(head + b"1\r\nx\r\n1\n")
        installation.wait_until(lambda: _waits(locker), "the request to wait for its session")
        # Reset, not closed.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()
    (entry,) = patient.access_log.wait(mark)
    assert entry["status"] == 400, entry


def _waits(locker):
    cursor = locker.cursor()
    cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'sessions'::regclass")
    return cursor.fetchone()[0] > 0
