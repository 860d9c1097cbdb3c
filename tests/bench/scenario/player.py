# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""Sends the actions of a scenario with many clients at once, each a thread.

Two clients register the users in the order of the file. The others always take the earliest action that is allowed: the
actions of one user are sequential, and all users that an action involves must have registered successfully.
"""

import gc
import signal
import threading
from collections import defaultdict, deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from enum import IntEnum
from heapq import heappop, heappush
from time import monotonic
from typing import NamedTuple

from scenario.client import Client

_REGISTER_CLIENTS = 2
_RETRY_DELAY = 0.1  # s
_TAKEN = b"already taken"


class Outcome(IntEnum):
    UNSENT = 0  # the time ran out before
    DONE = 1  # acknowledged
    REFUSED = 2  # certainly without effect
    UNKNOWN = 3  # perhaps with effect
    SKIPPED = 4  # impossible, because a registration failed


@dataclass
class Settings:
    clients: int
    rate: float  # actions per second that begin, at most
    timeout: float
    max_seconds: float
    keep_alive: bool
    retry: bool


class Attempt(NamedTuple):
    place: int  # of the action in the scenario
    started: float
    ended: float
    status: int | None  # None: there was no answer
    has_retry_after: bool = False
    timed_out: bool = False


@dataclass
class Tally:
    """The results of a replay. Each action is named by its place in the scenario."""

    attempts: list = field(default_factory=list)
    outcomes: dict = field(default_factory=dict)  # without those that are UNSENT
    loose: set = field(default_factory=set)  # an attempt of these may take effect at any later time
    unexpected: list = field(default_factory=list)  # (place, text)


class Schedule:
    """Decides which action comes next. All threads share it."""

    def __init__(self, actions, rate):
        self._actions = actions
        self._rate = rate
        self._began = monotonic()
        self._begun = 0
        self._stopped = threading.Event()
        self._changed = threading.Condition()
        self._registrations = deque()
        self._lanes = defaultdict(deque)  # username: places of their actions
        self._ready = []  # heap of places
        self._waiting = defaultdict(list)  # username: lanes whose first action waits for this registration
        self._registered = {}  # username: whether the registration succeeded
        self._left = 0  # actions of the lanes
        self.skipped = []  # places
        for place, action in enumerate(actions):
            if action.kind == "register":
                self._registrations.append(place)
            else:
                self._lanes[action.username].append(place)
                self._left += 1
        for username in self._lanes:
            self._offer(username)

    def stop(self):
        """No further action begins."""
        self._stopped.set()
        with self._changed:
            self._changed.notify_all()

    def pause(self, seconds):
        """Returns whether stop() was called before the end of the pause."""
        return self._stopped.wait(max(0, seconds))

    def take_registration(self):
        """The place of the next registration; None at the end."""
        with self._changed:
            return self._registrations.popleft() if self._registrations and not self._stopped.is_set() else None

    def take(self):
        """The place of the next other action, as soon as there is one; None at the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._ready or not self._left or self._stopped.is_set())
            if not self._ready:
                return None
            place = heappop(self._ready)
            due = self._began + self._begun / self._rate
            self._begun += 1
        return None if self.pause(due - monotonic()) else place

    def finish(self, place, succeeded):
        """Called when an action has an outcome, so that the next actions may begin."""
        username = self._actions[place].username
        with self._changed:
            if self._actions[place].kind == "register":
                self._registered[username] = succeeded
                for waiting in self._waiting.pop(username, ()):
                    self._offer(waiting)
            else:
                self._lanes[username].popleft()
                self._left -= 1
                self._offer(username)
            if not self._left:
                self._changed.notify_all()

    def _offer(self, username):
        """Makes the next action of a user ready, or lets it wait for a registration. Skips impossible ones."""
        lane = self._lanes[username]
        while lane:
            users = self._actions[lane[0]].users
            missing = next((user for user in users if user not in self._registered), None)
            if missing is not None:
                self._waiting[missing].append(username)
                return
            if all(self._registered[user] for user in users):
                heappush(self._ready, lane[0])
                with self._changed:
                    self._changed.notify()
                return
            self.skipped.append(lane.popleft())
            self._left -= 1


class _Player:
    def __init__(self, actions, target, settings):
        self._actions = actions
        self._target = target
        self._settings = settings
        self.schedule = Schedule(actions, settings.rate)
        self.tally = Tally()

    def work(self, take):
        """One client, until nothing is left."""
        client = Client(self._target, self._settings.timeout, self._settings.keep_alive)
        try:
            while (place := take()) is not None:
                outcome = self._do(client, place)
                if outcome != Outcome.UNSENT:
                    self.tally.outcomes[place] = outcome
                    self.schedule.finish(place, outcome == Outcome.DONE)
                if outcome == Outcome.UNKNOWN and self._settings.retry:
                    # Without a pause, the client would spend all its tweets on a server that is down.
                    self.schedule.pause(_RETRY_DELAY)
        except BaseException:
            self.schedule.stop()
            raise
        finally:
            client.close()

    def _do(self, client, place):
        """Performs an action, with as many attempts as it needs."""
        kind = self._actions[place].kind
        unknown = False
        while True:
            answer, problem = self._attempt(client, place)
            status = answer.status if answer else None
            is_done = status == 204 and not answer.body
            # The name is taken because an earlier attempt succeeded.
            is_done |= kind == "register" and unknown and status == 400 and _TAKEN in answer.body
            if is_done:
                return Outcome.DONE
            in_doubt = client.sent and not 200 <= (status or 0) < 500
            if in_doubt:
                unknown = True
                self.tally.loose.add(place)
            if not (self._settings.retry and status in (None, 503)):
                self.tally.unexpected.append((place, problem))
                return Outcome.UNKNOWN if unknown else Outcome.REFUSED
            if in_doubt and kind == "tweet":
                return Outcome.UNKNOWN
            if self.schedule.pause(_RETRY_DELAY):
                return Outcome.UNSENT

    def _attempt(self, client, place):
        """Returns the answer or None, and its description."""
        started = monotonic()
        try:
            answer = client.ask(self._actions[place])
        except TimeoutError:
            self.tally.attempts.append(Attempt(place, started, monotonic(), None, timed_out=True))
            return None, f"no answer within {self._settings.timeout:g} s"
        except OSError as error:
            self.tally.attempts.append(Attempt(place, started, monotonic(), None))
            return None, error.strerror or str(error)
        self.tally.attempts.append(Attempt(place, started, monotonic(), answer.status, answer.has_retry_after))
        return answer, f"{answer.status or 'not HTTP:'} {answer.body[:200].decode('utf-8', 'replace')}"


def replay(actions, target, settings):
    """Sends all actions, and returns the Tally. Ctrl-C ends it early."""
    player = _Player(actions, target, settings)
    schedule = player.schedule
    # A garbage collection would walk over the whole scenario, and show as latency. Nothing here makes cycles.
    gc.freeze()
    gc.disable()
    before = signal.signal(signal.SIGINT, lambda *_: schedule.stop())
    timer = threading.Timer(settings.max_seconds, schedule.stop)
    timer.daemon = True
    timer.start()
    takers = [schedule.take_registration] * _REGISTER_CLIENTS + [schedule.take] * settings.clients
    with ThreadPoolExecutor(len(takers)) as pool:
        for worker in [pool.submit(player.work, take) for take in takers]:
            worker.result()
    timer.cancel()
    gc.enable()
    signal.signal(signal.SIGINT, before)
    player.tally.outcomes |= dict.fromkeys(schedule.skipped, Outcome.SKIPPED)
    return player.tally
