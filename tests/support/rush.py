# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""Many clients that post the same kind of form at once. They run in their own process, so that they do not delay the
test."""

import asyncio
import contextlib
import json
import os
import subprocess
import sys
import time
from typing import NamedTuple

from support import installation

_FORM, _JSON = "application/x-www-form-urlencoded", "application/json"


class Try(NamedTuple):
    name: str
    status: int | None  # None: no answer
    retry_after: int | None
    seconds: float


class Rush:
    """This number of clients begin at the same moment. Each posts under a name. When the site accepts the post, the
    client posts under its next name. When the site refuses it, the client posts under the same name after the time of
    Retry-After. In who, {client} and {turn} stand for numbers; this makes the name. In the body, {name} stands for it.
    has_addresses: each client has its own address."""

    def __init__(self, port, path, body, who, clients, seconds, has_addresses=False):
        self._seconds = seconds
        arguments = [port, path, body, who, clients, seconds, has_addresses]
        self._process = subprocess.Popen(
            ["nice", sys.executable, "-m", "support.rush", json.dumps(arguments)],
            cwd=os.path.dirname(os.path.dirname(__file__)), stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def finish(self):
        """Waits for the end, and returns all tries."""
        said, _ = self._process.communicate(timeout=self._seconds + 2 * installation.PATIENCE)
        assert self._process.returncode == 0
        return [Try(*row) for row in json.loads(said)]

    def abandon(self):
        """Ends it at once."""
        if self._process.poll() is None:
            self._process.kill()
            self._process.communicate()


async def _post(address, port, path, body):
    """Posts, and returns the status and Retry-After of the answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=address)
    try:
        kind = _JSON if body.startswith(b"{") else _FORM
        head = (
            f"POST {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
            f"Content-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        writer.write(head.encode() + body)
        head = (await reader.read()).partition(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
    fields = dict(line.lower().split(": ", 1) for line in head[1:])
    return int(head[0].split()[1]), int(fields["retry-after"]) if "retry-after" in fields else None


async def _take_part(client, arguments, until, tries):
    port, path, body, who, _, _, has_addresses = arguments
    address = (f"127.0.{1 + client // 250}.{1 + client % 250}", 0) if has_addresses else None
    turn = 0
    while time.monotonic() < until:
        name = who.replace("{client}", str(client)).replace("{turn}", str(turn))
        began = time.monotonic()
        try:
            answer = await asyncio.wait_for(
                _post(address, port, path, body.replace("{name}", name).encode()), installation.PATIENCE
            )
        except (OSError, IndexError, ValueError, asyncio.TimeoutError):
            answer = None, None
        tries.append((name, *answer, time.monotonic() - began))
        if answer[0] in (200, 204, 302):
            turn += 1
        else:
            await asyncio.sleep(min(answer[1] or 1, max(0, until - time.monotonic())))


async def _all_take_part(arguments):
    tries = []
    *_, clients, seconds, _ = arguments
    until = time.monotonic() + seconds
    await asyncio.gather(*(_take_part(client, arguments, until, tries) for client in range(clients)))
    return tries


if __name__ == "__main__":
    json.dump(asyncio.run(_all_take_part(json.loads(sys.argv[1]))), sys.stdout)
