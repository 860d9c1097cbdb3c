# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""The whole benchmark, on tiny sites: what it starts, measures and writes, and that nothing of it is left."""

import json
import os
import pathlib
import re
import signal
import subprocess
import xml.etree.ElementTree

import pytest

from speed.processes import descendants, parse_stat
from support import installation

PROGRAM = pathlib.Path(__file__).with_name("run")
PATIENCE = 1200  # s, for a machine that has other work


@pytest.fixture
def build():
    if installation.SANITIZE:
        pytest.skip("the benchmark is for a plain build")
    return os.environ | {"MINITWIT_BUILD": str(installation.BUILD)}


def run(*arguments, environment=None):
    return subprocess.run(
        [PROGRAM, *map(str, arguments)], env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True, check=False, timeout=PATIENCE,
    )  # fmt: skip


def test_a_quick_run(build, tmp_path):
    # Another build would do; this one is there.
    files = ["--json", tmp_path / "now.json", "--svg", tmp_path / "now.svg"]
    done = run("--quick", "--against", installation.MODULE, *files, environment=build)
    assert done.returncode in (0, 1), done.stdout + done.stderr
    found = json.loads((tmp_path / "now.json").read_text())
    # Too few posts are a matter of the machine's other work, all else is not.
    doubtful = [problem for row in found["rows"] for problem in row["problems"] if "posts a second" not in problem]
    assert doubtful + found["alarms"] == []
    assert all(row["rate"] > 0 for row in found["rows"])

    rows = {row["name"]: row for row in found["rows"]}
    assert {"public", "public/static", "public/bare", "public/pgbench", "public/composed", "post-msgs/limit"} <= set(rows)
    assert all(f"{name}/against" in rows for name in ("public", "home-20-active", "post-msgs", "register", "mix"))
    assert {"register/hash", "mix/limit", "public-posting/static", "growth-public/2000", "growth-public/4000"} <= set(rows)
    for name in ("public", "home-20-active", "mix"):
        assert rows[name]["httpd_cpu"] > 0 and rows[name]["p99"] >= rows[name]["p50"] > 0
        assert rows[f"{name}/pgbench"]["mean"] > 0
    assert rows["growth-home-200-silent/4000"]["database_alone"] > 0

    statements = found["statements"]
    assert statements["public"] == "messages_public"
    assert statements["growth-home-200-silent"].endswith("messages_home_few"), "it is not all in the newest messages"
    # The simulator's progress travels along.
    assert statements["mix"].startswith("simulator_record + ")

    assert len({idle["title"] for idle in found["idle"]}) == 2
    for idle in found["idle"]:
        # On a busy machine, some may get 503, and httpd may close some that are idle: it does so when it needs their workers.
        assert idle["connections"] >= idle["kept"] > 0 and idle["connections"] >= idle["answered"] > 0
        assert 0 < idle["database_connections"] <= idle["database_connections_configured"]
    assert "GET /public" in done.stdout and "pgbench: messages_public" in done.stdout
    xml.etree.ElementTree.parse(tmp_path / "now.svg")

    again = run("--read", tmp_path / "now.json", "--compare", tmp_path / "now.json", environment=build)
    assert again.returncode == done.returncode, again.stderr
    assert re.search(r"^public/static .* 1\.00 ", again.stdout, re.MULTILINE)


def processes_below(pid):
    stats = {}
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                stats[int(entry.name)] = parse_stat((entry / "stat").read_text())
            except OSError:
                pass
    return [one for one in descendants(pid, stats) if one != pid]


def runs(pid):
    """Whether it is more than a name that nobody has asked for yet."""
    try:
        return parse_stat(pathlib.Path(f"/proc/{pid}/stat").read_text())[0] != "Z"
    except OSError:
        return False


def test_ctrl_c_leaves_nothing(build):
    process = subprocess.Popen(
        [PROGRAM, "--quick", "--only", "public"], env=build, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    try:
        # All is running then.
        while "static" not in process.stderr.readline():
            assert process.poll() is None
        below = processes_below(process.pid)
        commands = b"".join(pathlib.Path(f"/proc/{pid}/cmdline").read_bytes() + b"\0" for pid in below).decode()
        folders = set(re.findall(r"/tmp/mt-(?:pg|httpd|bench)-\w+", commands))
        assert len(folders) >= 2, commands
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=PATIENCE)
    finally:
        if process.poll() is None:
            process.kill()
    assert process.returncode == 128 + signal.SIGINT
    installation.wait_until(lambda: not any(map(runs, below)), "its processes to end")
    assert [folder for folder in folders if os.path.exists(folder)] == []


def test_what_cannot_be_measured_is_told(build):
    done = run("--only", "nonsense", environment=build)
    assert done.returncode == 2
    assert "nothing is named nonsense" in done.stderr and "home-20-active" in done.stderr
    assert "public" in run("--list", environment=build).stdout.split()
