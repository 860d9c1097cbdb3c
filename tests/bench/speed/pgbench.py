# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""Load by pgbench: the statements that requests were seen to run, prepared, in the same pipelines."""

import re

from speed.programs import ProgramError, run
from speed.sample import Sample
from support import installation

PATIENCE = 60  # s, besides the time that it measures


class Script:
    """One transaction of pgbench, for its option -f, and what -D has to define for it."""

    def __init__(self, probe, pipelines, prefix):
        self.weight = probe.weight
        self.constants = {}
        self._variables = probe.variables
        self._used = {}  # {value: name}
        self._prefix = prefix
        statements = []
        for pipeline in pipelines:
            calls = [self._statement(call) for call in pipeline]
            statements += calls if len(calls) == 1 else ["\\startpipeline", *calls, "\\endpipeline"]
        sets = [f"\\set {self._used[value]} {made}" for value, made in probe.variables.items() if value in self._used]
        self.text = "\n".join([*sets, *statements]) + "\n"

    def _statement(self, call):
        if re.search(r"(?<!:):\w", call.sql):
            raise ProgramError(f"{call.label} holds what pgbench would take for a variable")
        return re.sub(r"\$(\d+)", lambda found: ":" + self._name(call.values[int(found[1]) - 1]), call.sql) + ";"

    def _name(self, value):
        """Of the variable that has this value; a constant, unless the probe says how it is made."""
        if value is None or value == "":
            raise ProgramError("pgbench has no variables that are null or empty")
        if value not in self._used:
            self._used[value] = f"{self._prefix}v{len(self._used)}"
            if value not in self._variables:
                self.constants[self._used[value]] = value
        return self._used[value]


def describe(recorded):
    """The statements of a request as text: "+" joins those that travel together."""
    found = []
    for _, pipelines in recorded:
        one = "; ".join(" + ".join(call.label for call in pipeline) for pipeline in pipelines)
        if one not in found:
            found.append(one)
    return " | ".join(found)


def parse(output):
    """Sample of what pgbench says at its end."""
    rate = re.search(r"^tps = ([\d.]+) \(without initial connection time\)$", output, re.MULTILINE)
    mean = re.search(r"^latency average = ([\d.]+) ms$", output, re.MULTILINE)
    done = re.search(r"^number of transactions actually processed: (\d+)", output, re.MULTILINE)
    failed = re.search(r"^number of failed transactions: (\d+)", output, re.MULTILINE)
    if not (rate and mean and done):
        raise ProgramError(f"pgbench said nothing of what it measured:\n{output}")
    problems = [f"{failed[1]} failed transactions"] if failed and failed[1] != "0" else []
    if done[1] == "0":
        problems.append("no transaction")
    return Sample(rate=float(rate[1]), requests=int(done[1]), mean=float(mean[1]) / 1000, problems=problems)


class Benchmark:
    """The statements of a case, ready to be run."""

    def __init__(self, database, recorded, settings, folder):
        """recorded: (probe, pipelines) of each. settings: {name: value} of the connections. The scripts go into the folder."""
        self._database = database
        self._options = " ".join(f"-c {name}={value}" for name, value in settings.items())
        self._files = []
        self._constants = {}
        for place, (probe, pipelines) in enumerate(recorded):
            script = Script(probe, pipelines, f"s{place}")
            file = folder / f"{place}.sql"
            file.write_text(script.text)
            self._files += ["-f", f"{file}@{script.weight}"]
            self._constants |= script.constants

    def measure(self, clients, threads, seconds=None, transactions=None):
        """So long, or so many a client."""
        limit = ["-T", seconds] if seconds else ["-t", transactions]
        constants = [f"{name}={value}" for name, value in self._constants.items()]
        command = [
            "env", f"PGOPTIONS={self._options}", installation.postgresql_clients() / "pgbench", "-n", "-M", "prepared", "-c", clients, "-j", threads, *limit,
            *(part for constant in constants for part in ("-D", constant)), *self._files,
            "-h", self._database.cluster.socket_folder, "-U", "minitwit_site", self._database.name,
        ]  # fmt: skip
        return parse(run(command, (seconds or 0) + PATIENCE))
