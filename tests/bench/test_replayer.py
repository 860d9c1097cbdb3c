# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""The replayer, against a fake API that is correct, or wrong in a known way."""

import json
import pathlib
import subprocess

import pytest

from fake_api import EVERY, SILENT, FakeApi
from scenario.actions import read_scenario
from scenario.player import Outcome
from scenario.verify import expect

HERE = pathlib.Path(__file__).parent
USERS = 20
ACTIONS = 300
PATIENCE = 120  # s, for a busy machine


@pytest.fixture(scope="module")
def scenario(tmp_path_factory):
    file = tmp_path_factory.mktemp("scenario") / "scenario.tsv"
    size = ["--users", str(USERS), "--actions", str(ACTIONS), "--seed", "3"]
    subprocess.run([HERE / "generate-scenario", *size, "--output", file], check=True, timeout=PATIENCE)
    return file


@pytest.fixture
def replay(scenario, tmp_path):
    """Runs the replayer. Returns its exit status and its report."""
    credentials = tmp_path / "credentials"
    credentials.write_text("simulator:secret\n")

    def run(url, *options, file=scenario):
        done = subprocess.run(
            [HERE / "replay", file, "--url", url, "--credentials-file", credentials, "--verify", *options],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False, timeout=PATIENCE,
        )  # fmt: skip
        return done.returncode, json.loads(done.stdout) if done.stdout else done.stderr

    return run


def test_generated_scenario_is_reproducible_and_resembles_the_simulator(scenario, tmp_path):
    again = tmp_path / "again.tsv"
    size = ["--users", str(USERS), "--actions", str(ACTIONS), "--seed", "3"]
    subprocess.run([HERE / "generate-scenario", *size, "--output", again], check=True, timeout=PATIENCE)
    assert again.read_bytes() == scenario.read_bytes()
    actions = read_scenario(scenario)
    kinds = [action.kind for action in actions]
    assert len(actions) == ACTIONS and kinds.count("register") == USERS
    assert kinds.count("tweet") > 5 * kinds.count("follow") > 10 * kinds.count("unfollow") > 0
    assert max(len(action.argument) for action in actions) <= 140


@pytest.mark.parametrize("options", [(), ("--keep-alive", "--retry", "--clients", "1")])
def test_all_actions_are_sent_and_the_state_is_exact(replay, options):
    with FakeApi() as api:
        status, report = replay(api.url, *options)
    assert report["unexpected"]["first"] == report["verify"]["problems"]["first"] == []
    assert (status, report["done"], report["unsent"], report["retries"], report["lost"]) == (0, ACTIONS, 0, 0, 0)
    assert report["latency"]["register"]["count"] == report["verify"]["users"] == USERS
    assert report["verify"]["messages"] == sum(map(len, api.messages.values())) == report["latency"]["tweet"]["count"]
    assert report["verify"]["follows"] == sum(map(len, api.follows.values()))
    figures = report["latency"]["all"]
    assert figures["count"] == ACTIONS
    assert 0 < figures["p50"] <= figures["p99"] <= figures["p99.9"] <= figures["max"] < report["seconds"]


@pytest.mark.parametrize("fault", [*SILENT, "freeze-latest"])
def test_verification_finds_a_wrong_state(replay, fault):
    with FakeApi(fault) as api:
        status, report = replay(api.url, "--retry")
    assert status == 1
    assert report["unexpected"]["count"] == 0
    assert report["verify"]["problems"]["count"] > 0


@pytest.mark.parametrize(
    ("fault", "options", "text"),
    [
        ("refused-503", (), "503 "),
        ("stored-503", (), "503 "),
        ("refused-500", ("--retry",), "500 "),
        ("stored-cut", (), "closed before the end"),
        ("refused-garbage", ("--retry",), "not HTTP: 220"),
        ("mute", ("--timeout", "1"), "no answer within 1 s"),
    ],
)
def test_unexpected_answers_are_reported(replay, fault, options, text):
    with FakeApi(fault) as api:
        status, report = replay(api.url, *options)
    assert status == 1
    assert report["unexpected"]["count"] > 20
    assert text in report["unexpected"]["first"][0]["text"]
    assert report["done"] + report["unexpected"]["count"] + report["skipped"] == ACTIONS
    assert report["verify"]["problems"]["first"] == []


