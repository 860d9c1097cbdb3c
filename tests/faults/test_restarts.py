# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""Graceful restarts, with and without mistakes, and graceful stops, while the site is in use."""

import contextlib
import re
import signal
import socket
import threading
import time

import pytest

from faults.conftest import describe_load, describe_lost
from support import installation, metrics, posting, processes, semaphores
from support.client import SlowReader, authorization, receive

# docs/install.md: children x DBDMax, and twice that during a graceful restart. MaxRequestWorkers of ./run determines
# the number of children. The metrics use two more connections.
_CHILDREN, _DBD_MAX = (24, 1) if installation.MPM == "prefork" else (4, 8)
_CONNECTIONS_MAX = 2 * _CHILDREN * _DBD_MAX + 2

# With these settings, at most eight requests can be in progress from the beginning.
_START, _THREADS = (8, "") if installation.MPM == "prefork" else (1, "ThreadsPerChild 8\n")

_MARK = semaphores.Marked()
# Otherwise the loopback interface would buffer a whole answer, also for a slow reader.
_BUFFER = "SendBufferSize 16384\n"
_SITE = f"{_MARK.directives}{_BUFFER}MinitwitPoolTimeout 30s\nMinitwitDatabaseTimeout 30s\n"

# A user with so many messages that an answer with all of them does not fit into the buffers of a socket.
_WRITER, _MESSAGES = "writer", 1000
_ANSWER = _MESSAGES * 1100  # bytes, about


@pytest.fixture
def site(make_httpd):
    return make_httpd(ops=metrics.OPS, directives=_SITE)


def _write_much(site, database):
    assert site.simulator().register(_WRITER).status_code == 204
    # The messages are old, so they do not appear in the public timeline.
    database.sql(
        "INSERT INTO messages (author_id, text, pub_date)"
        " SELECT id, repeat('x', 1000), now() - interval '1 year' FROM users, generate_series(1, %s) WHERE username = %s",
        _MESSAGES, _WRITER,
    )  # fmt: skip


def _read_slowly(site):
    return SlowReader(site.api_port, f"/msgs/{_WRITER}?no={_MESSAGES}", authorization())


def _assert_no_failure(started, report):
    assert started.probe.failures() == []
    assert (report["retries"], report["uncertain"]) == (0, 0)


class Held:
    """The resources of the processes of an httpd at one moment."""

    def __init__(self, site, database):
        parent, children = site.process.pid, site.children()
        self.memory = processes.memory([parent, *children])
        self.connections = database.value(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND usename = 'minitwit_site'"
        )
        # Some permits are in use at the moment.
        self.semaphores = len(_MARK.find(busy=20))
        self.of_parent = (processes.shared_memory(parent), processes.descriptors(parent))
        self.memory_of_parent = processes.own_memory(parent)


def test_graceful_restarts_one_after_another(site, database, load, lasting, row, request):
    _write_much(site, database)
    rounds = lasting(4, 30)
    started = load(site, database, lasting(7, 100))
    alone, together = [], []
    for _ in range(rounds):
        alone.append(Held(site, database))
        old = set(site.children())
        # A slow reader keeps its child alive, and so the generation.
        reader = _read_slowly(site)
        request.addfinalizer(reader.close)
        assert site.graceful().returncode == 0
        _wait_for_requests(started.probe, 10)
        children = set(site.children())
        assert old & children and children - old, "there are not two generations"
        together.append(Held(site, database))
        assert reader.finish().status == 200
        installation.wait_until(lambda: not old & set(site.children()), "the old generation to end")
    alone.append(Held(site, database))
    report = started.finish()
    _assert_no_failure(started, report)
    connections, memory = _assert_no_growth(alone, together)
    row(
        f"{rounds} graceful restarts; a slow reader keeps the previous generation alive each time", describe_load(report),
        describe_lost(report),
        f"no request failed; two generations used at most {memory >> 20} MiB and {connections} connections",
    )  # fmt: skip


