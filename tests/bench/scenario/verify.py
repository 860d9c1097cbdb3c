# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""Reads the state through the API and compares it with the results of the actions. If the result of an action is
unknown, both states are right. Everything else must be exact."""

import http.client
import json
import time
from collections import Counter
from dataclasses import dataclass, field
from urllib.parse import quote

from scenario.player import Outcome

_EVERYTHING = 1_000_000_000  # for ?no=
_PATIENCE = 30  # s, for a server that does not answer
_TIMEOUT = 30  # s


class VerifyError(Exception):
    """The API does not answer, so the state is unknown."""


@dataclass
class Verdict:
    users: int = 0
    messages: int = 0
    follows: int = 0
    uncertain_stored: int = 0  # messages with unknown result that the server stored
    problems: list = field(default_factory=list)


@dataclass
class Expectation:
    """The right state of one user."""

    registered: Outcome
    messages: list = field(default_factory=list)  # acknowledged, oldest first
    perhaps_messages: Counter = field(default_factory=Counter)  # with unknown result
    follows: dict = field(default_factory=dict)  # name: set of the states that are right, of True and False

    def check_messages(self, found):
        """found: texts, oldest first. Returns the problems, and how many messages with unknown result were stored."""
        extra = Counter(found) - Counter(self.messages)
        stored = extra & self.perhaps_messages
        problems = [f"{count} × lost: {text!r}" for text, count in (Counter(self.messages) - Counter(found)).items()]
        for text, count in (extra - stored).items():
            reason = "stored more often than sent" if text in self.messages else "stored, but never acknowledged"
            problems.append(f"{count} × {reason}: {text!r}")
        remaining = iter(found)
        if not problems and not all(text in remaining for text in self.messages):
            problems.append("the messages are not in the order in which they were sent")
        return problems, stored.total()

    def check_follows(self, found):
        """found: names. Returns the problems."""
        problems = [f"follows {name!r} {count} times" for name, count in Counter(found).items() if count > 1]
        for name in sorted({*found, *self.follows}):
            if (name in found) not in self.follows.get(name, {False}):
                problems.append(f"follows {name!r}, but must not" if name in found else f"does not follow {name!r}")
        return problems


def expect(actions, outcomes, loose):
    """{username: Expectation} for each user of the scenario."""
    users = {}
    late = {}  # (user, other): states that a late attempt may still cause
    for place, action in enumerate(actions):
        outcome = outcomes.get(place, Outcome.UNSENT)
        if action.kind == "register":
            users[action.username] = Expectation(
                Outcome.UNKNOWN if outcome == Outcome.UNSENT and place in loose else outcome
            )
        elif action.kind == "tweet":
            if outcome == Outcome.DONE:
                users[action.username].messages.append(action.argument)
            elif outcome == Outcome.UNKNOWN:
                users[action.username].perhaps_messages[action.argument] += 1
        elif action.argument != action.username:
            state = action.kind == "follow"
            if place in loose:
                late.setdefault((action.username, action.argument), set()).add(state)
            if outcome == Outcome.DONE:
                users[action.username].follows[action.argument] = {state}
    for (username, other), states in late.items():
        users[username].follows.setdefault(other, {False}).update(states)
    return users


def possible_latest(actions, tally):
    """The ids that may be the newest one of the server: of actions that were in progress when the last of all began,
    and of those that may take effect at any time."""
    certain = [attempt for attempt in tally.attempts if attempt.status and attempt.status < 500]
    last_start = max((attempt.started for attempt in certain), default=0)
    return {actions[place].id for place in tally.loose | {one.place for one in certain if one.ended >= last_start}}


def verify(actions, tally, target):
    """Returns a Verdict. The server must not have known the users before the replay."""
    verdict = Verdict()
    latest = _get(target, "/latest")["latest"]
    possible = possible_latest(actions, tally)
    if possible and latest not in possible:
        verdict.problems.append(f"latest is {latest}, but must be one of {sorted(possible)[:20]}")
    for username, expected in expect(actions, tally.outcomes, tally.loose).items():
        if expected.registered == Outcome.DONE:
            _verify_user(target, username, expected, verdict)
        elif expected.registered == Outcome.UNSENT and _get(target, _path("msgs", username)) is not None:
            verdict.problems.append(f"{username}: exists, but was never registered")
    return verdict


def _verify_user(target, username, expected, verdict):
    messages = _get(target, _path("msgs", username))
    follows = _get(target, _path("fllws", username))
    if messages is None or follows is None:
        verdict.problems.append(f"{username}: was registered, but does not exist")
        return
    problems, stored = expected.check_messages([message["content"] for message in reversed(messages)])
    problems += expected.check_follows(follows["follows"])
    if others := {message["user"] for message in messages} - {username}:
        problems.append(f"has messages of {others}")
    verdict.problems += [f"{username}: {problem}" for problem in problems]
    verdict.users += 1
    verdict.messages += len(messages)
    verdict.follows += len(follows["follows"])
    verdict.uncertain_stored += stored


def _path(name, username):
    return f"/{name}/{quote(username, safe='')}?no={_EVERYTHING}"


def _get(target, path):
    """The JSON at the path; None for 404. Tries again while the server does not answer or answers 503."""
    limit = time.monotonic() + _PATIENCE
    headers = {"Authorization": target.authorization, "Connection": "close"}
    while True:
        connection = http.client.HTTPConnection(*target.address[:2], timeout=_TIMEOUT)
        try:
            connection.request("GET", target.prefix + path, headers=headers)
            answer = connection.getresponse()
            if answer.status == 200:
                return json.load(answer)
            if answer.status == 404:
                return None
            problem = answer.status
        except (OSError, http.client.HTTPException, ValueError) as error:
            problem = error
        finally:
            connection.close()
        if problem != 503 and not isinstance(problem, OSError) or time.monotonic() > limit:
            raise VerifyError(f"GET {path}: {problem}")
        time.sleep(0.2)
