# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""The pieces of the benchmark: what it reads from wrk, pgbench, the protocol and /proc, what it makes of it, and how it says it."""

import contextlib
import os
import pathlib
import re
import struct
import subprocess
import sys
import xml.etree.ElementTree

import pytest

from speed import cases, options, pgbench, plot, processes, report, rounds, servers, subjects, wrk
from speed.cases import Probe, Request
from speed.data import People
from speed.programs import ProgramError, run
from speed.sample import Sample, compose, ratio, smaller, summarise
from support import installation
from support.recorder import Call, Reading

SUMMARY = (
    "Running 1s test @ http://127.0.0.1:5000\n  2 threads and 16 connections\n\n"
    'summary: {"requests": 5000, "seconds": 2.0, "bytes": 500000, "mean": 0.004, "p50": 0.003, "p99": 0.02, "max": 0.1, '
    '"errors": {"connect": 0, "read": 0, "write": 0, "timeout": 0, "status": 0}}\n'
)

PGBENCH = """pgbench (15.18 (Debian 15.18-0+deb12u1))
transaction type: 0.sql
scaling factor: 1
query mode: prepared
number of clients: 16
number of threads: 2
maximum number of tries: 1
duration: 1 s
number of transactions actually processed: 9423
number of failed transactions: 0 (0.000%)
latency average = 1.698 ms
initial connection time = 21.101 ms
tps = 9422.834565 (without initial connection time)
"""


# ---- wrk -------------------------------------------------------------------------------------------------------------


def test_what_wrk_says():
    sample = wrk.parse(SUMMARY)
    assert (sample.rate, sample.requests, sample.answer_bytes, sample.problems) == (2500, 5000, 100, [])
    assert (sample.mean, sample.p50, sample.p99) == (0.004, 0.003, 0.02)


def test_errors_that_wrk_counted():
    assert wrk.parse(SUMMARY.replace('"status": 0', '"status": 7')).problems == ["7 answers of another status than 2xx or 3xx"]
    assert wrk.parse(SUMMARY.replace('"requests": 5000', '"requests": 0')).problems == ["no answer"]


def test_wrk_that_says_nothing():
    with pytest.raises(ProgramError):
        wrk.parse("unable to connect to 127.0.0.1:5000 Connection refused\n")


def test_requests_for_wrk(tmp_path):
    request = Request("POST", f"/msgs/7?latest={cases.MARK}", ("X: y",), '{"content":"é"}')
    wrk.write_requests(tmp_path / "requests", [request.encode(), request.encode("/file")])
    first, second, rest = (tmp_path / "requests").read_bytes().split(b"\0")
    assert first.startswith(f"POST /msgs/7?latest={cases.MARK} HTTP/1.1\r\nHost: localhost\r\nX: y\r\n".encode())
    assert b"\r\nContent-Length: 16\r\n\r\n" in first and first.endswith('{"content":"é"}'.encode())
    assert second.startswith(b"POST /file HTTP/1.1\r\n")
    assert rest == b""


def test_a_mark_counts_as_what_stands_there_later():
    request = Request("POST", "/register", (), '{"username":"%s"}' % cases.MARK)
    sent = request.numbered(cases.MARK_VALUE)
    assert f"Content-Length: {len(sent.body)}\r\n".encode() in request.encode()


# ---- pgbench ---------------------------------------------------------------------------------------------------------


def test_what_pgbench_says():
    sample = pgbench.parse(PGBENCH)
    assert (sample.rate, sample.requests, sample.problems) == (9422.834565, 9423, [])
    assert sample.mean == pytest.approx(0.001698)


def test_transactions_that_failed():
    failed = PGBENCH.replace("failed transactions: 0", "failed transactions: 3")
    assert pgbench.parse(failed).problems == ["3 failed transactions"]
    with pytest.raises(ProgramError):
        pgbench.parse("pgbench: error: connection failed\n")


FIND = Call("users_find", "select id from users where username = $1", ("7",))
ADD = Call("add", "insert into m (a, t) select $1::bigint, $2 where $1 > 0", ("7", "a text"))
RECORD = Call("record", "select setval('s', $1::bigint)", ("12",))


