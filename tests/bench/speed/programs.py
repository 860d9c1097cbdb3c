# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""Runs the programs that make load, each within a bound, and ends them whatever happens here."""

import os
import signal
import subprocess


class ProgramError(RuntimeError):
    pass


BUILD_SECONDS = 900  # for what compiles, on a machine that has other work


def run(command, seconds, folder="/"):
    """What it wrote to standard output. It has so many seconds, with all that it starts."""
    command = [str(part) for part in command]
    # Its own session: a Ctrl-C is for us, and we end it.
    process = subprocess.Popen(
        command, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        start_new_session=True,
    )  # fmt: skip
    try:
        output, problem = process.communicate(timeout=seconds)
    except BaseException as error:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        if isinstance(error, subprocess.TimeoutExpired):
            raise ProgramError(f"{command[0]} did not end within {seconds:g} s") from None
        raise
    if process.returncode != 0:
        raise ProgramError(f"{command[0]} ended with {process.returncode}:\n{output}{problem}")
    return output
