# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""Plays actions with a number of clients at once, in one thread: sockets and epoll without anything between, so that
one process can ask more of a server than a core beside it can answer, and times what it sees without jitter."""

import errno
import os
import select
import socket
import struct
from array import array
from dataclasses import dataclass, field
from enum import IntEnum
from math import inf
from time import monotonic

from scenario.wire import parse_answer

SLOW = 0.3  # s: when the simulator gives up
UNEXPECTED_SHOWN = 20
RETRY_DELAY = 0.1  # s
TICK = 0.01  # s: how exact time-outs and retries are
TAKEN = b"already taken"

# What travels to those who wait for registrations: the place of one, or its complement when it failed.
NEWS = struct.Struct("<i")


class Outcome(IntEnum):
    UNSENT = 0  # the time was up before it was done
    DONE = 1  # acknowledged
    REFUSED = 2  # answered, or not sent, in a way that says that nothing was done
    UNKNOWN = 3  # perhaps done
    SKIPPED = 4  # impossible because a registration had failed


@dataclass
class Settings:
    timeout: float
    keep_alive: bool
    retry: bool
    deadline: float  # when no new action is begun, on the monotonic clock
    rate: float = inf  # actions that a player begins a second, at most

    def end(self):
        """From now on no action is begun."""
        self.deadline = monotonic()


@dataclass
class Tally:
    """What became of the actions that a player had. Actions are named by their places in the scenario."""

    outcomes: dict = field(default_factory=dict)
    loose: set = field(default_factory=set)  # of those, at least one attempt may still take effect, at any time
    latencies: dict = field(default_factory=dict)  # kind: seconds of every attempt that was answered or timed out
    unexpected: list = field(default_factory=list)  # the first ones: (time, place, what)
    unexpected_count: int = 0
    retries: int = 0
    unavailable: int = 0  # attempts that were answered 503
    hasty: int = 0  # of these, without a word on when to come back
    lost: int = 0  # attempts that got no answer, or not a whole one
    started: float = float("inf")
    ended: float = 0.0
    last_start: float = 0.0  # of an attempt that took effect for certain
    last_attempts: list = field(default_factory=list)  # (end, place) of the last such attempt of each client


class Client:
    """One of the parallel clients, with what it is doing."""

    __slots__ = ("socket", "place", "request", "sent", "data", "started", "resume", "unknown", "last")

    def __init__(self):
        self.socket = None
        self.place = None
        self.resume = None  # when to go on; None unless pausing
        self.last = None


class Player:
    def __init__(self, actions, schedule, clients, target, settings, news=None, tell=()):
        """news: descriptor on which registrations are heard of, None when there is nothing to wait for. tell: those on
        which to tell of them."""
        self.actions = actions
        self.schedule = schedule
        self.clients = [Client() for _ in range(clients)]
        self.idle = list(self.clients)
        self.by_descriptor = {}
        self.target = target
        self.settings = settings
        self.news = news
        self.tell = list(tell)
        self.tally = Tally()
        self.began = monotonic()
        self.begun = 0  # actions
        self.epoll = select.epoll()
        if news is not None:
            self.epoll.register(news, select.EPOLLIN)

    def play(self):
        """Returns the Tally."""
        tick = monotonic()
        while True:
            early = self._employ()
            busy = len(self.idle) < len(self.clients)
            over = not self.schedule.left or monotonic() >= self.settings.deadline
            if not busy and (over or (self.news is None and not early)):
                break
            for descriptor, _ in self.epoll.poll(TICK):
                if descriptor == self.news:
                    self._hear()
                elif descriptor in self.by_descriptor:
                    self._advance(self.by_descriptor[descriptor])
            now = monotonic()
            if now >= tick:
                self._check_clocks(now)
                tick = now + TICK
        for client in self.clients:
            self._hang_up(client)
        for place in self.schedule.skipped:
            self.tally.outcomes[place] = Outcome.SKIPPED
        self.tally.last_attempts = [client.last for client in self.clients if client.last]
        return self.tally

    def _hear(self):
        data = os.read(self.news, NEWS.size * 4096)
        if not data:
            self.epoll.unregister(self.news)
            self.news = None
        for (place,) in NEWS.iter_unpack(data):
            succeeded = place >= 0
            self.schedule.registration_over(self.actions[place if succeeded else ~place].username, succeeded)

    def _employ(self):
        """Whether it is only too early for the next action."""
        while self.idle and monotonic() < self.settings.deadline:
            if self.begun > (monotonic() - self.began) * self.settings.rate:
                return True
            place = self.schedule.next()
            if place is None:
                return False
            self.begun += 1
            client = self.idle.pop()
            client.place = place
            client.request = self.target.encode(self.actions[place], self.settings.keep_alive)
            client.unknown = False
            self._attempt(client)
        return False

    def _attempt(self, client):
        client.resume = None
        client.sent = 0
        client.data = b""
        client.started = monotonic()
        self.tally.started = min(self.tally.started, client.started)
        if client.socket is not None and _is_over(client.socket):
            # The server ended the connection between two actions.
            self._hang_up(client)
        kept = client.socket is not None
        try:
            if not kept:
                self._connect(client)
            # On loopback a connection mostly stands by now, so that there is no need to wait until it does.
            self._send(client)
        except OSError as error:
            if kept:
                # It ended only now.
                self._hang_up(client)
                self._attempt(client)
            else:
                self._lost(client, error.strerror)

    def _connect(self, client):
        client.socket = socket.socket(self.target.family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        error = client.socket.connect_ex(self.target.address)
        if error not in (0, errno.EINPROGRESS):
            raise OSError(error, os.strerror(error))
        self.by_descriptor[client.socket.fileno()] = client
        self.epoll.register(client.socket, select.EPOLLIN)

    def _send(self, client):
        try:
            client.sent += client.socket.send(client.request[client.sent :])
        except BlockingIOError:
            pass
        sent = client.sent == len(client.request)
        self.epoll.modify(client.socket, select.EPOLLIN if sent else select.EPOLLOUT)

    def _advance(self, client):
        try:
            if client.place is None:
                # The server ends a connection that is kept for the next action.
                self._hang_up(client)
            elif client.sent < len(client.request):
                self._send(client)
            else:
                self._receive(client)
        except BlockingIOError:
            pass
        except OSError as error:
            self._lost(client, error.strerror)

    def _receive(self, client):
        chunk = client.socket.recv(65536)
        client.data += chunk
        try:
            answer = parse_answer(client.data, not chunk)
        except ValueError as error:
            self._hang_up(client)
            self._unknown(client, False, str(error))
            return
        if answer:
            self._answered(client, answer)
        elif not chunk:
            self._lost(client, "the connection was closed before the end of the answer")

    def _answered(self, client, answer):
        action = self.actions[client.place]
        self._measure(client)
        if not (self.settings.keep_alive and answer.reusable):
            self._hang_up(client)
        if answer.status < 500:
            self._remember(client)
        if answer.status == 204 and not answer.body:
            self._settle(client, Outcome.DONE)
        elif action.kind == "register" and client.unknown and answer.status == 400 and TAKEN in answer.body:
            self._settle(client, Outcome.DONE)
        elif answer.status >= 500:
            self.tally.unavailable += answer.status == 503
            self.tally.hasty += answer.status == 503 and not answer.retry_after
            self._unknown(client, answer.status == 503, f"{answer.status} {answer.excerpt}")
        else:
            self._unexpected(client, f"{answer.status} {answer.excerpt}")

    def _lost(self, client, what):
        """The connection failed."""
        self._hang_up(client)
        self.tally.lost += 1
        if client.sent:
            self._unknown(client, True, what)
        elif self.settings.retry:
            self._try_again(client)
        else:
            self._unexpected(client, what)

    def _unknown(self, client, may_retry, what):
        """The attempt may have had its effect, or may yet have it."""
        client.unknown = True
        self.tally.loose.add(client.place)
        if not (self.settings.retry and may_retry):
            self._unexpected(client, what)
        elif self.actions[client.place].kind == "tweet":
            # Who went on at once would spend all its tweets on a server that is away.
            self._settle(client, Outcome.UNKNOWN, pause=True)
        else:
            self._try_again(client)

    def _try_again(self, client):
        self.tally.retries += 1
        client.resume = monotonic() + RETRY_DELAY

    def _unexpected(self, client, what):
        self.tally.unexpected_count += 1
        if len(self.tally.unexpected) < UNEXPECTED_SHOWN:
            self.tally.unexpected.append((monotonic(), client.place, what))
        self._settle(client, Outcome.UNKNOWN if client.unknown else Outcome.REFUSED)

    def _settle(self, client, outcome, pause=False):
        place = client.place
        self.tally.outcomes[place] = outcome
        self.tally.ended = monotonic()
        client.place = None
        if pause:
            client.resume = monotonic() + RETRY_DELAY
        else:
            self._relieve(client)
        self.schedule.finished(place)
        if monotonic() < self.settings.deadline:
            self._tell(place, outcome)

    def _relieve(self, client):
        client.resume = None
        self.idle.append(client)

    def _tell(self, place, outcome):
        """Lets others begin, or give up, what waited for a registration."""
        for descriptor in list(self.tell):
            try:
                os.write(descriptor, NEWS.pack(place if outcome == Outcome.DONE else ~place))
            except BrokenPipeError:
                self.tell.remove(descriptor)

    def _measure(self, client):
        kind = self.actions[client.place].kind
        self.tally.latencies.setdefault(kind, array("d")).append(monotonic() - client.started)

    def _remember(self, client):
        client.last = (monotonic(), client.place)
        self.tally.last_start = max(self.tally.last_start, client.started)

    def _check_clocks(self, now):
        for client in self.clients:
            if client.place is None:
                if client.resume is not None and now >= client.resume:
                    self._relieve(client)
            elif client.resume is None:
                if now - client.started >= self.settings.timeout:
                    self._measure(client)
                    self._lost(client, f"no answer within {self.settings.timeout:g} s")
            elif now >= self.settings.deadline:
                self._settle(client, Outcome.UNSENT)
            elif now >= client.resume:
                self._attempt(client)

    def _hang_up(self, client):
        if client.socket is not None:
            self.by_descriptor.pop(client.socket.fileno(), None)
            client.socket.close()
            client.socket = None


def _is_over(connection):
    """Whether nothing more will come on a connection that waits for nothing."""
    try:
        return connection.recv(1, socket.MSG_PEEK) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True
