# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""A TCP port that forwards connections to the socket of a cluster."""

import select
import socket
import socketserver
import threading


class Forwarder:
    """Use it in a with statement, which ends when all connections have ended. While is_silent is set, it accepts
    connections, but forwards no byte of new ones."""

    def __init__(self, cluster):
        self.is_silent = False
        self.ignored = 0  # connections that were made while it was silent
        self.unused = 0  # connections that ended before their first byte
        self.used = 0  # connections whose bytes it forwarded
        self._target = f"{cluster.socket_folder}/.s.PGSQL.5432"
        outer = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self):
                outer._handle(self.request)

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()

    def _handle(self, client):
        if self.is_silent:
            self.ignored += 1
            while _receive(client):
                pass
            return
        first = _receive(client)
        if not first:
            self.unused += 1
            return
        self.used += 1
        with socket.socket(socket.AF_UNIX) as server:
            server.connect(self._target)
            server.sendall(first)
            while True:
                for source in select.select([client, server], [], [])[0]:
                    piece = _receive(source)
                    if not piece:
                        return
                    (server if source is client else client).sendall(piece)


def _receive(connection):
    try:
        return connection.recv(65536)
    except ConnectionError:
        return b""
