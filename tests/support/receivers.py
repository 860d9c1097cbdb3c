# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""Receivers of alerts in the tests: a webhook and a mail server in this process."""

import contextlib
import email
import email.policy
import http.server
import json
import socketserver
import threading


class Webhook:
    """Stores all posts, and answers as a chat does: "ok", in plain text."""

    def __init__(self):
        self.posts = []  # (path, headers, JSON)
        posts = self.posts

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                posts.append((self.path, self.headers, json.loads(body)))
                self.send_response(200)
                self.send_header("Content-Type", "text/plain")
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"ok")

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    def to(self, path):
        return [body for where, _, body in list(self.posts) if where == path]

    def headers_to(self, path):
        return [headers for where, headers, _ in list(self.posts) if where == path]


class MailServer:
    """Stores all mails and credentials that it receives."""

    def __init__(self):
        self.mails = []
        self.credentials = []
        outer = self

        class Handler(socketserver.StreamRequestHandler):
            def say(self, text):
                self.wfile.write(text.encode() + b"\r\n")

            def handle(self):
                self.say("220 localhost")
                for line in self.rfile:
                    verb = line.split(b" ")[0].strip().upper()
                    if verb == b"EHLO":
                        self.say("250-localhost\r\n250 AUTH PLAIN")
                    elif verb == b"AUTH":
                        outer.credentials.append(line.split()[-1].decode())
                        self.say("235 welcome")
                    elif verb == b"DATA":
                        self.say("354 go on")
                        text = b"".join(iter(self.rfile.readline, b".\r\n"))
                        outer.mails.append(email.message_from_bytes(text, policy=email.policy.default))
                        self.say("250 taken")
                    elif verb == b"QUIT":
                        self.say("221 bye")
                        return
                    else:
                        self.say("250 fine")

        self.server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]


@contextlib.contextmanager
def serving(receiver):
    thread = threading.Thread(target=receiver.server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield receiver
    finally:
        receiver.server.shutdown()
        thread.join()
        receiver.server.server_close()
