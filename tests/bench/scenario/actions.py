# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""The scenario file: a line an action, its fields separated by tabs, nothing quoted, UTF-8.

    id  delay  time  register         username  e-mail  password
    id  delay  time  tweet            username  text
    id  delay  time  follow|unfollow  username  other user

The delay is in ms since the action before, the time in ms since 1970.
"""

from typing import NamedTuple

FIELDS = {"register": 7, "tweet": 6, "follow": 6, "unfollow": 6}
KINDS = tuple(FIELDS)


class ScenarioError(Exception):
    """The file is no scenario that could be replayed; the text names file and line."""


class Action(NamedTuple):
    id: int
    delay: int
    time: int
    kind: str
    username: str
    argument: str  # the e-mail address, the text, or the other user
    password: str = ""

    @property
    def users(self):
        """Whose registration must come before this action."""
        if self.kind == "register":
            return ()
        return (self.username,) if self.kind == "tweet" else (self.username, self.argument)


def format_action(action):
    fields = [str(action.id), str(action.delay), str(action.time), action.kind, action.username, action.argument]
    if action.kind == "register":
        fields.append(action.password)
    return "\t".join(fields) + "\n"


def parse_action(line):
    """Raises ValueError, whose text says what is wrong."""
    fields = line.split("\t")
    if len(fields) < 4 or fields[3] not in FIELDS:
        raise ValueError("the fourth field is none of " + ", ".join(KINDS))
    if len(fields) != FIELDS[fields[3]]:
        raise ValueError(f"{fields[3]} has {FIELDS[fields[3]]} fields, not {len(fields)}")
    try:
        numbers = [int(field) for field in fields[:3]]
    except ValueError:
        raise ValueError("id, delay and time are integers") from None
    return Action(*numbers, *fields[3:])


def read_scenario(path):
    """All actions of a file. Each must be possible: nobody acts, or is followed, before he is registered, which he is
    once only."""
    actions = []
    registered = set()
    try:
        # Only "\n" ends a line: a text may hold what Python takes for other line ends.
        with open(path, encoding="utf-8", newline="\n") as file:
            for number, line in enumerate(file, 1):
                try:
                    action = parse_action(line.removesuffix("\n"))
                    _require_possible(action, registered)
                except ValueError as error:
                    raise ScenarioError(f"{path}:{number}: {error}") from None
                actions.append(action)
    except UnicodeDecodeError as error:
        raise ScenarioError(f"{path}: not UTF-8: {error.reason}") from None
    except OSError as error:
        raise ScenarioError(f"{path}: {error.strerror}") from None
    return actions


def _require_possible(action, registered):
    if action.kind == "register":
        if action.username in registered:
            raise ValueError(f"{action.username} is registered already")
        registered.add(action.username)
    for username in action.users:
        if username not in registered:
            raise ValueError(f"{username} is not registered before")
