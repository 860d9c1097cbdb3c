# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""The benchmark: a whole run on tiny sites, and the calculations that a single run cannot check."""

import json
import os
import pathlib
import re
import signal
import subprocess
import xml.etree.ElementTree

import pytest

from speed import cases, measure, report, sites, subjects
from speed.cases import Request
from speed.measure import Sample
from support import installation, processes

PROGRAM = pathlib.Path(__file__).with_name("run")
PATIENCE = 1200  # s, for a busy machine


@pytest.fixture
def environment():
    if installation.SANITIZE:
        pytest.skip("the benchmark needs a build without sanitizers")
    return os.environ | {"MINITWIT_BUILD": str(installation.BUILD)}


def run(environment, *arguments):
    return subprocess.run(
        [PROGRAM, *map(str, arguments)], env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True, check=False, timeout=PATIENCE,
    )  # fmt: skip


def _is_wrong(row, problem):
    """On a busy machine there may be too few posts, and some requests get 503."""
    number, _, kind = problem.partition(" ")
    return not ("posting: only" in problem or (kind == "status errors" and int(number) < row["rate"] / 2))


def test_quick_run_measures_each_kind_and_compares_two_modules(environment, tmp_path):
    files = ["--json", tmp_path / "now.json", "--svg", tmp_path / "now.svg"]
    only = ["public", "mix", "feed", "sitemap-users", "search-rare", "form-answer", "public-posting"]
    only += ["growth-home-200-silent", "idle"]
    # The other module may be the same one.
    done = run(environment, "--quick", "--only", *only, "--against", installation.MODULE, *files)
    assert done.returncode in (0, 1), done.stdout + done.stderr
    found = json.loads((tmp_path / "now.json").read_text())
    assert [row["name"] for row in found["rows"] if any(_is_wrong(row, problem) for problem in row["problems"])] == []
    assert found["alarms"] == [] and found["lacking"] == []
    rows = {row["name"]: row for row in found["rows"]}
    names = (
        "public public/static public/bare public/pgbench public/composed public/against mix/hash mix/limit mix/against"
        " feed/static feed/bare sitemap-users/static search-rare/composed search-rare/against form-answer/limit"
        " form-answer/against"
    )
    assert {*names.split(), "public-posting/static"} <= set(rows)
    assert all(row["rate"] > 0 for row in found["rows"])
    for name in ("public", "mix"):
        assert rows[name]["httpd_cpu"] > 0 and rows[name]["p99"] >= rows[name]["p50"] > 0
        assert rows[f"{name}/pgbench"]["mean"] > 0 and rows[f"{name}/pgbench"]["postgresql_cpu"] > 0
    assert rows["growth-home-200-silent/4000"]["database_alone"] > 0
    # The statements are those of the module. The silent followees make it look beyond the newest messages.
    assert found["statements"]["public"] == "messages_public"
    assert found["statements"]["growth-home-200-silent"].endswith("messages_home_few")
    assert found["statements"]["mix"].startswith("simulator_record + ")
    assert found["statements"]["sitemap-users"] == "users_last + users_names"
    assert found["statements"]["search-rare"].endswith(" + search_messages")
    assert found["statements"]["form-answer"] == "sessions_lock + messages_add_marked"
    assert len(found["idle"]) == 2
    for idle in found["idle"]:
        # On a busy machine, httpd may refuse some connections or close some that are idle.
        assert idle["connections"] >= max(idle["kept"], idle["answered"]) >= min(idle["kept"], idle["answered"]) > 0
        assert 0 < idle["database_connections"] <= idle["database_connections_configured"]
    assert "GET /public" in done.stdout and "pgbench: messages_public" in done.stdout
    xml.etree.ElementTree.parse(tmp_path / "now.svg")

    again = run(environment, "--read", tmp_path / "now.json", "--compare", tmp_path / "now.json")
    assert again.returncode == done.returncode, again.stderr
    assert re.search(r"^public/static .* 1\.00 ", again.stdout, re.MULTILINE)


def _ps(field, pids):
    """This field of each process that still exists."""
    command = ["ps", "-ww", "-o", f"{field}=", "-p", ",".join(map(str, pids))]
    return subprocess.run(command, check=False, stdout=subprocess.PIPE, text=True).stdout.split("\n")


