# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""Load by wrk, which sends what load.lua gives it."""

import json
import pathlib
import re
import time

from speed.programs import ProgramError, run
from speed.sample import Sample

SCRIPT = pathlib.Path(__file__).with_name("load.lua")
PATIENCE = 30  # s, besides the time that it measures


def write_requests(file, requests):
    """The file for load.lua."""
    file.write_bytes(b"".join(request + b"\0" for request in requests))


def parse(output):
    """Sample of what load.lua said at the end."""
    found = re.search(r"^summary: (\{.*\})$", output, re.MULTILINE)
    if not found:
        raise ProgramError(f"wrk said nothing of what it measured:\n{output}")
    summary = json.loads(found[1])
    answered = summary["requests"]
    errors = summary["errors"]
    problems = [f"{count} {kind} errors" for kind, count in errors.items() if count and kind != "status"]
    if errors["status"]:
        problems.append(f"{errors['status']} answers of another status than 2xx or 3xx")
    if answered == 0:
        problems.append("no answer")
    return Sample(
        rate=answered / summary["seconds"],
        requests=answered,
        p50=summary["p50"],
        p99=summary["p99"],
        mean=summary["mean"],
        answer_bytes=summary["bytes"] / max(answered, 1),
        problems=problems,
    )


def measure(url, file, load, seconds):
    """Sends the requests of a file to an address for so many seconds."""
    # The numbers in requests are not those of an earlier run: 7 digits for the second, 2 for the thread, 6 to count.
    base = int(time.time()) % 10**7 * 10**8
    command = [
        "wrk", "-t", load.threads, "-c", load.connections, "-d", f"{seconds}s", "--timeout", "10s",
        "-s", SCRIPT, url, "--", file, base, load.threads,
    ]  # fmt: skip
    return parse(run(command, seconds + PATIENCE))
