# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""The stacks of children of httpd that crashed, from their core files."""

import pathlib
import re
import resource
import shutil
import subprocess

from support import installation

_FILTER, _SHARED = pathlib.Path("/proc/self/coredump_filter"), 0b1010  # core(5): two kinds of shared mappings
# The module, and libraries that only the module uses.
_OWN = re.compile(r"^#\d+ .*(mod_minitwit|\bmt_\w|libjson-c|libsodium)", re.MULTILINE)
_PROCESS = re.compile(r"^\* 1 +process \d+ .*\n", re.MULTILINE)


class Cores:
    """Makes the processes of an httpd that is not yet started leave core files. Where the system passes core files to a
    program (core_pattern), there are none."""

    def __init__(self, httpd):
        self._folder = httpd.root / "cores"
        self._folder.mkdir()
        self._folder.chmod(0o777)
        httpd.directives += f"CoreDumpDirectory {self._folder}\n"
        self._former = resource.getrlimit(resource.RLIMIT_CORE)
        resource.setrlimit(resource.RLIMIT_CORE, (self._former[1], self._former[1]))
        # Without shared memory, a core file is small enough to be complete before httpd kills the process.
        self._filter = _FILTER.read_text()
        _FILTER.write_text(f"{int(self._filter, 16) & ~_SHARED:#x}")

    def forget(self):
        """Restores the settings of this process, which the processes of httpd have inherited."""
        _FILTER.write_text(f"0x{self._filter}")
        resource.setrlimit(resource.RLIMIT_CORE, self._former)

    def take(self):
        """The stacks since the last call. Processes that crash at the same moment may overwrite each other's file."""
        stacks = []
        for file in self._folder.iterdir():
            stacks.append(_read(file))
            file.unlink()
        return stacks


def is_own(stack):
    """Whether the module or one of its libraries took part. The stack also shows the code that a signal interrupted."""
    return bool(_OWN.search(stack))


def _read(core):
    """The process, and the stacks of the threads that handle a signal, or else of the current thread. httpd handles
    the signal of a crash in the thread that crashed, and then sends it to the process again, where any thread may get
    it."""
    if shutil.which("gdb") is None:
        return "#0 gdb is not installed, so mod_minitwit may be part of the stack"
    said = subprocess.run(
        [
            "gdb", "--batch", "--quiet", "-ex", "info inferiors", "-ex", "backtrace",
            "-ex", "thread apply all backtrace", installation.httpd_program(), core,
        ],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
        timeout=installation.PATIENCE,
    ).stdout  # fmt: skip
    current, *threads = re.split(r"^(?=Thread \d+ )", said, flags=re.MULTILINE)
    handling = [thread for thread in threads if "<signal handler called>" in thread]
    if not handling:
        return current
    return "".join([_PROCESS.search(current)[0], *handling])
