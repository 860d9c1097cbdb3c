# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""The replayer, tried on a fake API that does right, or wrong in known ways."""

import json
import os
import pathlib
import signal
import socket
import subprocess

import pytest

from fake_api import CREDENTIALS, EVERY, LEAVING, SILENT, STAYS, FakeApi
from scenario.actions import format_action, read_scenario
from scenario.expectation import expect
from scenario.generate import generate
from scenario.player import Outcome
from support import installation

PROGRAM = pathlib.Path(__file__).with_name("replay")
USERS = 20
ACTIONS = 450
PATIENCE = 120  # s, for a machine that has other work


@pytest.fixture(scope="module")
def scenario(tmp_path_factory):
    return write(tmp_path_factory.mktemp("scenario") / "scenario.tsv", generate(USERS, ACTIONS, 3))


@pytest.fixture
def credentials(tmp_path):
    file = tmp_path / "credentials"
    file.write_text(CREDENTIALS + "\n")
    return file


@pytest.fixture
def replay(scenario, credentials):
    """Runs the replayer to its end; returns its exit status and its report."""

    def run(url, *options, file=scenario):
        with start(file, url, "--credentials-file", credentials, "--verify", *options) as process:
            output, _ = process.communicate(timeout=PATIENCE)
        return process.returncode, json.loads(output)

    return run


def write(file, actions):
    file.write_text("".join(map(format_action, actions)), encoding="utf-8", newline="\n")
    return file


def start(file, url, *options, group=False):
    """group: as a terminal starts it, in a process group of its own."""
    arguments = [PROGRAM, file, "--url", url, "--json", *options]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MINITWIT_")}
    return subprocess.Popen(arguments, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=group)


def messages_stored(api):
    return sum(map(len, api.messages.values()))


@pytest.mark.parametrize(
    ("options", "prefix"),
    [
        ((), ""),
        (("--clients", "1", "--register-clients", "1"), ""),
        (("--processes", "3", "--clients", "7"), "/api"),
        (("--keep-alive",), "/a/b"),
        (("--retry", "--timeout", "5"), ""),
    ],
)
def test_plays_everything_and_finds_it_exact(replay, scenario, options, prefix):
    with FakeApi(prefix=prefix) as api:
        status, report = replay(api.url, *options)
    assert report["verify"]["problems"]["first"] == []
    assert status == 0
    assert report["done"] == report["actions"] == ACTIONS
    assert report["unexpected"] == {"count": 0, "first": []}
    assert (report["unsent"], report["skipped"], report["retries"], report["uncertain"]) == (0, 0, 0, 0)
    actions = read_scenario(scenario)
    for kind in ("register", "tweet", "follow", "unfollow"):
        assert report["latency"][kind]["count"] == sum(action.kind == kind for action in actions)
    figures = report["latency"]["all"]
    assert figures["count"] == ACTIONS
    assert 0 < figures["p50"] <= figures["p99"] <= figures["p99.9"] <= figures["max"] < report["seconds"]
    assert report["verify"]["users"] == report["verify"]["registered"] == USERS
    assert report["verify"]["messages"] == messages_stored(api)
    assert report["verify"]["follows"] == sum(map(len, api.follows.values()))


def test_opens_a_connection_for_each_action_unless_told_otherwise(scenario, credentials):
    for options, most, least in (((), ACTIONS, ACTIONS), (("--keep-alive", "--clients", "4"), 6, 2)):
        with FakeApi() as api, start(scenario, api.url, "--credentials-file", credentials, *options) as process:
            process.communicate(timeout=PATIENCE)
            assert process.returncode == 0
            assert least <= api.connections <= most


