# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""The simulator's API in memory, just enough of it to try the replayer on, with faults to order."""

import base64
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

CREDENTIALS = "simulator:not so secret"
EVERY = 7  # a fault strikes each so-manieth request of its kind

# Faults that the server keeps to itself; each names the kind of request that it strikes.
SILENT = {
    "lose": "msgs",
    "duplicate": "msgs",
    "alter": "msgs",
    "reorder": "msgs",
    "forget-follow": "follow",
    "ignore-unfollow": "unfollow",
    "follow-more": "follow",
    "forget-user": "register",
}
# Faults that a client notices. "stored": the work was done nevertheless.
NOTICED = ("refused-503", "stored-503", "refused-cut", "stored-cut", "refused-500", "chatty-204", "garbage", "silence")


# A server that writes no more after so many requests.
LEAVING = "leave"
STAYS = 100


class FakeApi:
    """Serves while it is entered, below a prefix, on a port of its own unless one is given."""

    def __init__(self, fault=None, prefix="", port=0):
        self.fault = fault
        self.prefix = prefix
        self.port = port
        self.messages = {}
        self.follows = {}
        self.latest = -1
        self.connections = 0
        self.counts = {}
        self.lock = threading.Lock()
        self.released = threading.Event()

    def __enter__(self):
        handler = type("Handler", (_Handler,), {"api": self})
        self.server = _Server(("127.0.0.1", self.port), handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}{self.prefix}/"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.released.set()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def strikes(self, kind):
        """Whether the fault strikes this request."""
        if self.fault not in NOTICED and SILENT.get(self.fault) != kind:
            return False
        self.counts[kind] = self.counts.get(kind, 0) + 1
        # Most unfollows are of somebody who is not followed, so that ignoring a few would do no harm.
        return kind == "unfollow" or self.counts[kind] % EVERY == 0

    def leaves(self):
        """Whether a request to write is refused, with nothing done."""
        if self.fault != LEAVING:
            return False
        self.counts[LEAVING] = self.counts.get(LEAVING, 0) + 1
        return self.counts[LEAVING] > STAYS

    def read(self, path, name):
        if path == "latest":
            return {"latest": self.latest}
        if name not in self.messages:
            return None
        if path == "msgs":
            return [{"content": text, "pub_date": 1, "user": name} for text in reversed(self.messages[name])]
        return {"follows": list(self.follows[name])}

    def write(self, path, name, body):
        """Returns status and error text."""
        if path == "register":
            return self._register(body["username"])
        if name not in self.messages:
            return 404, "no such user"
        if path == "msgs":
            self._post(self.messages[name], body["content"])
            return 204, ""
        action, other = next(iter(body.items()))
        if other not in self.messages:
            return 404, "no such user"
        self._follow(self.follows[name], action, other)
        return 204, ""

    def _register(self, name):
        if name in self.messages:
            return 400, "The username is already taken"
        if not (self.fault == "forget-user" and self.strikes("register")):
            self.messages[name] = []
            self.follows[name] = {}
        return 204, ""

    def _post(self, messages, text):
        # A lone message has no order to spoil.
        fault = self.fault if self.fault in SILENT and (messages or self.fault != "reorder") else None
        if not fault or not self.strikes("msgs"):
            messages.append(text)
        elif fault == "duplicate":
            messages += [text, text]
        elif fault == "alter":
            messages.append(text + " ")
        elif fault == "reorder":
            messages.insert(0, text)

    def _follow(self, follows, action, other):
        if self.fault in SILENT and self.strikes(action):
            if self.fault == "follow-more":
                follows.update({other: True, "nobody in particular": True})
        elif action == "follow":
            follows[other] = True
        else:
            follows.pop(other, None)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def handle_error(self, request, client_address):
        """A client that hangs up is no news."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    api = None

    def setup(self):
        super().setup()
        with self.api.lock:
            self.api.connections += 1

    def log_message(self, *_):
        pass

    def do_GET(self):
        self._serve(None)

    def do_POST(self):
        self._serve(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

    def _serve(self, body):
        parts = urlsplit(self.path)
        if not parts.path.startswith(self.api.prefix + "/"):
            self._answer(404, {"error_msg": "not below the prefix"})
            return
        path, _, name = parts.path[len(self.api.prefix) + 1 :].partition("/")
        latest = parse_qs(parts.query).get("latest")
        wanted = "Basic " + base64.b64encode(CREDENTIALS.encode()).decode()
        with self.api.lock:
            if body is not None and self.api.leaves():
                self._answer(503, {"error_msg": "The server is going away."})
                return
            if latest and self.api.fault != "freeze-latest":
                self.api.latest = int(latest[0])
            if path not in ("latest", "register") and self.headers.get("Authorization") != wanted:
                status, answer = 403, {"error_msg": "You are not authorized to use this resource!"}
            elif body is None:
                answer = self.api.read(path, unquote(name))
                status = 404 if answer is None else 200
            else:
                fault = self.api.fault if self.api.fault in NOTICED and self.api.strikes(path) else None
                if fault:
                    self._fail(fault, path, unquote(name), body)
                    return
                status, text = self.api.write(path, unquote(name), body)
                answer = {"error_msg": text} if text else None
        self._answer(status, answer)

    def _fail(self, fault, path, name, body):
        when, _, what = fault.partition("-")
        if when == "stored":
            self.api.write(path, name, body)
        if what.isdigit() and when != "chatty":
            self._answer(int(what), {"error_msg": "The database is away."})
            return
        self.close_connection = True
        if fault == "chatty-204":
            self.wfile.write(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\nI did it.")
        elif fault == "garbage":
            self.wfile.write(b"220 mail.example ESMTP\r\n\r\n")
        elif fault == "silence":
            self.api.lock.release()
            self.api.released.wait(5)
            self.api.lock.acquire()

    def _answer(self, status, content):
        body = b"" if content is None else json.dumps(content).encode()
        self.send_response(status)
        if status != 204:
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
        if self.headers.get("Connection") == "close":
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)