def test_a_script_for_pgbench():
    script = pgbench.Script(Probe(None, {"7": "random(1, 9)", "8": "random(1, 2)"}, 3), [[RECORD, FIND], [ADD]], "s0")
    assert script.weight == 3
    assert script.constants == {"s0v0": "12", "s0v2": "a text"}
    assert script.text.splitlines() == [
        "\\set s0v1 random(1, 9)",
        "\\startpipeline",
        "select setval('s', :s0v0::bigint);",
        "select id from users where username = :s0v1;",
        "\\endpipeline",
        "insert into m (a, t) select :s0v1::bigint, :s0v2 where :s0v1 > 0;",
    ]


def test_what_pgbench_cannot_say():
    for call in (Call("x", "select $1", ("",)), Call("x", "select $1", (None,)), Call("x", "select ':name'", ())):
        with pytest.raises(ProgramError):
            pgbench.Script(Probe(None), [[call]], "s0")


def test_statements_of_a_request():
    assert pgbench.describe([(None, [[RECORD, FIND], [ADD]]), (None, [[FIND]]), (None, [[FIND]])]) == (
        "record + users_find; add | users_find"
    )


# ---- the protocol ----------------------------------------------------------------------------------------------------


def message(kind, contents):
    return kind + struct.pack("!i", len(contents) + 4) + contents


def bind(name, *values):
    parts = b"".join(
        struct.pack("!i", -1) if value is None else struct.pack("!i", len(value)) + value for value in values
    )
    return message(b"B", b"\0" + name + b"\0" + struct.pack("!hhh", 1, 0, len(values)) + parts + struct.pack("!h", 0))


SENT = (
    message(b"", struct.pack("!i", 196608) + b"user\0somebody\0\0")
    + message(b"P", b"minitwit_users_find_0\0select 1 where $1 = 'x'\0\0\0")
    + message(b"S", b"")
    + bind(b"minitwit_users_find_0", b"x", None)
    + message(b"D", b"P\0")
    + message(b"E", b"\0\0\0\0\0")
    + bind(b"minitwit_users_find_0", "é".encode())
    + message(b"S", b"")
    + message(b"X", b"")
)


@pytest.mark.parametrize("step", [1, 7, len(SENT)])
def test_pipelines_are_read_off_the_wire(step):
    reading = Reading()
    for place in range(0, len(SENT), step):
        reading.feed(SENT[place : place + step])
    sql = "select 1 where $1 = 'x'"
    assert reading.pipelines == [[Call("users_find", sql, ("x", None)), Call("users_find", sql, ("é",))]]
    assert reading.prepared == 1


def test_statements_that_are_not_prepared_are_refused():
    reading = Reading()
    with pytest.raises(ValueError, match="not prepared"):
        reading.feed(message(b"", b"\0\3\0\0\0") + message(b"Q", b"select 1\0"))


# ---- processes -------------------------------------------------------------------------------------------------------


def test_the_name_of_a_process_may_hold_anything():
    assert processes.parse_stat("12 (a) b (c) S 1 2 3\n")[:3] == ["S", "1", "2"]


def test_processor_time_of_a_whole_tree():
    busy = "import time\nwhile time.process_time() < 0.3: pass"
    run_it = f"sys.stdin.readline(); subprocess.run([sys.executable, '-c', {busy!r}])"
    code = f"import subprocess, sys; {run_it}; print(flush=True); sys.stdin.read()"
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        with processes.ProcessorTime(one=process.pid) as spent:
            process.stdin.write(b"\n")
            process.stdin.flush()
            process.stdout.readline()
            assert processes.tree_pss(process.pid) > 1_000_000
        process.stdin.close()
    # A tick is 10 ms.
    assert 0.25 < spent.seconds["one"] < 10


# ---- figures ---------------------------------------------------------------------------------------------------------


def test_medians():
    found = summarise([Sample(rate=1, p50=3.0), Sample(rate=5, p50=1.0, problems=["x"]), Sample(rate=2, problems=["x"])])
    assert (found["rate"], found["p50"], found["p99"], found["problems"]) == (2, 2.0, None, ["x"])
    assert found["spread"] == 1


