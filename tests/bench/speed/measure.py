# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""Single measurements: by wrk, by pgbench, and of password hashing; and the processor time of the servers meanwhile."""

import contextlib
import dataclasses
import json
import os
import pathlib
import re
import subprocess
import time
from collections import defaultdict

from support import installation

CONNECTIONS = 16  # of wrk, and clients of pgbench
THREADS = min(os.cpu_count(), CONNECTIONS)

BUILD_SECONDS = 900  # for compilers, on a busy machine
_PATIENCE = 60  # s, in addition to the time of the measurement


@dataclasses.dataclass
class Sample:
    """One measurement. Times are in seconds. None means unknown."""

    rate: float  # per second
    requests: int = 0
    p50: float = None
    p99: float = None
    mean: float = None
    answer_bytes: float = None  # per request, with headers
    httpd_cpu: float = None  # per request
    postgresql_cpu: float = None
    database_alone: float = None  # time that a single client of the database waits for the statements of a request
    problems: list = dataclasses.field(default_factory=list)


def run(command, seconds, folder="/"):
    """Returns the standard output of a program, which is killed if it takes longer."""
    command = [str(part) for part in command]
    try:
        return subprocess.run(
            command, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            check=True, timeout=seconds,
        ).stdout  # fmt: skip
    except subprocess.CalledProcessError as error:
        raise RuntimeError(f"{command[0]} ended with {error.returncode}:\n{error.stdout}{error.stderr}") from None


# ---- wrk -------------------------------------------------------------------------------------------------------------


def write_requests(file, requests):
    """Writes the file for load.lua."""
    file.write_bytes(b"".join(request + b"\0" for request in requests))


def wrk(url, file, seconds):
    """Sends the requests of a file."""
    # Numbers in requests must differ from those of earlier runs: 7 digits for the second, 2 for the thread, 6 to count.
    base = int(time.time()) % 10**7 * 10**8
    script = pathlib.Path(__file__).with_name("load.lua")
    options = ["-t", THREADS, "-c", CONNECTIONS, "-d", f"{seconds}s", "--timeout", "10s", "-s", script]
    return read_wrk(run(["wrk", *options, url, "--", file, base, THREADS], seconds + _PATIENCE))


def read_wrk(output):
    """The Sample from the line that load.lua printed."""
    (text,) = re.findall(r"^summary: (\{.*\})$", output, re.MULTILINE)
    summary = json.loads(text)
    requests = summary["requests"]
    problems = [f"{count} {kind} errors" for kind, count in summary["errors"].items() if count]
    if requests == 0:
        problems.append("no answer")
    return Sample(
        rate=requests / summary["seconds"], requests=requests, answer_bytes=summary["bytes"] / max(requests, 1),
        problems=problems, **{name: summary[name] for name in ("p50", "p99", "mean")},
    )  # fmt: skip


# ---- pgbench ---------------------------------------------------------------------------------------------------------


def make_script(probe, pipelines, prefix):
    """The recorded statements in the same pipelines, for pgbench -f, and {variable: value} for its option -D."""
    names = {}  # {value: variable}

    def variable(value):
        # pgbench has no variables that are null or empty.
        if not value:
            return "null" if value is None else "''"
        return ":" + names.setdefault(value, f"{prefix}v{len(names)}")

    lines = []
    for pipeline in pipelines:
        for call in pipeline:
            if re.search(r"(?<!:):\w", call.sql):
                raise RuntimeError(f"pgbench would replace a part of {call.label} as a variable")
        calls = [
            re.sub(r"\$(\d+)", lambda found: variable(call.values[int(found[1]) - 1]), call.sql) + ";"
            for call in pipeline
        ]
        lines += calls if len(calls) == 1 else ["\\startpipeline", *calls, "\\endpipeline"]
    sets = [f"\\set {names[value]} {made}" for value, made in probe.variables.items() if value in names]
    constants = {name: value for value, name in names.items() if value not in probe.variables}
    return "\n".join([*sets, *lines]) + "\n", constants


