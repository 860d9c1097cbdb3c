# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""Thousands of slow clients: Debian's slowhttptest, on the loopback interface."""

import subprocess

# Headers: a client sends one line of the head every 4 seconds. Bodies: it sends a few bytes of the body every 4
# seconds. Readers: it reads as little as possible of the answer, into the smallest possible buffer.
KINDS = {
    "headers": ["-H", "-t", "GET", "-i", "4", "-x", "24"],
    "bodies": ["-B", "-t", "POST", "-i", "4", "-x", "10", "-s", "8192"],
    "readers": ["-X", "-t", "GET", "-w", "1", "-y", "1", "-n", "5", "-z", "5"],
}


class Flood:
    """Opens all connections to a path within about two seconds, and ends after seconds. Writes a report into folder."""

    def __init__(self, kind, port, path, connections, seconds, folder):
        self._process = subprocess.Popen(
            [
                "slowhttptest", *KINDS[kind], "-u", f"http://127.0.0.1:{port}{path}", "-c", str(connections),
                "-r", str(connections // 2), "-l", str(seconds), "-p", "5", "-g", "-o", folder / f"slow-{kind}",
                "-v", "1",
                # With its default Referer, the site would refuse its posts before it reads the body.
                "-j", f"a=b\r\nOrigin: http://127.0.0.1:{port}",
            ],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip

    def abandon(self):
        """Ends it at once."""
        if self._process.poll() is None:
            self._process.kill()
            self._process.communicate()
