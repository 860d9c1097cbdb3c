# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""Non-graceful restarts (SIGHUP) and stops (SIGTERM) under prefork, while clients read and write slowly. A child that
waits for a client in any part of a request ends, so that httpd need not kill it."""

import contextlib
import signal
import socket
import ssl

import pytest

from support import installation, posting, sockets
from support.client import SlowReader, authorization

_WRITER, _MESSAGES = "writer", 1000
_LENGTH = 1000  # characters of a message

# Both are longer than httpd waits for a child. The kernel could otherwise accept 4 MiB for a client that reads slowly.
_SITE = "Timeout 60\nRequestReadTimeout body=60\nSendBufferSize 65536\n"

# Chunked bodies that stop before the first size, in a size, in an extension, in the data, before the end of a line, and
# in a trailer.
_PARTS = (b"", b"1", b"5;a", b"5\r\n{", b"2\r\n{}", b"2\r\n{}\r\n0\r\nX-")

_HOST = """
Listen 127.0.0.1:{port}
<VirtualHost 127.0.0.1:{port}>
    {directives}
    <Location "/">
        SetHandler minitwit-api
    </Location>
</VirtualHost>
"""


class SlowClients:
    """Slow clients of each kind. Before start(), the site needs the virtual hosts in extra."""

    def __init__(self, certificate):
        self._tls, self._limited = installation.free_ports(2)
        modules = installation.module_folder()
        tls = f"SSLEngine on\nSSLCertificateFile {certificate[0]}\nSSLCertificateKeyFile {certificate[1]}"
        self.extra = (
            "".join(f"LoadModule {name}_module {modules}/mod_{name}.so\n" for name in ("ssl", "ratelimit", "setenvif"))
            + _HOST.format(port=self._tls, directives=tls)
            + _HOST.format(port=self._limited, directives="SetOutputFilter RATE_LIMIT\nSetEnvIf Host . rate-limit=20")
        )

    def kinds(self, site):
        """Pairs of a description and a function that connects. Its result has close()."""
        yield "a body", lambda: posting.SlowPoster(site, _WRITER, "slowly")
        for part in _PARTS:
            yield f"a chunked body, after {part}", lambda part=part: posting.stall(site, _WRITER, part)
        yield "an answer", lambda: _read_slowly(site.api_port)
        yield "pipelined answers", lambda: _read_slowly_together(site.api_port)
        yield "an answer over TLS", lambda: _read_tls_slowly(self._tls)
        yield "an answer with mod_ratelimit", lambda: _read_slowly(self._limited)


def _read_slowly(port):
    return SlowReader(port, f"/msgs/{_WRITER}?no={_MESSAGES}", authorization())


def _read_slowly_together(port):
    """Each answer fits into httpd's buffer, but not all of them together."""
    messages = 20
    connection = _connect(port)
    connection.sendall(50 * _get(messages))
    installation.wait_until(lambda: sockets.unread(port) > 2 * messages * _LENGTH, "the third answer")
    return connection


def _read_tls_slowly(port):
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    connection = context.wrap_socket(_connect(port))
    connection.sendall(_get(_MESSAGES))
    assert connection.recv(16).startswith(b"HTTP/1.1 200")
    return connection


def _connect(port):
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.settimeout(installation.PATIENCE)
    connection.connect(("127.0.0.1", port))
    return connection


def _get(messages):
    return f"GET /msgs/{_WRITER}?no={messages} HTTP/1.1\r\nHost: localhost\r\n{authorization()}\r\n\r\n".encode()


@pytest.mark.skipif(installation.MPM != "prefork", reason="only prefork ends a child in the middle of a request")
def test_slow_clients_do_not_delay_a_non_graceful_restart(make_httpd, database, certificate, expect_log, row):
    # mod_ssl warns of a self-signed certificate, of a missing session cache, and of an older library.
    expect_log.allow("AH01873", "AH01882", "AH01906", "AH01909")
    clients = SlowClients(certificate)
    site = make_httpd(directives=_SITE, extra=clients.extra)
    assert site.simulator().register(_WRITER).status_code == 204
    database.sql(
        "INSERT INTO messages (author_id, text)"
        " SELECT id, repeat('x', %s) FROM users, generate_series(1, %s) WHERE username = %s",
        _LENGTH, _MESSAGES, _WRITER,
    )  # fmt: skip
    kinds = list(clients.kinds(site))
    assert not [kind for kind, connect in kinds if _is_killed(site, signal.SIGHUP, [connect])]
    assert not _is_killed(site, signal.SIGTERM, [connect for _, connect in kinds])
    assert database.count("messages") == _MESSAGES
    row(
        "SIGHUP or SIGTERM while clients read and write slowly, with prefork", f"{len(kinds)} kinds of slow clients",
        "nothing is stored of their posts", "httpd kills no child",
    )  # fmt: skip


def _is_killed(site, number, connects):
    """Sends the signal while the clients wait. Returns whether httpd had to kill a child."""
    with contextlib.ExitStack() as stack:
        for connect in connects:
            stack.enter_context(contextlib.closing(connect()))
        mark = site.error_log.mark()
        site.process.send_signal(number)
        is_over = lambda: site.process.poll() == 0 or "resuming normal operations" in site.error_log.since(mark)  # noqa: E731
        installation.wait_until(is_over, "the end of the children")
    # httpd says so after 9 s.
    return "still did not exit, sending a SIGKILL" in site.error_log.since(mark)
