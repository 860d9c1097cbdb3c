# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""What generate-scenario writes."""

import pathlib
import subprocess
from collections import Counter

import pytest

from scenario.actions import ScenarioError, format_action, parse_action, read_scenario
from scenario.generate import MESSAGE_LENGTH, generate

PROGRAM = pathlib.Path(__file__).with_name("generate-scenario")


def run(*arguments):
    return subprocess.run([PROGRAM, *arguments], capture_output=True, check=False, timeout=60)


@pytest.mark.parametrize(("users", "actions"), [(1, 1), (1, 9), (2, 2), (10, 11), (100, 1500), (300, 300), (500, 9000)])
def test_has_the_size_that_was_asked_for_and_can_be_replayed(tmp_path, users, actions):
    file = tmp_path / "scenario.tsv"
    assert run("--users", str(users), "--actions", str(actions), "--output", file).returncode == 0
    read = read_scenario(file)
    assert len(read) == actions
    assert sum(action.kind == "register" for action in read) == users
    assert [action.id for action in read] == list(range(actions))
    for before, action in zip(read, read[1:]):
        assert action.time == before.time + action.delay


def test_the_seed_decides():
    first, again, other = (run("--seed", seed).stdout for seed in ("5", "5", "6"))
    assert first == again != other
    assert first.count(b"\n") == 1500 and first.endswith(b"\n")


def test_resembles_what_the_simulator_sends():
    actions = list(generate(1000, 15000, 1))
    kinds = Counter(action.kind for action in actions)
    assert kinds["register"] == 1000
    assert 0.80 < kinds["tweet"] / 15000 < 0.88
    assert 0.06 < kinds["follow"] / 15000 < 0.11
    assert 0.004 < kinds["unfollow"] / 15000 < 0.015
    early = sum(action.kind == "register" for action in actions[:1500])
    assert 280 < early < 350


def test_holds_repeated_follows_and_both_kinds_of_unfollow():
    followed = set()
    seen = Counter()
    for action in generate(100, 20000, 1):
        if action.kind in ("follow", "unfollow"):
            pair = (action.username, action.argument)
            assert action.username != action.argument
            seen[action.kind, pair in followed] += 1
            (followed.add if action.kind == "follow" else followed.discard)(pair)
    assert len(seen) == 4 and min(seen.values()) > 20


def test_texts_and_names_are_awkward_but_valid():
    actions = list(generate(1000, 15000, 1))
    names = [action.username for action in actions if action.kind == "register"]
    texts = [action.argument for action in actions if action.kind == "tweet"]
    assert len(set(names)) == 1000
    for some in (" ", "'", "ø", "田"):
        assert any(some in name for name in names), some
    for some in ('"', "'", "<b>", "&amp;", "\\", "%", "“", "🎉", "e\u0301"):
        assert any(some in text for text in texts), some
    for text in names + texts:
        assert text and not any(ord(letter) < 32 for letter in text)
    assert max(map(len, texts)) == MESSAGE_LENGTH
    assert not any("/" in name for name in names)
    assert all(action.argument.count("@") == 1 for action in actions if action.kind == "register")


@pytest.mark.parametrize("arguments", [("--users", "0"), ("--users", "11", "--actions", "10"), ("--seed", "x")])
def test_refuses_what_cannot_be(arguments):
    answer = run(*arguments)
    assert answer.returncode == 2 and answer.stderr and not answer.stdout


def test_tells_where_it_cannot_write(tmp_path):
    answer = run("--output", tmp_path / "no" / "such" / "folder")
    assert answer.returncode == 1 and b"No such file or directory" in answer.stderr


@pytest.mark.parametrize(
    "line",
    [
        "0\t0\t5\tregister\tRoger Rød\tr@example.org\t]=)[X{\\\"",
        "1\t5\t10\ttweet\tRoger Rød\tends in a space \u2028 and more\r",
        "2\t5\t15\tfollow\tRoger Rød\tIda",
        "-3\t5\t20\tunfollow\tRoger Rød\tIda",
    ],
)
def test_a_line_is_read_as_it_was_written(line):
    assert format_action(parse_action(line)) == line + "\n"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("0\t0\t0\tregister\tIda\te@x\tp\n1\t0\t0\tshout\tIda\tx\n", ":2: the fourth field"),
        ("0\t0\t0\tregister\tIda\te@x\n", ":1: register has 7 fields, not 6"),
        ("0\t0\tx\tregister\tIda\te@x\tp\n", ":1: id, delay and time"),
        ("0\t0\t0\ttweet\tIda\thello\n", ":1: Ida is not registered"),
        ("0\t0\t0\tregister\tIda\te@x\tp\n1\t0\t0\tfollow\tIda\tBo\n", ":2: Bo is not registered"),
        ("0\t0\t0\tregister\tIda\te@x\tp\n" * 2, ":2: Ida is registered already"),
        ("\n", ":1: the fourth field"),
    ],
)
def test_a_scenario_that_cannot_be_replayed_is_refused(tmp_path, text, problem):
    file = tmp_path / "scenario.tsv"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ScenarioError) as error:
        read_scenario(file)
    assert f"{file}{problem}" in str(error.value)


def test_a_scenario_that_is_not_utf8_is_refused(tmp_path):
    file = tmp_path / "scenario.tsv"
    file.write_bytes(b"0\t0\t0\tregister\tS\xf8ren\te@x\tp\n")
    with pytest.raises(ScenarioError, match="not UTF-8"):
        read_scenario(file)
