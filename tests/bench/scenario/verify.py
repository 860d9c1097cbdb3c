# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""Reads the state through the API and compares it with what the scenario implies."""

import http.client
import json
import time
from dataclasses import dataclass, field
from urllib.parse import quote

from scenario.expectation import expect, possible_latest
from scenario.player import Outcome

EVERYTHING = 1_000_000_000  # what ?no= asks for; the server's ceiling comes before
PATIENCE = 30  # s: how long to ask again when the server is away
TIMEOUT = 30  # s


class VerifyError(Exception):
    """The API does not answer, so that nothing is known."""


@dataclass
class Verdict:
    users: int = 0  # those whose registration was acknowledged, and who were found
    messages: int = 0
    follows: int = 0
    uncertain_stored: int = 0  # messages of unknown fate that were found
    problems: list = field(default_factory=list)


def verify(actions, tally, target, check_latest):
    """Returns a Verdict. Users of the scenario must have been unknown to the server before."""
    verdict = Verdict()
    reader = _Reader(target)
    if check_latest:
        _verify_latest(reader, possible_latest(actions, tally), verdict)
    for username, expected in expect(actions, tally.outcomes, tally.loose).items():
        if expected.registered == Outcome.DONE:
            _verify_user(reader, username, expected, verdict)
        elif expected.registered == Outcome.UNSENT and reader.get(_path("msgs", username)) is not None:
            verdict.problems.append(f"{username}: exists, but was never registered")
    return verdict


def _verify_latest(reader, possible, verdict):
    answer = reader.get("/latest")
    latest = answer.get("latest") if isinstance(answer, dict) else answer
    if possible and latest not in possible:
        wanted = ", ".join(str(number) for number in sorted(possible)[:20])
        verdict.problems.append(f"latest is {latest!r}, not one of {wanted}")


def _verify_user(reader, username, expected, verdict):
    messages = reader.get(_path("msgs", username))
    follows = reader.get(_path("fllws", username))
    if messages is None or follows is None:
        verdict.problems.append(f"{username}: was registered, but is unknown")
        return
    try:
        texts = [message["content"] for message in reversed(messages)]
        authors = {message["user"] for message in messages}
        names = follows["follows"]
    except (TypeError, KeyError):
        verdict.problems.append(f"{username}: answers of another form than the API's")
        return
    problems, stored = expected.check_messages(texts)
    problems += expected.check_follows(names)
    if authors - {username}:
        problems.append(f"messages of others among his own: {authors - {username}}")
    verdict.problems += [f"{username}: {problem}" for problem in problems]
    verdict.users += 1
    verdict.messages += len(texts)
    verdict.follows += len(names)
    verdict.uncertain_stored += stored


def _path(what, username):
    return f"/{what}/{quote(username, safe='')}?no={EVERYTHING}"


class _Reader:
    def __init__(self, target):
        self.target = target

    def get(self, path):
        """The JSON below the path; None when there is no such thing (404). Asks again while the server is away."""
        limit = time.monotonic() + PATIENCE
        while True:
            try:
                status, body = self._ask(path)
                problem = f"{status} {body[:200].decode('utf-8', 'replace')}"
            except (OSError, http.client.HTTPException) as error:
                status = None
                problem = str(error) or type(error).__name__
            if status == 200:
                return _parse(path, body)
            if status == 404:
                return None
            if status not in (None, 503) or time.monotonic() > limit:
                raise VerifyError(f"GET {path}: {problem}")
            time.sleep(0.2)

    def _ask(self, path):
        connection = http.client.HTTPConnection(self.target.host, self.target.port, timeout=TIMEOUT)
        try:
            headers = {"Authorization": self.target.authorization, "Connection": "close"}
            connection.request("GET", self.target.prefix + path, headers=headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()


def _parse(path, body):
    try:
        return json.loads(body)
    except ValueError:
        raise VerifyError(f"GET {path}: no JSON: {body[:200]!r}") from None