def test_slow_answers_are_counted(replay):
    with FakeApi("slow") as api:
        status, report = replay(api.url)
    assert status == 0
    assert report["latency"]["all"]["slow"] >= ACTIONS // EVERY
    assert report["latency"]["all"]["max"] > 0.3


@pytest.mark.parametrize("fault", ["refused-503", "stored-503", "refused-cut", "stored-cut"])
def test_retries_and_unknown_results_are_counted_exactly(replay, fault):
    with FakeApi(fault) as api:
        status, report = replay(api.url, "--retry")
    assert report["unexpected"]["first"] == report["verify"]["problems"]["first"] == []
    assert status == 0
    assert report["retries"] > 0 and report["uncertain"] > 0
    assert report["done"] + report["uncertain"] == ACTIONS
    assert report["verify"]["uncertain_stored"] == (report["uncertain"] if fault.startswith("stored") else 0)
    assert report["unavailable"] == report["unavailable_without_retry_after"]
    assert (report["unavailable"] > 0, report["lost"] > 0) == (fault.endswith("503"), fault.endswith("cut"))


def test_failed_registrations_and_the_end_of_the_time_are_reported(replay):
    with FakeApi() as api:
        status, report = replay(api.url, "--rate", "20", "--max-seconds", "1")
        assert status == 3 and 0 < report["done"] <= USERS + 22
        status, report = replay(api.url)
    assert status == 1
    assert "already taken" in report["unexpected"]["first"][0]["text"]
    assert report["unexpected"]["count"] + report["skipped"] + report["done"] == ACTIONS and report["skipped"] > 0


def test_other_machines_and_impossible_scenarios_are_refused(replay, scenario, tmp_path):
    assert replay("http://192.0.2.1:5001/")[0] == 2
    late = tmp_path / "late.tsv"
    late.write_text("0\t0\t0\ttweet\tIda\thello\n" + scenario.read_text(encoding="utf-8"), encoding="utf-8")
    status, text = replay("http://127.0.0.1:1/", file=late)
    assert status == 2 and 'late.tsv:1: user "Ida" is not registered yet' in text


def _expect(tmp_path, actions, outcomes):
    """The expectation for Ida after actions with these outcomes."""
    lines = ["register\tIda\te@x\tp", "register\tBo\te@x\tp", *actions]
    file = tmp_path / "scenario.tsv"
    file.write_text("".join(f"{place}\t0\t0\t{line}\n" for place, line in enumerate(lines)), encoding="utf-8")
    outcomes = dict(enumerate([Outcome.DONE, Outcome.DONE, *outcomes]))
    loose = {place for place, outcome in outcomes.items() if outcome == Outcome.UNKNOWN}
    return expect(read_scenario(file), outcomes, loose)["Ida"]


@pytest.mark.parametrize(
    ("attempts", "states"),
    [
        ("follow done", {True}),
        ("follow done, unfollow done", {False}),
        ("follow refused", {False}),
        ("follow done, unfollow refused", {True}),
        ("follow unknown", {True, False}),
        ("follow unknown, follow done", {True}),
        # The first attempt may still be in progress when the second one is done.
        ("follow unknown, unfollow done", {True, False}),
    ],
)
def test_expected_follows(tmp_path, attempts, states):
    pairs = [attempt.split() for attempt in attempts.split(", ")]
    user = _expect(tmp_path, [f"{kind}\tIda\tBo" for kind, _ in pairs], [Outcome[name.upper()] for _, name in pairs])
    assert {state for state in (True, False) if user.check_follows(["Bo"] if state else []) == []} == states


@pytest.mark.parametrize(
    ("found", "problem"),
    [
        ("abb", None),
        ("axbb", None),
        ("abbx", None),
        ("ab", "lost"),
        ("abbb", "more often"),
        ("abbxx", "never acknowledged"),
        ("bab", "order"),
    ],
)
def test_expected_messages(tmp_path, found, problem):
    outcomes = [Outcome.DONE, Outcome.DONE, Outcome.UNKNOWN, Outcome.DONE]
    problems, stored = _expect(tmp_path, [f"tweet\tIda\t{text}" for text in "abxb"], outcomes).check_messages(
        list(found)
    )
    if problem:
        assert problem in problems[0]
    else:
        assert problems == [] and stored == found.count("x")
