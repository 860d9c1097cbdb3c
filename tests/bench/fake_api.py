# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""The simulator's API in memory, with faults on command, for the tests of the replayer."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

EVERY = 7  # a fault hits each seventh request of its kind
DELAY = 0.4  # s: of the fault "slow"

# Faults that only the state shows, and the kind of request that each hits.
SILENT = {"lose": "tweet", "duplicate": "tweet", "reorder": "tweet", "forget": "follow", "add": "follow"}
# Faults that the client notices. "stored": the server performs the action nevertheless.
NOTICED = (
    "refused-503", "stored-503", "refused-500", "refused-cut", "stored-cut", "refused-garbage", "slow", "mute",
)  # fmt: skip


class FakeApi:
    """Serves inside "with", below the path /api."""

    def __init__(self, fault=None):
        self.fault = fault
        self.messages = {}
        self.follows = {}
        self.latest = -1
        self.lock = threading.Lock()
        self._hits = 0

    def __enter__(self):
        handler = type("Handler", (_Handler,), {"api": self})
        self._server = _Server(("127.0.0.1", 0), handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/api"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()

    def hit(self, kind):
        """The fault that this request gets."""
        if SILENT.get(self.fault, kind) != kind:
            return None
        self._hits += 1
        return self.fault if self._hits % EVERY == 0 else None

    def read(self, path, name):
        if path == "latest":
            return {"latest": self.latest}
        if name not in self.messages:
            return None
        if path == "msgs":
            return [{"content": text, "user": name} for text in reversed(self.messages[name])]
        return {"follows": sorted(self.follows[name])}

    def write(self, name, kind, argument, fault):
        """Performs an action. Returns false if the name is taken."""
        if kind == "register":
            if name in self.messages:
                return False
            self.messages[name], self.follows[name] = [], set()
        elif kind == "tweet":
            texts = {"lose": [], "duplicate": [argument, argument]}.get(fault, [argument])
            old = self.messages[name]
            self.messages[name] = texts + old if fault == "reorder" else old + texts
        elif kind == "unfollow":
            self.follows[name].discard(argument)
        elif fault != "forget":
            self.follows[name] |= {argument, "a stranger"} if fault == "add" else {argument}
        return True


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64  # by default, the kernel delays some of so many connections by a second


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    api = None

    def log_message(self, *_):
        pass

    def do_GET(self):
        with self.api.lock:
            answer = self.api.read(*self._path())
        self._answer(404 if answer is None else 200, answer)

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        path, name = self._path()
        if path == "register":
            name, kind, argument = body["username"], "register", None
        elif path == "msgs":
            kind, argument = "tweet", body["content"]
        else:
            ((kind, argument),) = body.items()
        with self.api.lock:
            fault = self.api.hit(kind) or ""
            is_taken = not fault.startswith("refused") and not self.api.write(name, kind, argument, fault)
            if self.api.fault != "freeze-latest":
                self.api.latest = int(parse_qs(urlsplit(self.path).query)["latest"][0])
        reason = fault.partition("-")[2]
        if fault == "slow":
            time.sleep(DELAY)
        if fault == "mute":
            self.rfile.read(1)  # until the client closes the connection
            self.close_connection = True
            return
        if reason == "garbage":
            self.wfile.write(b"220 mail.example ESMTP\r\n\r\n")
        if reason in ("garbage", "cut"):
            self.close_connection = True
        elif reason.isdigit():
            self._answer(int(reason), {"error_msg": "The database is away."})
        elif is_taken:
            self._answer(400, {"error_msg": "The username is already taken"})
        else:
            self._answer(204, None)

    def _path(self):
        path, _, name = urlsplit(self.path).path.removeprefix("/api/").partition("/")
        return path, unquote(name)

    def _answer(self, status, content):
        body = b"" if content is None else json.dumps(content).encode()
        self.send_response(status)
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
