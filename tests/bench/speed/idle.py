# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""Many clients who have read a page and keep their connection: what that costs in memory, and in connections to the database."""

import contextlib
import select
import socket
import time

from speed.processes import pss, tree_pss

PAUSE = 0.001  # s, between two of them: this is about what is kept, not about a rush
PATIENCE = 8  # s, in which all must have been answered: longer than the example's KeepAliveTimeout


def measure(site, database, request, count):
    """What the servers hold while so many connections are open, each answered once."""
    with contextlib.ExitStack() as stack:
        clients = [_open(stack, site.web_port, request) for _ in range(count)]
        answered = _wait(clients)
        kept = sum(map(_is_open, clients))
        backends = database.sql("select pid from pg_stat_activity where application_name = %s", site.application)
        return {
            "connections": count,
            "answered": answered,
            "kept": kept,
            "httpd_pss": tree_pss(site.process.pid),
            "httpd_children": len(site.serving()),
            "database_connections": len(backends),
            "database_connections_configured": site.connections(),
            "backends_pss": pss(pid for (pid,) in backends),
        }


def _open(stack, port, request):
    time.sleep(PAUSE)
    client = stack.enter_context(socket.create_connection(("127.0.0.1", port)))
    client.sendall(request.encode())
    return client


def _wait(clients):
    """How many were answered within the time."""
    deadline = time.monotonic() + PATIENCE
    poll = select.poll()
    places = {client.fileno(): client for client in clients}
    for number in places:
        poll.register(number, select.POLLIN)
    answered = 0
    while places and time.monotonic() < deadline:
        for number, _ in poll.poll(100):
            client = places.pop(number)
            poll.unregister(number)
            with contextlib.suppress(OSError):
                answered += client.recv(65536).startswith(b"HTTP/1.1 200 ")
    return answered


def _is_open(client):
    """Whether the server has not ended it."""
    client.setblocking(False)
    try:
        while client.recv(65536):
            pass
        return False
    except BlockingIOError:
        return True
    except OSError:
        return False