def _assert_no_growth(alone, together):
    """Returns the largest number of connections and of bytes with two generations."""
    connections, memory = (max(getattr(held, name) for held in together) for name in ("connections", "memory"))
    assert connections <= _CONNECTIONS_MAX
    assert {held.semaphores for held in alone + together} == {1}
    # At the first restart, httpd allocates some memory that it keeps. Later restarts need no more.
    settled = alone[1:]
    assert {held.of_parent for held in settled} == {settled[0].of_parent}
    if not installation.SANITIZE:
        assert memory <= 2 * max(held.memory for held in alone) + 8 * _ANSWER
        # Each child begins with the memory of the parent. How much a child adds depends on its load, and not on the
        # restarts.
        assert settled[-1].memory_of_parent <= settled[0].memory_of_parent + 64 * 1024
    return connections, memory


def _wait_for_requests(probe, count):
    until = len(probe.samples) + count
    installation.wait_until(lambda: len(probe.samples) >= until, "requests of the honest client")


class Poster(threading.Thread):
    """Posts repeatedly, each text once and on a new connection, and sorts the texts by the result:

    answered    a complete 204
    refused     the connection was refused
    unanswered  the connection was accepted, and ended without a byte
    broken      any other result
    """

    def __init__(self, httpd, number):
        super().__init__()
        self._httpd, self._number = httpd, number
        self.answered, self.refused, self.unanswered, self.broken = [], [], [], []
        self.ending = threading.Event()

    def run(self):
        count = 0
        while not self.ending.is_set():
            count += 1
            text = f"poster {self._number} says {count}"
            self._post(text).append(text)

    def _post(self, text):
        try:
            connection = socket.create_connection(("127.0.0.1", self._httpd.api_port), installation.PATIENCE)
        except ConnectionRefusedError:
            time.sleep(0.01)
            return self.refused
        with connection:
            received = b""
            with contextlib.suppress(ConnectionError):
                connection.sendall(posting.request(_WRITER, text))
                received = receive(connection)
        if not received:
            return self.unanswered
        return self.answered if posting.is_done(received) else self.broken


def test_a_graceful_stop(site, database, load, lasting, row, request):
    """httpd answers all requests that it has accepted. When it stops listening, the kernel resets the connections in
    the listen queue, and their requests are not processed."""
    _write_much(site, database)
    times = lasting(1, 5)
    started = load(site, database, lasting(6, 40))
    posters = [Poster(site, number) for number in range(4)]
    for poster in posters:
        poster.start()
        request.addfinalizer(poster.ending.set)
    slow = [f"slowly {number}" for number in range(2 * times)]
    for number in range(times):
        _wait_for_requests(started.probe, 20)
        _stop_gracefully(site, slow[2 * number : 2 * number + 2], request)
        installation.wait_until(lambda: any(poster.refused for poster in posters), "a refused connection")
        port = site.api_port
        assert site.start().api_port == port, "another process took the port"
    over = time.monotonic()
    _wait_for_requests(started.probe, 20)
    for poster in posters:
        poster.ending.set()
        poster.join()
    report = started.finish()
    # Only answered requests were processed.
    assert report["verify"]["uncertain_stored"] == 0
    assert not any(poster.broken for poster in posters)
    answered = sum((poster.answered for poster in posters), slow)
    stored = [text for author, text in database.messages() if author == _WRITER and not text.startswith("x")]
    assert sorted(stored) == sorted(answered)
    reset = sum(len(poster.unanswered) for poster in posters)
    row(
        f"{times} graceful stops, each followed by a start",
        f"{describe_load(report)}, and {len(posters)} clients that post without a pause",
        f"{describe_lost(report)}; 0 of {len(answered):,} acknowledged posts; "
        f"{reset} connections in the listen queue were reset",
        started.probe.recovered_after(over),
    )  # fmt: skip