@pytest.mark.parametrize("fault", [*SILENT, "freeze-latest"])
@pytest.mark.parametrize("options", [(), ("--retry",)])
def test_notices_what_the_server_does_wrong_in_silence(replay, fault, options):
    with FakeApi(fault) as api:
        status, report = replay(api.url, *options)
    assert status == 1
    assert report["verify"]["problems"]["count"] > 0
    if fault != "forget-user":
        assert report["unexpected"]["count"] == 0


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("refused-503", "503 "),
        ("stored-503", "503 "),
        ("refused-500", "500 "),
        ("refused-cut", "closed before the end"),
        ("stored-cut", "closed before the end"),
        ("chatty-204", "204 I did it."),
        ("garbage", "no HTTP answer"),
        ("silence", "no answer within 0.2 s"),
    ],
)
def test_reports_unexpected_answers(replay, fault, words):
    with FakeApi(fault) as api:
        # A busy machine may be late with other answers, too.
        status, report = replay(api.url, *(("--timeout", "0.2") if fault == "silence" else ()))
    assert status == 1
    assert report["unexpected"]["count"] > 20
    assert len(report["unexpected"]["first"]) == 20
    assert words in report["unexpected"]["first"][0]["what"]
    assert report["done"] + report["unexpected"]["count"] + report["skipped"] == ACTIONS
    # What was refused left no trace, of what is unknown nothing can be said: the state is right all the same.
    assert report["verify"]["problems"] == {"count": 0, "first": []}


@pytest.mark.parametrize(
    ("fault", "stored"), [("refused-503", False), ("stored-503", True), ("refused-cut", False), ("stored-cut", True)]
)
@pytest.mark.parametrize("processes", ["1", "2"])
def test_bears_faults_and_accounts_for_them_exactly(replay, fault, stored, processes):
    with FakeApi(fault) as api:
        status, report = replay(api.url, "--retry", "--processes", processes)
    assert report["unexpected"]["first"] == [] and report["verify"]["problems"]["first"] == []
    assert status == 0
    assert report["retries"] > 0
    tweets = report["latency"]["tweet"]["count"] if fault.endswith("503") else None
    if tweets:
        assert report["uncertain"] == tweets // EVERY
    assert report["uncertain"] > 0
    # This server does not say when to come back.
    assert report["unavailable"] == report["unavailable_without_retry_after"]
    assert (report["unavailable"] > 0, report["lost"] > 0) == (fault.endswith("503"), fault.endswith("cut"))
    assert report["verify"]["uncertain_stored"] == (report["uncertain"] if stored else 0)
    assert report["done"] + report["uncertain"] == ACTIONS


def test_bears_a_server_that_falls_silent(replay):
    with FakeApi("silence") as api:
        status, report = replay(api.url, "--retry", "--timeout", "0.3")
    assert status == 0 and report["retries"] > 0 and report["uncertain"] > 0
    assert report["latency"]["all"]["max"] >= 0.3


@pytest.mark.parametrize("fault", ["refused-500", "chatty-204", "garbage"])
def test_bears_only_faults_of_connection_and_database(replay, fault):
    with FakeApi(fault) as api:
        status, report = replay(api.url, "--retry")
    assert status == 1 and report["unexpected"]["count"] > 20


def test_ends_early_when_told_to_and_accounts_for_what_was_done(tmp_path, credentials):
    file = write(tmp_path / "long.tsv", generate(USERS, 100000, 3))
    with FakeApi() as api, start(file, api.url, "--credentials-file", credentials, "--verify", group=True) as process:
        installation.wait_until(lambda: messages_stored(api) >= 100, "messages")
        os.killpg(process.pid, signal.SIGINT)
        output, _ = process.communicate(timeout=PATIENCE)
        report = json.loads(output)
        assert report["verify"]["messages"] == messages_stored(api)
    assert process.returncode == 3 and report["unsent"] > 0
    assert report["done"] >= 100 and report["verify"]["problems"]["first"] == []


def test_waits_for_a_server_that_is_away(scenario, credentials):
    # Long enough for the first attempts to fail, which nobody sees.
    for away in (2, 10, 50):
        url, port = nowhere()
        with start(scenario, url, "--credentials-file", credentials, "--retry", "--verify") as process:
            with pytest.raises(subprocess.TimeoutExpired):
                process.wait(away)
            with FakeApi(port=port):
                output, _ = process.communicate(timeout=PATIENCE)
        report = json.loads(output)
        # Nothing was ever sent in vain, so that nothing is uncertain.
        assert process.returncode == 0 and report["done"] == ACTIONS and report["uncertain"] == 0
        if report["retries"] > 0:
            return
    raise AssertionError("it never tried in vain")


