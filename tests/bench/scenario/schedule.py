# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""Which action may go next: the earliest in the file whose user is not busy and for which everybody is registered."""

from collections import defaultdict, deque
from heapq import heappop, heappush


class Schedule:
    """Part of a scenario, by the actions' places in it. A user's actions go one after another, in order."""

    def __init__(self, actions, places):
        self._actions = actions
        self._lanes = defaultdict(deque)  # username: places of his actions that are yet to be finished
        self._ready = []  # heap of the places that may go
        self._waiting = defaultdict(list)  # username: lanes whose first action waits for his registration
        self._registered = {}  # username: 1 or 0, for those whose registration is over
        self.left = 0  # how many actions are neither finished nor skipped
        self.skipped = []  # places of actions that nobody can do any more
        for place in places:
            self._lanes[actions[place].username].append(place)
            self.left += 1
        for username in list(self._lanes):
            self._offer(username)

    def next(self):
        """The place of the action to do now, or None."""
        return heappop(self._ready) if self._ready else None

    def finished(self, place):
        """What next() gave is over: its user is free again."""
        username = self._actions[place].username
        self._lanes[username].popleft()
        self.left -= 1
        self._offer(username)

    def registration_over(self, username, succeeded):
        self._registered[username] = succeeded
        for waiting in self._waiting.pop(username, ()):
            self._offer(waiting)

    def _offer(self, username):
        """Makes the user's first action ready, or puts it where it waits, or skips it when it has become impossible."""
        lane = self._lanes[username]
        while lane:
            users = self._actions[lane[0]].users
            unknown = next((user for user in users if user not in self._registered), None)
            if unknown is not None:
                self._waiting[unknown].append(username)
                return
            if all(self._registered[user] for user in users):
                heappush(self._ready, lane[0])
                return
            self.skipped.append(lane.popleft())
            self.left -= 1