def test_ctrl_c_ends_and_removes_everything(environment):
    process = subprocess.Popen(
        [PROGRAM, "--quick", "--only", "growth-public", "--sizes", "2000", "--rounds", "100"], env=environment,
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    try:
        # httpd and PostgreSQL run when the first measurement ends.
        while "growth-public" not in process.stderr.readline():
            assert process.poll() is None
        pids = processes.tree(process.pid)[1:]
        folders = set(re.findall(r"/tmp/mt-(?:pg|httpd)-\w+", "".join(_ps("args", pids))))
        assert len(folders) == 2
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=PATIENCE)
    assert process.returncode == 128 + signal.SIGINT
    # Z: a process that has ended.
    installation.wait_until(lambda: all(stat[:1] in ("", "Z") for stat in _ps("stat", pids)), "the processes to end")
    assert [folder for folder in folders if os.path.exists(folder)] == []


def test_unknown_names_are_refused_and_all_names_are_listed(environment):
    done = run(environment, "--only", "nonsense")
    assert done.returncode == 2
    assert "no measurement is named nonsense" in done.stderr and "home-20-active" in done.stderr
    names = run(environment, "--list").stdout.split()
    assert "public" in names and len(names) == len(set(names))


WRK = (
    'summary: {"requests": 5000, "seconds": 2.0, "bytes": 500000, "mean": 0.004, "p50": 0.003, "p99": 0.02, '
    '"errors": {"connect": 0, "read": 0, "write": 0, "timeout": 0, "status": 0}}\n'
)
PGBENCH = """number of transactions actually processed: 9423
number of failed transactions: 0 (0.000%)
latency average = 1.698 ms
tps = 9422.834565 (without initial connection time)
"""


def test_errors_of_wrk_and_pgbench_make_a_figure_doubtful():
    sample = measure.read_wrk(WRK)
    assert (sample.rate, sample.answer_bytes, sample.p50, sample.problems) == (2500, 100, 0.003, [])
    assert measure.read_wrk(WRK.replace('"status": 0', '"status": 7')).problems == ["7 status errors"]
    assert measure.read_wrk(WRK.replace('"requests": 5000', '"requests": 0')).problems == ["no answer"]
    sample = measure.read_pgbench(PGBENCH)
    assert (sample.rate, sample.mean, sample.problems) == (9422.834565, pytest.approx(0.001698), [])
    assert measure.read_pgbench(PGBENCH.replace("transactions: 0", "transactions: 3")).problems == [
        "3 failed transactions"
    ]
    for read in (measure.read_wrk, measure.read_pgbench):
        with pytest.raises(ValueError):
            read("connection refused\n")


@pytest.mark.parametrize(("sent", "is_right"), [(90, False), (100, True), (2100, True), (2101, False)])
def test_answers_of_a_wrong_length_make_a_figure_doubtful(sent, is_right):
    act = subjects.checking_length(lambda: Sample(1, answer_bytes=sent), 100, 1)
    assert (act().problems == []) == is_right


def test_problems_are_in_the_table():
    samples = [Sample(1), Sample(5, problems=["7 status errors"]), Sample(2)]
    row = {"name": "public", "of": None, "group": "limits", "title": "GET /public", "ratio": None} | subjects.summarise(
        samples
    )
    assert (row["rate"], row["spread"]) == (2, 1)
    assert "Problems:\n  public: 7 status errors\n" in report.table({"rows": [row], "idle": [], "alarms": []})


def test_pages_that_the_other_module_does_not_have_are_in_the_table():
    page = cases.Case("feed", "GET /-/feed", cases.WEB, [], contains="<entry>")
    answers = [sites.Answer(status, {}, "", body) for status, body in ((200, b"<entry>"), (404, b""), (200, b"<p>"))]
    assert [page.fits(answer) for answer in answers] == [True, False, False]
    text = report.table({"rows": [], "idle": [], "alarms": [], "lacking": [page.title]})
    assert "The other module does not have:\n  GET /-/feed\n" in text


def test_a_form_says_that_it_is_one():
    request = Request("POST", "/add_message", ("Content-Type: application/x-www-form-urlencoded",), "text=x")
    assert re.findall(rb"Content-Type: (.*)\r", request.encode()) == [b"application/x-www-form-urlencoded"]


def test_ratios_are_of_the_same_round():
    assert subjects.ratio([Sample(1), Sample(4), Sample(9)], [Sample(2), Sample(4), Sample(3)]) == 1


def test_mark_has_the_length_of_its_number():
    request = Request("POST", "/register", (), f'{{"username":"{cases.MARK}"}}')
    sent = request.numbered(cases.MARK_VALUE)
    assert f"Content-Length: {len(sent.body)}\r\n".encode() in request.encode()