def test_ratios_are_of_the_same_round():
    assert ratio([Sample(1), Sample(4), Sample(9)], [Sample(2), Sample(4), Sample(3)]) == 1
    assert ratio([Sample(1)], [Sample(0)]) is None


def test_composed_limits():
    assert compose(Sample(30_000), Sample(15_000)).rate == pytest.approx(10_000)
    assert compose(Sample(30_000), Sample(0)).rate == 0
    assert smaller(Sample(3), Sample(2)).rate == 2


def test_rounds():
    calls = []

    def measure(name, rates):
        left = iter(rates)
        return lambda: calls.append(name) or Sample(next(left))

    limits = rounds.Subject(
        "read", "limits",
        [
            rounds.Line("ours", "GET /", measure("ours", [10, 20])),
            rounds.Line("static", "a file", measure("static", [20, 20])),
            rounds.Line("twice", "both", derive=lambda found: Sample(found["static"].rate * 2)),
        ],
    )  # fmt: skip
    growth = rounds.Subject(
        "more", "growth", [rounds.Line("1", "few", measure("1", [8, 8])), rounds.Line("9", "many", measure("9", [4, 4]))], True
    )
    rounds.run([limits, growth], 2, lambda *_: None, warm_up=False)
    assert calls == ["ours", "static", "1", "9", "static", "ours", "9", "1"]
    assert [(row["name"], row["of"], row["rate"], row["ratio"]) for row in limits.rows() + growth.rows()] == [
        ("read", None, 15, None),
        ("read/static", "read", 20, 0.75),
        ("read/twice", "read", 40, 0.375),
        ("more/1", None, 8, None),
        ("more/9", "more", 4, 0.5),
    ]


# ---- what is said ----------------------------------------------------------------------------------------------------


def row(name, of=None, group="limits", ratio_of=None, **more):
    made = {"name": name, "of": of, "group": group, "title": f"<{name}> & more", "ratio": ratio_of}
    return made | summarise([Sample(rate=1234.5, p50=0.00123, httpd_cpu=0.0001)]) | more


def found(*rows):
    return {
        "began": "2030-01-02 03:04 UTC",
        "machine": {"cores": 2},
        "settings": {"rounds": 5},
        "rows": list(rows),
        "idle": [],
        "alarms": [],
    }


ROWS = (
    row("read"),
    row("read/static", "read", ratio_of=0.5),
    row("read/composed", "read", ratio_of=2.0),
    row("grow/10", group="growth", messages=10),
    row("grow/100", "grow", "growth", 0.9, messages=100),
)


def test_the_table():
    lines = report.table(found(*ROWS)).splitlines()
    assert re.split(r"  +", lines[0].strip()) == [
        "rate/s", "±%", "ratio", "p50 ms", "p99 ms", "httpd µs", "PostgreSQL µs", "alone ms",
    ]  # fmt: skip
    assert re.split(r"  +", lines[3]) == ["<read> & more", "1,234", "0", "1.23", "100"]
    assert re.split(r"  +", lines[4]) == ["", "<read/static> & more", "1,234", "0", "0.50", "1.23", "100"]


def test_doubtful_figures_are_told():
    text = report.table(found(row("read", problems=["7 status errors"])))
    assert "Problems:\n  read: 7 status errors\n" in text
    assert "Problems" not in report.table(found(row("read")))


def test_idle_connections_are_told():
    idle = {
        "title": "an httpd", "connections": 1000, "answered": 990, "kept": 980, "httpd_pss": 5e7, "httpd_children": 4,
        "database_connections": 32, "database_connections_configured": 32, "backends_pss": 9e7,
    }  # fmt: skip
    text = report.table(found() | {"idle": [idle]})
    assert "1,000 connections" in text and "990 were answered" in text and "50 MB" in text and "32 of 32" in text


def test_the_comparison():
    text = report.compare(found(*ROWS) | {"settings": {"rounds": 9}}, found(row("read/static", "read", ratio_of=0.25, rate=617.25)))
    assert re.search(r"^read/static +617 +1,234 +2\.00 +0\.25 +0\.50$", text, re.MULTILINE)
    assert "grow" not in text
    assert "rounds: 5 then, 9 now" in text
    assert report.compare(found(row("a")), found(row("b"))).startswith("Nothing")