def describe_statements(recorded):
    """The statements of a request. "+" joins those that travel together."""
    labels = [[[call.label for call in pipeline] for pipeline in pipelines] for _, pipelines in recorded]
    return " | ".join(dict.fromkeys("; ".join(map(" + ".join, pipelines)) for pipelines in labels))


def prepare_pgbench(database, recorded, settings, folder):
    """Writes the scripts into the folder. Returns a function (clients, threads, seconds) that measures. recorded:
    (probe, pipelines). settings: {name: value} of the connections."""
    options = []
    for place, (probe, pipelines) in enumerate(recorded):
        text, constants = make_script(probe, pipelines, f"s{place}")
        file = folder / f"{place}.sql"
        file.write_text(text)
        options += ["-f", f"{file}@{probe.weight}"]
        options += [part for name, value in constants.items() for part in ("-D", f"{name}={value}")]
    program = installation.postgresql_clients() / "pgbench"
    settings = " ".join(f"-c {name}={value}" for name, value in settings.items())
    where = ["-h", database.cluster.socket_folder, "-U", "minitwit_site", database.name]

    def measure(clients, threads, seconds):
        limits = ["-n", "-M", "prepared", "-c", clients, "-j", threads, "-T", seconds]
        command = ["env", f"PGOPTIONS={settings}", program, *limits, *options, *where]
        return read_pgbench(run(command, seconds + _PATIENCE))

    return measure


def read_pgbench(output):
    """The Sample from the output of pgbench."""

    def find(pattern):
        (number,) = re.findall(rf"^{pattern}", output, re.MULTILINE)
        return float(number)

    failed = find(r"number of failed transactions: (\d+)")
    return Sample(
        rate=find(r"tps = ([\d.]+) \(without initial connection time\)$"),
        requests=int(find(r"number of transactions actually processed: (\d+)")),
        mean=find(r"latency average = ([\d.]+) ms$") / 1000,
        problems=[f"{failed:.0f} failed transactions"] if failed else [],
    )


# ---- hashing ---------------------------------------------------------------------------------------------------------


def prepare_hashing(hashes):
    """Returns a function (seconds) that measures the rate of requests with this number of hashes each."""
    program = "tests/bench/speed/hash_rate"
    run(["make", "-s", "-C", installation.BUILD, program], BUILD_SECONDS)

    def measure(seconds):
        # One thread for each core: the default of MinitwitHashLimit.
        done, took = run([installation.BUILD / program, seconds, os.cpu_count()], seconds + _PATIENCE).split()
        return Sample(rate=int(done) / float(took) / hashes, requests=int(done))

    return measure


# ---- processor time --------------------------------------------------------------------------------------------------

# Fields of /proc/PID/stat after the name. The times include those of children that have ended.
_PARENT, _TIMES = 1, slice(11, 15)


def _processor_seconds(pid):
    """The time of a process and all its descendants, also of those that have ended."""
    stats, children = {}, defaultdict(list)
    for file in pathlib.Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            stats[int(file.parent.name)] = fields = file.read_text().rpartition(")")[2].split()
            children[int(fields[_PARENT])].append(int(file.parent.name))
    ticks, left = 0, [pid]
    while left:
        one = left.pop()
        ticks += sum(map(int, stats.get(one, [])[_TIMES]))
        left += children[one]
    return ticks / os.sysconf("SC_CLK_TCK")


def with_processor_time(measure, **pids):
    """The Sample of measure(), with the processor time per request of these servers."""
    before = {name: _processor_seconds(pid) for name, pid in pids.items()}
    sample = measure()
    for name, pid in pids.items():
        if sample.requests:
            setattr(sample, f"{name}_cpu", (_processor_seconds(pid) - before[name]) / sample.requests)
    return sample
