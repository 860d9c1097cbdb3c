# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""The resources of processes, from /proc. A process that ends meanwhile has none."""

import os
import pathlib
import platform
import re
import resource
import subprocess

from support import installation


def memory(pids):
    """Bytes of these processes. Shared memory counts once; or in each, if the kernel hides the details."""
    try:
        return sum(int(_read(pid, "smaps_rollup", r"^Pss: +(\d+) kB$")) for pid in pids) * 1024
    except PermissionError:
        return sum(int(_read(pid, "statm", r"^\d+ (\d+) ")) for pid in pids) * resource.getpagesize()


def peak_memory(pid):
    """The most bytes of the process that were in memory at once, since its start."""
    return int(_read(pid, "status", r"^VmHWM:\s+(\d+) kB$")) * 1024


def tree(pid):
    """The process and all its descendants."""
    return [pid, *(other for child in installation.children(pid) for other in tree(child))]


def own_memory(pid):
    """Bytes that the process has written to, even if children share them; or its memory, if the kernel hides them."""
    try:
        return int(_read(pid, "smaps_rollup", r"^Anonymous: +(\d+) kB$")) * 1024
    except PermissionError:
        return memory([pid])


def shared_memory(pid):
    """The number of shared memory segments, without files."""
    return len(re.findall(r"^\S+ ...s .*(?:/dev/zero|/SYSV|/memfd|/dev/shm)", _text(pid, "maps"), re.MULTILINE))


def named_memory(pid):
    """The files of named shared memory, which outlives the process."""
    return {pathlib.Path(name) for name in re.findall(r" (/dev/shm/\S+)$", _text(pid, "maps"), re.MULTILINE)}


def descriptors(pid):
    try:
        return len(list(pathlib.Path(f"/proc/{pid}/fd").iterdir()))
    except FileNotFoundError:
        return 0


def highest_descriptor(pid):
    return max(int(file.name) for file in pathlib.Path(f"/proc/{pid}/fd").iterdir())


def limit_descriptors(pids, count):
    """Limits the descriptors of each process; None: to its hard limit. Open descriptors stay open."""
    for pid in pids:
        limit = count or _read(pid, "limits", r"^Max open files +\w+ +(\d+) ")
        # As the user of the process, because root may lack the permission in a container.
        user, group = (int(_read(pid, "status", rf"^{kind}:\t(\d+)\t")) for kind in ("Uid", "Gid"))
        account = {"user": user, "group": group, "extra_groups": []} if user != os.geteuid() else {}
        done = subprocess.run(
            ["prlimit", f"--pid={pid}", f"--nofile={limit}:"], stderr=subprocess.PIPE, text=True, check=False, **account
        )
        assert done.returncode == 0 or not pathlib.Path(f"/proc/{pid}").exists(), done.stderr


def sleeps(pid):
    """The number of times that the first thread has waited for something."""
    return int(_read(pid, "status", r"^voluntary_ctxt_switches:\t(\d+)$"))


def timed_waits(pid):
    """The operations of all threads that wait in futex(2) with a time limit. None: the kernel does not show them."""
    number = {"x86_64": "202", "aarch64": "98"}.get(platform.machine())
    try:
        calls = [
            _text(pid, f"task/{task.name}/syscall").split() for task in pathlib.Path(f"/proc/{pid}/task").iterdir()
        ]
    except PermissionError:
        return None
    if number is None:
        return None
    return [int(call[2], 16) for call in calls if call[:1] == [number] and int(call[4], 16) != 0]


def _read(pid, name, pattern):
    found = re.search(pattern, _text(pid, name), re.MULTILINE)
    return found[1] if found else "0"


def _text(pid, name):
    try:
        return pathlib.Path(f"/proc/{pid}/{name}").read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return ""