def test_knows_the_newest_when_the_server_left_before_the_end(scenario, credentials):
    """What was sent last then was not recorded last."""
    options = ("--credentials-file", credentials, "--verify", "--clients", "1", "--register-clients", "1", "--retry")
    with FakeApi(LEAVING) as api, start(scenario, api.url, *options, group=True) as process:
        installation.wait_until(lambda: api.counts.get(LEAVING, 0) > STAYS, "the server to leave")
        os.killpg(process.pid, signal.SIGINT)
        report = json.loads(process.communicate(timeout=PATIENCE)[0])
    assert report["verify"]["problems"]["first"] == []
    assert (process.returncode, report["done"]) == (3, STAYS)
    assert report["unavailable"] > 0


def test_a_server_that_stays_away(scenario, credentials):
    url, _ = nowhere()
    with start(scenario, url, "--credentials-file", credentials) as process:
        report = json.loads(process.communicate(timeout=PATIENCE)[0])
    assert process.returncode == 1
    assert (report["done"], report["unexpected"]["count"], report["skipped"]) == (0, USERS, ACTIONS - USERS)
    assert "refused" in report["unexpected"]["first"][0]["what"]
    with start(scenario, url, "--credentials-file", credentials, "--retry", "--max-seconds", "0.5") as process:
        report = json.loads(process.communicate(timeout=PATIENCE)[0])
    assert process.returncode == 3
    assert (report["done"], report["unexpected"]["count"], report["unsent"]) == (0, 0, ACTIONS)


