# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""The scenario file. ../README.md describes its format."""

from typing import NamedTuple

_FIELDS = {"register": 7, "tweet": 6, "follow": 6, "unfollow": 6}
KINDS = tuple(_FIELDS)


class ReplayError(Exception):
    """The replay cannot begin. The text names the cause."""


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
        """The users whose registration must come before this action."""
        return {"register": (), "tweet": (self.username,)}.get(self.kind, (self.username, self.argument))

    def line(self):
        fields = self if self.kind == "register" else self[:-1]
        return "\t".join(map(str, fields)) + "\n"


def read_scenario(path):
    """Returns all actions. A user registers once, before each action that involves them."""
    actions = []
    registered = set()
    try:
        # Only "\n" ends a line: a text may contain other line separators of Unicode.
        with open(path, encoding="utf-8", newline="\n") as file:
            for number, line in enumerate(file, 1):
                try:
                    actions.append(_parse(line.removesuffix("\n"), registered))
                except ValueError as error:
                    raise ReplayError(f"{path}:{number}: {error}") from None
    except OSError as error:
        raise ReplayError(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise ReplayError(f"{path}: {error}") from None
    return actions


def _parse(line, registered):
    fields = line.split("\t")
    if len(fields) < 4 or len(fields) != _FIELDS.get(fields[3]):
        raise ValueError("not an action, or not the right number of fields")
    action = Action(*map(int, fields[:3]), *fields[3:])
    for username in action.users:
        if username not in registered:
            raise ValueError(f'user "{username}" is not registered yet')
    if action.kind == "register":
        if action.username in registered:
            raise ValueError(f'user "{action.username}" is already registered')
        registered.add(action.username)
    return action
