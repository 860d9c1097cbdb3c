# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""The simulator's load: a scenario made by tests/bench/generate-scenario, sent and verified by tests/bench/replay."""

import json
import os
import signal
import subprocess

from support import installation

_BENCH = installation.SOURCE / "tests" / "bench"
_PATIENCE = 180  # s, for reading back and comparing everything

TIME_WAS_UP = 3  # the exit code when all is well, but not everything was sent


def make_scenario(file, users, actions):
    size = ["--users", str(users), "--actions", str(actions)]
    subprocess.run([_BENCH / "generate-scenario", *size, "--output", file], check=True)
    return file


def start(file, httpd, *options, prefix=""):
    """A process that sends the scenario to the API, and afterwards compares the state with what was acknowledged. It leads a
    process group."""
    return subprocess.Popen(
        [
            _BENCH / "replay", file, "--url", httpd.api_url + prefix, "--credentials-file", httpd.credentials,
            "--verify", *options,
        ],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip


def end(process):
    """Tells it to begin no more actions."""
    os.killpg(process.pid, signal.SIGINT)


def finish(process, status=0):
    """The report of a replay that found nothing wrong, and ended with that exit code."""
    output, problem = process.communicate(timeout=_PATIENCE)
    assert problem == "", problem
    report = json.loads(output)
    assert report["unexpected"]["first"] == []
    assert report["verify"]["problems"]["first"] == []
    assert process.returncode == status
    return report


def assert_honest(report):
    """Whatever was not done was answered 503, with a word on when to come back; no request was left without an answer."""
    assert report["unavailable_without_retry_after"] == 0
    assert report["lost"] == 0
