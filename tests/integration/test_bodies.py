# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""Bodies that httpd or one of its input filters refuses, and bodies that mod_deflate unpacks."""

import errno
import gzip
import json
import os
import random
import shutil
import socket
import struct
import subprocess

import pytest

from support import installation
from support.client import authorization, receive, refusal

_AUTHORIZATION = authorization()
_FORM = "Content-Type: application/x-www-form-urlencoded"


def _chunked(*pieces):
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


def _converse(port, *parts):
    """Sends the parts. Returns all bytes that httpd sends until it closes the connection."""
    with socket.create_connection(("127.0.0.1", port), installation.PATIENCE) as connection:
        for part in parts:
            connection.sendall(part)
        return receive(connection)


def _head(line, *headers):
    return "\r\n".join([line, "Host: localhost", *headers, "", ""]).encode()


# ---- refused by httpd while the body is read


@pytest.fixture
def limited(make_httpd, people):
    people("alice")
    return make_httpd(directives="LimitRequestBody 100")


_TOO_LARGE = _chunked(b"x" * 60, b"y" * 60)
_NO_CHUNKS = b"5\r\nab\r\nnonsense\r\n"


def test_there_is_exactly_one_answer(limited, database):
    requests = [
        (limited.api_port, "POST /msgs/alice HTTP/1.1", _AUTHORIZATION),
        (limited.api_port, "POST /register HTTP/1.1", "X-None: 1"),
        (limited.web_port, "POST /login HTTP/1.1", _FORM),
        (limited.web_port, "POST /register HTTP/1.1", _FORM),
    ]
    with database.unchanged():
        for port, line, header in requests:
            head = _head(line, "Transfer-Encoding: chunked", "Connection: close", header)
            for body, status in ((_TOO_LARGE, b"413"), (_NO_CHUNKS, b"400")):
                said = _converse(port, head + body)
                assert said.startswith(b"HTTP/1.1 " + status), said
                assert said.count(b"HTTP/1.1 ") == 1, said


def test_the_rest_of_a_refused_body_is_not_a_request(limited, database):
    """httpd closes the connection, or answers the next request."""
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
    """An httpd with an input filter that sends its own answer."""
    people("alice")
    shutil.copy(installation.SOURCE / "tests" / "support" / "mod_refuse.c", tmp_path)
    subprocess.run(["apxs", "-c", "mod_refuse.c"], cwd=tmp_path, check=True, capture_output=True)
    # The account of httpd's children may not enter the folders of pytest.
    httpd = make_httpd(start=False)
    module = shutil.copy(tmp_path / ".libs" / "mod_refuse.so", httpd.root)
    httpd.directives = f"LoadModule refuse_module {module}\nSetInputFilter REFUSE"
    return httpd.start()


def test_a_filter_that_sends_its_own_answer(refusing, database):
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
def unpacking(make_httpd, people, expect_log):
    people("alice")
    expect_log.allow("refused a body of more than MinitwitBodyLimit")
    return make_httpd(directives="SetInputFilter DEFLATE\nMinitwitBodyLimit 4096\nMinitwitMessageLimit 100000\n")


def _packed(size):
    """A message of that many characters, and its packed body."""
    text = "".join(random.Random(size).choices("abcdefgh", k=size))
    return text, gzip.compress(json.dumps({"content": text}).encode())


def _post_packed(httpd, body):
    return httpd.simulator().post("/msgs/alice", body, headers={"Content-Encoding": "gzip"})


def test_a_packed_body(unpacking, database):
    text, body = _packed(3000)
    assert len(body) < len(text)
    for sent in (body, iter([body])):
        assert _post_packed(unpacking, sent).status_code == 204
    assert database.messages() == [("alice", text)] * 2


def test_the_limit_applies_to_the_unpacked_body(unpacking, database):
    _, body = _packed(6000)
    assert len(body) < 4096
    with database.unchanged():
        for sent in (body, iter([body])):
            refusal(_post_packed(unpacking, sent), 413)


def test_a_packed_form(unpacking, database):
    alice = unpacking.browser().sign_in("alice")
    headers = {"Content-Encoding": "gzip", "Content-Type": "application/x-www-form-urlencoded"}
    assert alice.post("/add_message", gzip.compress(b"text=hello"), headers=headers).status_code == 302
    with database.unchanged():
        alice.page("/add_message", status=405)
        answer = alice.post("/add_message", gzip.compress(b"text=" + b"hello" * 2000), headers=headers)
        assert answer.status_code == 413
    assert database.messages() == [("alice", "hello")]


def test_a_packed_body_without_mod_deflate(httpd, people, database):
    """The answer 415 names the coding that the client must use. The order of the API's checks stays."""
    people("alice")
    body = gzip.compress(b'{"content": "hello"}')
    form = gzip.compress(b"username=alice&password=secret")
    api, site = httpd.simulator(), httpd.browser()
    with database.unchanged():
        for coding in ("gzip", "x-gzip", "br", "identity, gzip", "nonsense"):
            answer = api.post("/msgs/alice", body, headers={"Content-Encoding": coding})
            assert "compressed" in refusal(answer, 415)
            assert answer.headers["Accept-Encoding"] == "identity"
            refusal(api.post("/register", body, headers={"Content-Encoding": coding}), 415)
            refusal(api.post("/msgs/nobody", body, headers={"Content-Encoding": coding}), 404)
            headers = {"Content-Encoding": coding, "Content-Type": "application/x-www-form-urlencoded"}
            assert site.post("/login", form, headers=headers).status_code == 415
    for coding in ("identity", "Identity", ""):
        assert api.post("/msgs/alice", '{"content": "plain"}', headers={"Content-Encoding": coding}).status_code == 204
    assert database.messages() == [("alice", "plain")] * 3


def test_a_body_that_cannot_be_unpacked(unpacking, database, expect_log):
    expect_log.allow(r"deflate:error")
    with database.unchanged():
        for body in (b"", b"nonsense", gzip.compress(b'{"content":"hello"}', mtime=0)[:-9]):
            assert _post_packed(unpacking, body).status_code == 400


# ---- clients that go away


def _release(fifo):
    """Lets a reader that waits for a writer of the FIFO go on. Returns False if there is none."""
    try:
        os.close(os.open(fifo, os.O_WRONLY | os.O_NONBLOCK))
    except OSError as error:
        assert error.errno == errno.ENXIO
        return False
    return True


def test_a_client_that_goes_away_before_it_may_send_the_body(make_httpd):
    """The request is answered with 400, not with a failure of the server."""
    patient = make_httpd(start=False)
    first, second = patient.root / "first", patient.root / "second"
    for fifo in (first, second):
        os.mkfifo(fifo)
        fifo.chmod(0o666)
        # httpd waits for a writer before it calls the module.
        patient.directives += f"SetEnvIfExpr \"req('X-Wait') == 'yes' && file('{fifo}') == 'x'\" x\n"
    patient.start()
    mark = patient.access_log.mark()
    connection = socket.create_connection(("127.0.0.1", patient.web_port), installation.PATIENCE)
    connection.sendall(
        _head("POST /login HTTP/1.1", "Transfer-Encoding: chunked", "Expect: 100-continue", "X-Wait: yes", _FORM)
        + b"1\r\nx\r\n1\n"
    )
    installation.wait_until(lambda: _release(first), "httpd to have read the header")
    # This resets the connection.
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()
    installation.wait_until(lambda: _release(second), "httpd to wait again")
    (entry,) = patient.access_log.wait(mark)
    assert entry["status"] == 400, entry
