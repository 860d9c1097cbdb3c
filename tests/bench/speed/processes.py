# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""Processor time and memory of a server, from /proc: of the process that was started and of all below it."""

import os
import pathlib
from collections import defaultdict

_TICKS = os.sysconf("SC_CLK_TCK")
# Places in /proc/PID/stat behind the name, which may hold anything.
_PARENT, _TIMES = 1, slice(11, 15)


def _read_all():
    """{process id: fields of its stat behind the name}"""
    found = {}
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                found[int(entry.name)] = parse_stat((entry / "stat").read_text())
            except OSError:
                pass  # it has just ended
    return found


def parse_stat(text):
    return text.rpartition(")")[2].split()


def descendants(pid, stats):
    """The process itself and all below it."""
    children = defaultdict(list)
    for child, fields in stats.items():
        children[int(fields[_PARENT])].append(child)
    found, left = [], [pid]
    while left:
        one = left.pop()
        if one in stats:
            found.append(one)
            left += children[one]
    return found


def processor_seconds(pid):
    """Of all that live, and of those that have ended and were waited for by one that lives."""
    stats = _read_all()
    return sum(int(ticks) for one in descendants(pid, stats) for ticks in stats[one][_TIMES]) / _TICKS


def pss(pids):
    """Proportional set size in bytes: what is shared counts in parts."""
    total = 0
    for pid in pids:
        try:
            text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
        except OSError:
            continue
        total += sum(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:"))
    return total * 1024


def tree_pss(pid):
    return pss(descendants(pid, _read_all()))


class ProcessorTime:
    """What servers spend while something runs: with ProcessorTime(httpd=pid, postgresql=pid) as spent: ..., then spent.seconds."""

    def __init__(self, **pids):
        self._pids = pids
        self.seconds = {}

    def __enter__(self):
        self._before = self._read()
        return self

    def __exit__(self, *_):
        after = self._read()
        self.seconds = {name: after[name] - self._before[name] for name in after}

    def _read(self):
        return {name: processor_seconds(pid) for name, pid in self._pids.items()}