def nowhere():
    """A URL where nobody listens, and its port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    return f"http://127.0.0.1:{port}", port


def test_stops_when_the_time_is_up(replay, tmp_path):
    file = write(tmp_path / "long.tsv", generate(20, 30000, 1))
    with FakeApi() as api:
        status, report = replay(api.url, "--max-seconds", "2", file=file)
    assert status == 3
    assert report["done"] > 0 and report["unsent"] == 30000 - report["done"]
    assert report["verify"]["problems"] == {"count": 0, "first": []}
    assert report["verify"]["messages"] == messages_stored(api)


def test_keeps_to_a_rate(replay, tmp_path):
    file = write(tmp_path / "long.tsv", generate(20, 30000, 1))
    with FakeApi() as api:
        status, report = replay(api.url, "--rate", "50", "--processes", "2", "--max-seconds", "2", file=file)
    assert status == 3
    # A busy machine does less.
    assert 0 < report["done"] <= 20 + 100 + 2


def test_skips_what_a_failed_registration_makes_impossible(replay):
    with FakeApi() as api:
        assert replay(api.url)[0] == 0
        before = messages_stored(api)
        status, report = replay(api.url)
        assert messages_stored(api) == before
    assert status == 1
    assert report["unexpected"]["count"] == USERS and report["skipped"] == ACTIONS - USERS
    assert "already taken" in report["unexpected"]["first"][0]["what"]


def test_compares_without_playing(scenario, credentials, replay):
    with FakeApi() as api:
        options = ("--credentials-file", credentials, "--verify-only")
        with start(scenario, api.url, *options) as process:
            report = json.loads(process.communicate(timeout=PATIENCE)[0])
        assert process.returncode == 1 and report["verify"]["problems"]["count"] == USERS
        assert replay(api.url)[0] == 0
        connections = api.connections
        with start(scenario, api.url, *options) as process:
            report = json.loads(process.communicate(timeout=PATIENCE)[0])
        assert process.returncode == 0 and report["verify"]["users"] == USERS
        assert api.connections == connections + 2 * USERS


def test_wrong_credentials_show(scenario, tmp_path):
    file = tmp_path / "wrong"
    file.write_text("simulator:wrong\n")
    with FakeApi() as api, start(scenario, api.url, "--credentials-file", file) as process:
        report = json.loads(process.communicate(timeout=PATIENCE)[0])
    assert process.returncode == 1
    # Registration needs none.
    assert report["done"] == USERS and report["unexpected"]["count"] == ACTIONS - USERS
    assert report["unexpected"]["first"][0]["what"].startswith("403 ")


def test_credentials_from_the_environment_and_a_report_for_people(scenario):
    environment = os.environ | {"MINITWIT_API_CREDENTIALS": CREDENTIALS}
    with FakeApi() as api:
        answer = subprocess.run(
            [PROGRAM, scenario, "--url", api.url, "--verify"],
            env=environment, capture_output=True, text=True, check=False, timeout=PATIENCE,
        )  # fmt: skip
    assert answer.returncode == 0 and answer.stderr == ""
    for words in ("p99.9", "register", "unexpected answers: 0", f"{USERS} of {USERS} users", "exact"):
        assert words in answer.stdout


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://192.0.2.1:5001/", "not this machine"),
        ("https://127.0.0.1/", "not the base URL"),
        ("127.0.0.1:5001", "not the base URL"),
        ("http://127.0.0.1:x/", "127.0.0.1:x"),
        ("http://user@127.0.0.1/", "neither credentials"),
        ("http://127.0.0.1/?latest=1", "neither credentials"),
    ],
)
def test_refuses_other_urls(scenario, credentials, url, words):
    with start(scenario, url, "--credentials-file", credentials) as process:
        output, problem = process.communicate(timeout=PATIENCE)
    assert process.returncode == 2 and words in problem and output == ""


def test_refuses_without_credentials_or_scenario(scenario, credentials, tmp_path):
    for file, options, words in (
        (scenario, (), "MINITWIT_API_CREDENTIALS"),
        (scenario, ("--credentials-file", "/dev/null"), "no user:password"),
        (scenario, ("--credentials-file", tmp_path / "none"), "No such file"),
        (tmp_path / "none", ("--credentials-file", credentials), "No such file"),
        (credentials, ("--credentials-file", credentials), "credentials:1: the fourth field"),
        (scenario, ("--clients", "2", "--processes", "3"), "cannot be more"),
    ):
        with start(file, "http://127.0.0.1:1", *options) as process:
            output, problem = process.communicate(timeout=PATIENCE)
        assert process.returncode == 2 and words in problem and output == ""


REGISTERED = ["0\t0\t0\tregister\tIda\te@x\tp", "1\t0\t0\tregister\tBo\te@x\tp"]


@pytest.mark.parametrize(
    ("attempts", "states"),
    [
        ("follow done", {True}),
        ("follow done, follow done", {True}),
        ("follow done, unfollow done", {False}),
        ("unfollow done", {False}),
        ("follow refused", {False}),
        ("follow done, unfollow refused", {True}),
        ("follow unknown", {True, False}),
        ("follow unknown, follow done", {True}),
        # The first attempt may still be under way in the server when the second is done.
        ("follow unknown, unfollow done", {True, False}),
        ("follow done, unfollow unknown", {True, False}),
    ],
)
def test_what_a_row_of_follows_implies(tmp_path, attempts, states):
    lines = list(REGISTERED)
    outcomes = {0: Outcome.DONE, 1: Outcome.DONE}
    for place, attempt in enumerate(attempts.split(", "), 2):
        kind, outcome = attempt.split()
        lines.append(f"{place}\t0\t0\t{kind}\tIda\tBo")
        outcomes[place] = Outcome[outcome.upper()]
    file = tmp_path / "scenario.tsv"
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    loose = {place for place, outcome in outcomes.items() if outcome == Outcome.UNKNOWN}
    user = expect(read_scenario(file), outcomes, loose)["Ida"]
    for state in (True, False):
        assert (user.check_follows(["Bo"] if state else []) == []) == (state in states)


@pytest.mark.parametrize(
    ("found", "problem"),
    [
        (["a", "b", "b"], None),
        (["a", "x", "b", "b"], None),
        (["a", "b", "b", "x"], None),
        (["a", "b"], "lost"),
        (["a", "b", "b", "b"], "once too often"),
        (["a", "b", "b", "x", "x"], "never acknowledged"),
        (["a", "b", "b", "y"], "never acknowledged"),
        (["b", "a", "b"], "order"),
    ],
)
def test_what_a_row_of_messages_implies(tmp_path, found, problem):
    lines = REGISTERED + [f"{place}\t0\t0\ttweet\tIda\t{text}" for place, text in enumerate("abxb", 2)]
    file = tmp_path / "scenario.tsv"
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    outcomes = dict.fromkeys(range(6), Outcome.DONE) | {4: Outcome.UNKNOWN}
    problems, stored = expect(read_scenario(file), outcomes, {4})["Ida"].check_messages(found)
    if problem is None:
        assert problems == [] and stored == found.count("x")
    else:
        assert problem in problems[0]
