# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""Reads httpd's error log piece by piece, and finds unexpected lines."""

import re

_LINE = re.compile(r"^\[[^\]]+\] \[(?P<module>[^:\]]*):(?P<level>[a-z0-9]+)\] ")
_ALARMING = {"warn", "error", "crit", "alert", "emerg"}
# httpd reports the death of a child at the level "notice".
_DEATH = re.compile(r"exit signal")
# A child looks for leaks before it ends, which takes some time on a busy machine. The parent then signals it again.
_SLOW = re.compile(r"AH00045: child process \d+ still did not exit, sending a SIGTERM")
# The warning about unusual values. A test that sets one does so on purpose. Other tests cover the warning.
_UNUSUAL = re.compile(r"minitwit:warn\].* means .*, but usual values are from ")
# Many tests send requests that the module refuses. Tests of these messages look for them.
_REFUSED = re.compile(r"\[minitwit:warn\] .*(refused a request (whose|with)|the API refused a request)")
# The number of lines like one that this log also holds.
_LEFT_OUT = re.compile(r"\[minitwit:\w+\] .*left out: \d+ messages? like")
_NEVER = re.compile(r"AddressSanitizer|LeakSanitizer|runtime error:|exit signal (Segm|Abor|Bus|Ille|Floa)|[Aa]ssertion")


class ErrorLog:
    def __init__(self, path):
        self.path = path
        self.checked = 0  # bytes that take_news() has returned

    @property
    def text(self):
        return self.path.read_text(errors="backslashreplace") if self.path.exists() else ""

    def mark(self):
        """The current end, for since()."""
        return self.path.stat().st_size if self.path.exists() else 0

    def since(self, mark):
        """The text after a mark."""
        if not self.path.exists():
            return ""
        with open(self.path, "rb") as file:
            file.seek(mark)
            return file.read().decode(errors="backslashreplace")

    def take_news(self):
        """The lines since the last call."""
        news = self.since(self.checked)
        self.checked = self.mark()
        return news.splitlines()


def unexpected(lines, expected, allowed=()):
    """Returns the lines above "notice" or in an unknown format that match no pattern, and the expected patterns that
    match no line. No pattern excuses a crash."""
    bad = []
    missing = set(expected)
    for line in lines:
        fitting = [pattern for pattern in expected if re.search(pattern, line)]
        missing.difference_update(fitting)
        excused = fitting or any(re.search(pattern, line) for pattern in allowed)
        if _NEVER.search(line) or (_is_alarming(line) and not excused):
            bad.append(line)
    return bad, sorted(missing)


def is_refusal(line):
    """Whether the line says that the module refused a request, which clients can cause at will."""
    return bool(_REFUSED.search(line))


def _is_alarming(line):
    parts = _LINE.match(line)
    if any(pattern.search(line) for pattern in (_SLOW, _UNUSUAL, _REFUSED, _LEFT_OUT)):
        return False
    if parts is None:
        return bool(line.strip())
    return parts["level"] in _ALARMING or bool(_DEATH.search(line))
