# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""What an operator does while the site is in use: graceful restarts, with and without mistakes, and a graceful stop."""

import contextlib
import random
import re
import signal
import socket
import threading
import time

import pytest

from faults.conftest import describe_load, describe_lost
from support import installation, metrics, posting, processes, semaphores
from support.client import SlowReader, authorization, receive

# As docs/install.md has it: children x DBDMax, twice that during a graceful restart; here, children are as many as
# MaxRequestWorkers makes of Httpd's MPM, and the metrics have two connections of their own.
_CHILDREN, _DBD_MAX = (24, 1) if installation.MPM == "prefork" else (4, 4)
_CONNECTIONS_MAX = 2 * _CHILDREN * _DBD_MAX + 2

# So that no more than eight requests can be in work from the beginning.
_START = 8 if installation.MPM == "prefork" else 1

# A limit that hardly anybody else has, by which the semaphores are found.
_HASH_LIMIT = random.randint(300, 800)
_SITE = f"MinitwitHashLimit {_HASH_LIMIT}\nMinitwitPoolTimeout 30s\nMinitwitDatabaseTimeout 30s\n"

# Somebody who has written so much that a page of it is larger than what sockets hold.
_WRITER, _MESSAGES = "writer", 1000
_ANSWER = _MESSAGES * 1100  # bytes, about


@pytest.fixture
def site(make_httpd):
    return make_httpd(ops=metrics.OPS, directives=_SITE)


def _write_much(site, database):
    assert site.simulator().register(_WRITER).status_code == 204
    # Long ago, so that it is in nobody's way.
    database.sql(
        "INSERT INTO messages (author_id, text, pub_date)"
        " SELECT id, repeat('x', 1000), now() - interval '1 year' FROM users, generate_series(1, %s) WHERE username = %s",
        _MESSAGES, _WRITER,
    )  # fmt: skip


def _read_slowly(site):
    return SlowReader(site.api_port, f"/msgs/{_WRITER}?no={_MESSAGES}", authorization())


def _see_that_nobody_noticed(started, report):
    assert started.probe.failures() == []
    assert (report["retries"], report["uncertain"]) == (0, 0)


class Held:
    """What the processes of an httpd hold at one moment."""

    def __init__(self, site, database):
        parent, children = site.process.pid, site.children()
        self.children = len(children)
        self.memory = processes.memory([parent, *children])
        self.connections = database.value(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND usename = 'minitwit_site'"
        )
        # Some are in use at the moment.
        self.semaphores = len(semaphores.find_by_permits(range(_HASH_LIMIT - 20, _HASH_LIMIT + 1)))
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
        # A slow reader keeps the child that serves him alive, and with it that generation.
        reader = _read_slowly(site)
        request.addfinalizer(reader.close)
        assert site.graceful().returncode == 0
        _wait_for_requests(started.probe, 10)
        children = set(site.children())
        assert old & children and children - old, "two generations should live"
        together.append(Held(site, database))
        assert reader.finish().status == 200
        installation.wait_until(lambda: not old & set(site.children()), "the old generation to end")
    alone.append(Held(site, database))
    report = started.finish()
    _see_that_nobody_noticed(started, report)
    connections, memory = _see_that_nothing_grew(alone, together)
    row(
        f"{rounds} graceful restarts; a slow reader keeps the previous generation alive each time", describe_load(report),
        describe_lost(report),
        f"no request failed; two generations used at most {memory >> 20} MiB and {connections} connections",
    )  # fmt: skip


def _see_that_nothing_grew(alone, together):
    """Returns the largest number of connections, and of bytes, while two generations lived."""
    connections, memory = (max(getattr(held, name) for held in together) for name in ("connections", "memory"))
    assert connections <= _CONNECTIONS_MAX
    assert {held.semaphores for held in alone + together} == {1}
    # At the first restart httpd still gets some memory that it keeps; from then on, there is no more in any generation.
    settled = alone[1:]
    assert {held.of_parent for held in settled} == {settled[0].of_parent}
    if not installation.SANITIZE:
        assert memory <= 2 * max(held.memory for held in alone) + 8 * _ANSWER
        assert settled[-1].memory_of_parent <= settled[0].memory_of_parent + 64 * 1024
        assert max(_of_each(held) for held in settled) <= 2 * max(_of_each(held) for held in alone[:2])
    return connections, memory


def _of_each(held):
    return held.memory / (1 + held.children)


def _wait_for_requests(probe, count):
    until = len(probe.samples) + count
    installation.wait_until(lambda: len(probe.samples) >= until, "requests of the honest client")


class Poster(threading.Thread):
    """Posts over and over, each text once and on a connection of its own, and sorts the texts by what became of them.

    answered    204, whole
    refused     nobody took the connection
    unanswered  the connection was made, and ended without a byte
    broken      anything else
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
    """Whatever httpd had accepted is answered. What still waits to be accepted when it stops listening is reset by the kernel,
    and was not begun."""
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
        installation.wait_until(lambda: any(poster.refused for poster in posters), "somebody to be refused")
        port = site.api_port
        assert site.start().api_port == port, "others took the port meanwhile"
    over = time.monotonic()
    _wait_for_requests(started.probe, 20)
    for poster in posters:
        poster.ending.set()
        poster.join()
    report = started.finish()
    # Nothing was done that was not also answered.
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
    """While one reads slowly and others write slowly, all of whom are served to the end."""
    reader = _read_slowly(site)
    writers = [posting.SlowPoster(site, _WRITER, text) for text in texts]
    for client in (reader, *writers):
        request.addfinalizer(client.close)
    site.process.send_signal(signal.SIGWINCH)
    installation.wait_until(lambda: not _is_listening(site), "httpd to stop listening")
    for writer in writers:
        writer.finish()
    assert site.process.poll() is None, "it ended before all were served"
    assert reader.finish().status == 200
    assert site.process.wait(installation.PATIENCE) == 0
    site.stop()


def _is_listening(site):
    try:
        socket.create_connection(("127.0.0.1", site.ops_port), installation.PATIENCE).close()
    except ConnectionRefusedError:
        return False
    return True


def test_who_waits_to_be_accepted_at_a_graceful_stop(make_httpd, database, row):
    """All workers are taken, so that more connections than those stay with the kernel: it resets them, which tells their
    clients at once that nothing was begun."""
    workers, more = 8, 5
    site = make_httpd(directives=f"{_SITE}StartServers {_START}\nMaxRequestWorkers {workers}\n")
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


_RESTARTING = re.compile("graceful restart", re.IGNORECASE)  # every MPM says it in its own way


def test_mistakes_at_a_graceful_restart(make_httpd, database, templates, load, lasting, row):
    """The server that runs goes on, and the message says where the mistake is."""
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
        # Nobody was told to begin anew.
        assert not _RESTARTING.search(site.error_log.since(mark))
        assert site.graceful().returncode == 0
        assert _RESTARTING.search(site.error_log.since(mark))
    report = started.finish()
    _see_that_nobody_noticed(started, report)
    row(
        "graceful restarts with mistakes in the configuration and in a template", describe_load(report),
        describe_lost(report), "no request failed",
    )  # fmt: skip
