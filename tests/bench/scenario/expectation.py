# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""What a scenario implies about the state that it leaves behind, given what became of each of its actions. Where the
fate of an action is unknown, both states are right; everything else is exact."""

from collections import Counter
from dataclasses import dataclass, field

from scenario.player import Outcome


@dataclass
class Expectation:
    """What must be found about one user."""

    registered: Outcome = Outcome.UNSENT
    messages: list = field(default_factory=list)  # acknowledged, oldest first
    perhaps_messages: Counter = field(default_factory=Counter)  # any of these, each at most as often as it was sent
    follows: dict = field(default_factory=dict)  # name: set of possible states, out of True and False

    def check_messages(self, found):
        """found: texts, oldest first. Returns what is wrong, and how many messages of unknown fate were stored."""
        problems = []
        extra = Counter(found) - Counter(self.messages)
        stored = extra & self.perhaps_messages
        for text, count in (Counter(self.messages) - Counter(found)).items():
            problems.append(f"message lost{_times(count)}: {text!r}")
        for text, count in (extra - stored).items():
            what = "stored once too often" if text in self.messages else "stored, but never acknowledged"
            problems.append(f"message {what}{_times(count)}: {text!r}")
        if not problems and not _is_within(self.messages, found):
            problems.append("messages are not in the order in which they were sent")
        return problems, stored.total()

    def check_follows(self, found):
        """found: names. Returns what is wrong."""
        problems = [f"follows {name!r}{_times(count)}" for name, count in Counter(found).items() if count > 1]
        names = set(found)
        for name in sorted(names | set(self.follows)):
            if (name in names) not in self.follows.get(name, {False}):
                problems.append(f"follows {name!r}, but should not" if name in names else f"does not follow {name!r}")
        return problems


def expect(actions, outcomes, loose):
    """Returns {username: Expectation} for everybody who is registered in the scenario. outcomes: by place; loose: the
    places of actions of which an attempt may take effect at any later time."""
    users = {}
    late = {}  # (user, other): states that a late attempt may still bring about
    for place, action in enumerate(actions):
        outcome = outcomes.get(place, Outcome.UNSENT)
        if action.kind == "register":
            unknown = outcome == Outcome.UNSENT and place in loose
            users[action.username] = Expectation(registered=Outcome.UNKNOWN if unknown else outcome)
            continue
        user = users[action.username]
        if action.kind == "tweet":
            if outcome == Outcome.DONE:
                user.messages.append(action.argument)
            elif outcome == Outcome.UNKNOWN:
                user.perhaps_messages[action.argument] += 1
        elif action.argument != action.username:
            state = action.kind == "follow"
            if place in loose:
                late.setdefault((action.username, action.argument), set()).add(state)
            if outcome == Outcome.DONE:
                user.follows[action.argument] = {state}
    for (username, other), states in late.items():
        users[username].follows.setdefault(other, {False}).update(states)
    return users


def possible_latest(actions, tally):
    """The ids of which any may be the newest that the server recorded: those that took effect and were under way when the
    last such one began, and those that may take effect at any time. Empty when nothing was sent."""
    places = {place for end, place in tally.last_attempts if end >= tally.last_start} | tally.loose
    return {actions[place].id for place in places}


def _is_within(messages, found):
    remaining = iter(found)
    return all(text in remaining for text in messages)


def _times(count):
    return f" {count} times" if count > 1 else ""