def _stop_gracefully(site, texts, request):
    """Stops httpd while one client reads slowly and others write slowly. All of them are served completely."""
    reader = _read_slowly(site)
    writers = [posting.SlowPoster(site, _WRITER, text) for text in texts]
    for client in (reader, *writers):
        request.addfinalizer(client.close)
    site.process.send_signal(signal.SIGWINCH)
    installation.wait_until(lambda: not _is_listening(site), "httpd to stop listening")
    for writer in writers:
        writer.finish()
    assert site.process.poll() is None, "httpd ended before the reader was served"
    assert reader.finish().status == 200
    assert site.process.wait(installation.PATIENCE) == 0
    site.stop()


def _is_listening(site):
    try:
        socket.create_connection(("127.0.0.1", site.ops_port), installation.PATIENCE).close()
    except ConnectionRefusedError:
        return False
    return True


def test_a_graceful_stop_resets_the_listen_queue(make_httpd, database, row):
    """All workers are busy, so more connections wait in the listen queue. The kernel resets them at once, and their
    requests are not processed."""
    workers, more = 8, 5
    site = make_httpd(directives=f"{_SITE}StartServers {_START}\n{_THREADS}MaxRequestWorkers {workers}\n")
    assert site.simulator().register(_WRITER).status_code == 204
    with contextlib.ExitStack() as stack:
        writers = [stack.enter_context(contextlib.closing(posting.SlowPoster(site, _WRITER, f"{n}"))) for n in range(workers)]
        waiting = []
        for number in range(more):
            address = ("127.0.0.1", site.api_port)
            waiting.append(stack.enter_context(socket.create_connection(address, installation.PATIENCE)))
            text = f"waiting {number}"
            waiting[-1].sendall(posting.request(_WRITER, text))
        site.process.send_signal(signal.SIGWINCH)
        installation.wait_until(lambda: not _is_listening(site), "httpd to stop listening")
        for writer in writers:
            writer.finish()
        reset = 0
        for connection in waiting:
            try:
                assert receive(connection) == b""
            except ConnectionResetError:
                reset += 1
    assert site.process.wait(installation.PATIENCE) == 0
    site.stop()
    assert sorted(text for _, text in database.messages()) == sorted(writer.text for writer in writers)
    assert reset == more
    row(
        "a graceful stop while all workers are busy", f"{workers} requests in progress, {more} connections in the listen queue",
        f"0 of {workers} accepted posts; {reset} connections were reset, and their requests not processed", "-",
    )  # fmt: skip


_RESTARTING = re.compile("graceful restart", re.IGNORECASE)  # the rest of the line depends on the MPM


def test_mistakes_at_a_graceful_restart(make_httpd, database, templates, load, lasting, row):
    """The running server continues, and the message names the place of the mistake."""
    site = make_httpd(ops=metrics.OPS, directives=f"{_SITE}MinitwitTemplates {templates}\n")
    well, layout = site.directives, templates / "layout.html"
    text = layout.read_text()
    started = load(site, database, lasting(5, 30))
    for _ in range(lasting(1, 8)):
        mark = site.error_log.mark()
        for mistake in ("MinitwitNonsense on", "MinitwitPoolTimeout soon", "<Location", f"Include {site.root}/none.conf"):
            site.directives = f"{well}{mistake}\n"
            said = site.graceful()
            place = re.search(rf"line (\d+) of {re.escape(str(site.configuration))}", said.stdout)
            assert said.returncode != 0 and place, said.stdout
            assert mistake in site.configuration.read_text().splitlines()[int(place[1]) - 1]
        site.directives = well
        layout.write_text(f"{text}\n{{{{nonsense}}}}\n")
        said = site.graceful()
        assert said.returncode != 0
        assert f"{layout}:{len(text.splitlines()) + 2}:" in said.stdout, said.stdout
        layout.write_text(text)
        # httpd got no signal.
        assert not _RESTARTING.search(site.error_log.since(mark))
        assert site.graceful().returncode == 0
        assert _RESTARTING.search(site.error_log.since(mark))
    report = started.finish()
    _assert_no_failure(started, report)
    row(
        "graceful restarts with mistakes in the configuration and in a template", describe_load(report),
        describe_lost(report), "no request failed",
    )  # fmt: skip