def test_the_plot():
    text = plot.draw(found(*ROWS))
    tree = xml.etree.ElementTree.fromstring(text)
    space = "{http://www.w3.org/2000/svg}"
    assert tree.tag == space + "svg"
    drawn = ["".join(element.itertext()) for element in tree.iter(space + "text")]
    assert "<read> & more" in drawn and "0.50" in drawn and "<grow/10> & more" in drawn
    assert "prefers-color-scheme: dark" in text
    # Nothing is drawn outside, however large a ratio is.
    for bar in tree.iter(space + "rect"):
        assert float(bar.get("x", 0)) + float(bar.get("width")) <= plot.WIDTH


@pytest.mark.parametrize("rows", [(), ROWS[:1], ROWS[3:4]])
def test_a_plot_of_little(rows):
    xml.etree.ElementTree.fromstring(plot.draw(found(*rows)))


# ---- options ---------------------------------------------------------------------------------------------------------


def test_options():
    chosen = options.parse("", ["--sizes", "1_000,20", "--only", "a*", "b"])
    assert (chosen.sizes, chosen.only, chosen.rounds, chosen.fsync) == ([20, 1000], ["a*", "b"], 5, "on")
    quick = options.parse("", ["--quick", "--rounds", "2"])
    assert (quick.rounds, quick.seconds) == (2, 1)
    with pytest.raises(SystemExit):
        options.parse("", ["--rounds", "0"])


def test_names_to_measure():
    assert options.select(["public", "public-posting", "msgs"], ["msgs", "public*"]) == ["public", "public-posting", "msgs"]
    with pytest.raises(ValueError, match="nope"):
        options.select(["public"], ["nope"])


def test_the_site_that_is_held_against_limits():
    assert options.size_of_limits([10_000, 1_000_000, 10_000_000]) == 1_000_000
    assert options.size_of_limits([2000, 4000]) == 4000
    assert options.size_of_limits([5_000_000]) == 5_000_000


def test_cases_have_names_of_their_own():
    people = People([20, 200])
    made = [*cases.limited(people, 20), *cases.posting(), *cases.growing(people, [20, 200])]
    assert len({case.name for case in made}) == len(made)
    assert all(case.requests and case.probes for case in made)


def test_who_posts_while_others_read():
    people = People([20, 200])
    posted = cases.meanwhile(people)
    assert len({request.path for request in posted}) == len(posted) == cases.POSTS_A_SECOND
    read = {case.requests[0].path for case in cases.posting() if case.name.startswith("msgs-user")}
    assert read <= {request.path for request in posted}


@pytest.mark.parametrize(("sent", "is_right"), [(90, False), (100, True), (400, True), (2101, False)])
def test_answers_of_another_length_are_noticed(sent, is_right):
    measure = subjects.checking_length(lambda: Sample(1, answer_bytes=sent), 100, 1)
    assert (measure().problems == []) == is_right


def test_readers_keep_apart():
    people = People([20, 200])
    assert len({reader.id for reader in people.readers}) == len({reader.token for reader in people.readers}) == 40
    assert min(reader.id for reader in people.readers) > 2 * people.active


# ---- what is shipped -------------------------------------------------------------------------------------------------


def test_shipped_settings_are_found():
    assert {"shared_buffers", "fsync", "synchronous_commit"} <= set(servers.shipped_settings())


def test_values_of_headers_in_a_configuration():
    assert servers.quote('W/"a\\b"') == '"W/\\"a\\\\b\\""'


# ---- programs --------------------------------------------------------------------------------------------------------


def test_a_program_has_its_time(tmp_path):
    assert run(["echo", "hello"], installation.PATIENCE) == "hello\n"
    with pytest.raises(ProgramError, match="did not end within"):
        run(["sh", "-c", "sleep 600; true", tmp_path], 1)
    assert not [name for name in commands() if os.fsencode(tmp_path) in name]
    with pytest.raises(ProgramError, match="oh no"):
        run(["sh", "-c", "echo oh no >&2; exit 3"], installation.PATIENCE)


def commands():
    """Of all processes."""
    for file in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            yield file.read_bytes()
