# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""Slow clients by the thousand: Debian's slowhttptest, on this machine's own loopback interface."""

import subprocess

# What each kind does: a line of the head, or a few bytes of the body, each so many seconds; or it takes as little as it can of the
# answer, into the smallest buffer there is.
KINDS = {
    "headers": ["-H", "-t", "GET", "-i", "4", "-x", "24"],
    "bodies": ["-B", "-t", "POST", "-i", "4", "-x", "10", "-s", "8192"],
    "readers": ["-X", "-t", "GET", "-w", "1", "-y", "1", "-n", "5", "-z", "5"],
}


class Flood:
    """So many connections of a kind to one path, begun within about two seconds, for at most so many seconds. The report is
    written into the folder."""

    def __init__(self, kind, port, path, connections, seconds, folder):
        self._process = subprocess.Popen(
            [
                "slowhttptest", *KINDS[kind], "-u", f"http://127.0.0.1:{port}{path}", "-c", str(connections),
                "-r", str(connections // 2), "-l", str(seconds), "-p", "5", "-g", "-o", folder / f"slow-{kind}", "-v", "1",
                # What it says of itself otherwise (Referer) has its posts refused before the body is read.
                "-j", f"a=b\r\nOrigin: http://127.0.0.1:{port}",
            ],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip

    def abandon(self):
        """At once."""
        if self._process.poll() is None:
            self._process.kill()
            self._process.communicate()
