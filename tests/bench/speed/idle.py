# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""Measures the memory and the database connections for many clients that have read a page and keep their connection."""

import contextlib
import select
import socket
import time

from support import processes

_PAUSE = 0.001  # s, between two clients: this measures idle connections, not a rush
_PATIENCE = 8  # s, for all answers: longer than the KeepAliveTimeout of the example
_REQUEST = b"GET /public HTTP/1.1\r\nHost: localhost\r\n\r\n"


def measure(site, database, count):
    """The resources of the servers while each connection is open and was answered once."""
    with contextlib.ExitStack() as stack:
        clients = []
        for _ in range(count):
            time.sleep(_PAUSE)
            clients.append(stack.enter_context(socket.create_connection(("127.0.0.1", site.web_port))))
            clients[-1].sendall(_REQUEST)
        answered = _wait(clients)
        kept = sum(map(_is_open, clients))
        backends = database.sql("select pid from pg_stat_activity where application_name = %s", site.application)
        return {
            "connections": count,
            "answered": answered,
            "kept": kept,
            "httpd_pss": processes.memory(processes.tree(site.process.pid)),
            "httpd_children": len(site.serving()),
            "database_connections": len(backends),
            "database_connections_configured": site.connections(),
            "backends_pss": processes.memory([pid for (pid,) in backends]),
        }


def _wait(clients):
    """The number of clients that were answered within the time."""
    deadline = time.monotonic() + _PATIENCE
    poll = select.poll()
    waiting = {client.fileno(): client for client in clients}
    for number in waiting:
        poll.register(number, select.POLLIN)
    answered = 0
    while waiting and time.monotonic() < deadline:
        for number, _ in poll.poll(100):
            poll.unregister(number)
            with contextlib.suppress(OSError):
                answered += waiting.pop(number).recv(65536).startswith(b"HTTP/1.1 200 ")
    return answered


def _is_open(client):
    client.setblocking(False)
    try:
        while client.recv(65536):
            pass
        return False
    except BlockingIOError:
        return True
    except OSError:
        return False
