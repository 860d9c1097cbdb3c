# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""Reads the access log in the JSON format of conf/minitwit.conf."""

import datetime
import json
import re
import typing

from support import installation

# The line that defines the format minitwit_json.
(FORMAT,) = re.findall(
    r"^LogFormat .* minitwit_json$", (installation.SOURCE / "conf" / "minitwit.conf").read_text(), re.MULTILINE
)
FIELDS = [
    "time", "request_id", "client", "user", "handler", "route", "method", "path", "status", "content_type",
    "duration_ms", "database_ms", "redirect", "user_agent", "bytes_in", "bytes_out",
]  # fmt: skip


def parse(line):
    """Parses one line strictly: it must be valid UTF-8 and an object, without duplicate keys and without NaN."""
    entry = json.loads(line.decode("utf-8", "strict"), object_pairs_hook=_distinct, parse_constant=_refuse)
    assert isinstance(entry, dict)
    return entry


def restore(text):
    """Undoes the escapes: returns the bytes that the client sent."""
    return re.sub(
        rb"\\(\\|x([0-9a-f]{2}))",
        lambda escape: bytes.fromhex(escape[2].decode()) if escape[2] else b"\\",
        text.encode(),
    )


class Mark(typing.NamedTuple):
    """A place in the log. The entries of requests that begin later come after it."""

    offset: int  # bytes
    time: str  # as in the log


class AccessLog:
    def __init__(self, path):
        self.path = path

    @property
    def size(self):
        """In bytes. rotatelogs creates the file with the first line."""
        return self.path.stat().st_size if self.path.exists() else 0

    def mark(self):
        """The current end, for since()."""
        now = datetime.datetime.now(datetime.timezone.utc)
        return Mark(self.size, now.strftime("%Y-%m-%dT%H:%M:%S.%fZ"))

    def since(self, mark=Mark(0, "")):
        """The entries after a mark, without those of requests that began before it: httpd logs after it has answered,
        perhaps late. So a mark may even lie inside a line. Without a mark: all entries."""
        if not self.path.exists():
            return []
        with open(self.path, "rb") as file:
            file.seek(max(mark.offset - 1, 0))
            lines = file.read().split(b"\n")[:-1]
        entries = [parse(line) for line in (lines[1:] if mark.offset else lines)]
        return [entry for entry in entries if entry["time"] >= mark.time]

    def wait(self, mark=Mark(0, ""), count=1):
        """Waits for this number of entries after a mark, and returns them."""
        return installation.wait_until(
            lambda: (entries := self.since(mark)) and len(entries) >= count and entries,
            f"{count} lines in the access log",
        )


def _distinct(pairs):
    assert len(pairs) == len({key for key, _ in pairs}), pairs
    return dict(pairs)


def _refuse(constant):
    raise ValueError(constant)
