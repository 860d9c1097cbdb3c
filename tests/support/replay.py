# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""The simulator's load: tests/bench/generate-scenario makes a scenario, and tests/bench/replay sends and verifies
it."""

import json
import os
import signal
import subprocess

from support import installation

_BENCH = installation.SOURCE / "tests" / "bench"
_PATIENCE = 180  # s, for the verification

TIME_WAS_UP = 3  # the exit code if there was no fault, but not everything was sent


def make_scenario(file, users, actions):
    size = ["--users", str(users), "--actions", str(actions)]
    subprocess.run([_BENCH / "generate-scenario", *size, "--output", file], check=True)
    return file


def start(file, httpd, *options, prefix=""):
    """Starts a process that sends the scenario to the API, and afterwards compares the state with the acknowledged
    actions. The process leads a process group."""
    return subprocess.Popen(
        [
            _BENCH / "replay", file, "--url", httpd.api_url + prefix, "--credentials-file", httpd.credentials,
            "--verify", *options,
        ],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip


def end(process):
    """Makes it begin no more actions."""
    os.killpg(process.pid, signal.SIGINT)


def finish(process, status=0):
    """Waits for the end of the replay, which must find no fault and end with this exit code. Returns the report."""
    output, problem = process.communicate(timeout=_PATIENCE)
    assert problem == "", problem
    report = json.loads(output)
    assert report["unexpected"]["first"] == []
    assert report["verify"]["problems"]["first"] == []
    assert process.returncode == status
    return report


def assert_honest(report):
    """Asserts that each failure was a 503 with Retry-After, and that each request was answered."""
    assert report["unavailable_without_retry_after"] == 0
    assert report["lost"] == 0
