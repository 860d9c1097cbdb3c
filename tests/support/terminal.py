# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""minitwitctl with and without a terminal."""

import contextlib
import os
import pty
import signal
import subprocess
import tempfile
import termios

from support import installation


class Terminal:
    """minitwitctl in its own terminal."""

    def __init__(self, *arguments):
        self.shown = ""
        self.reports = tempfile.TemporaryDirectory()
        environment = os.environ | installation.sanitizer_environment(self.reports.name)
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            # The tests may run in the background of a shell, or under nohup, which ignore these signals.
            for number in (signal.SIGINT, signal.SIGHUP):
                signal.signal(number, signal.SIG_DFL)
            os.execve(installation.CTL, ["minitwitctl", *arguments], environment)

    def expect(self, text):
        while text not in self.shown:
            try:
                part = os.read(self.fd, 1024)
            except OSError:  # the program has ended
                part = b""
            assert part, f"{text!r} is not in {self.shown!r}"
            self.shown += part.decode()

    def type(self, text):
        # minitwitctl discards input that comes before the echo is off.
        installation.wait_until(lambda: not self.has_echo(), "the echo to be off")
        os.write(self.fd, text.encode())

    def answer(self, text):
        """Types a text that the terminal shows."""
        os.write(self.fd, text.encode())

    def has_echo(self):
        return bool(termios.tcgetattr(self.fd)[3] & termios.ECHO)

    def end(self):
        """Reads the remaining output. Returns the status of waitpid()."""
        with contextlib.suppress(OSError):
            while part := os.read(self.fd, 1024):
                self.shown += part.decode()
        _, status = os.waitpid(self.pid, 0)
        os.close(self.fd)
        self.reports.cleanup()
        return status


def run_alone(*arguments, output=None):
    """Runs minitwitctl in a session without a terminal. Returns its exit code and its output. output: a file for
    standard output, so that only standard error is returned."""
    with open(output or os.devnull, "w", encoding="utf-8") as file:
        result = subprocess.run(
            [installation.CTL, *arguments], stdin=subprocess.DEVNULL, stdout=file if output else subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, start_new_session=True, check=False,
        )  # fmt: skip
    return result.returncode, (result.stdout or "") + result.stderr
