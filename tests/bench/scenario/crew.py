# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""Spreads a scenario over processes: one registers everybody, the others do the rest, each for its share of the users,
and hear from the first who is there."""

import gc
import multiprocessing
import os
import signal
from dataclasses import dataclass

from scenario.player import UNEXPECTED_SHOWN, Player, Tally
from scenario.schedule import Schedule


class CrewError(Exception):
    """A process ended without a result."""


@dataclass
class Crew:
    clients: int
    register_clients: int
    processes: int


def replay(actions, target, crew, settings):
    """Plays all actions and returns the Tally of all processes together. Ctrl-C, which every process hears of, ends it
    early."""
    before = signal.signal(signal.SIGINT, lambda *_: settings.end())
    try:
        return _collect(_employ(actions, target, crew, settings))
    finally:
        signal.signal(signal.SIGINT, before)


def _employ(actions, target, crew, settings):
    # Only fork gives every process the scenario without copying it.
    context = multiprocessing.get_context("fork")
    pipes = [os.pipe() for _ in range(crew.processes)]
    jobs = [(_play_registrations, crew.register_clients, 0)]
    for number in range(crew.processes):
        share = crew.clients // crew.processes + (number < crew.clients % crew.processes)
        jobs.append((_play_rest, share, number))
    workers = []
    for play, clients, number in jobs:
        result, sender = context.Pipe(duplex=False)
        arguments = (sender, play, actions, pipes, number, clients, target, settings)
        worker = context.Process(target=_work, args=arguments, daemon=True)
        worker.start()
        sender.close()
        workers.append((worker, result))
    for pipe in pipes:
        os.close(pipe[0])
        os.close(pipe[1])
    return workers


def _collect(workers):
    total = Tally()
    for worker, result in workers:
        try:
            tally = result.recv()
        except EOFError:
            raise CrewError("a process of the replay ended before its time") from None
        worker.join()
        _add(total, tally)
    total.unexpected = sorted(total.unexpected)[:UNEXPECTED_SHOWN]
    return total


def _add(total, tally):
    total.outcomes.update(tally.outcomes)
    total.loose |= tally.loose
    for kind, latencies in tally.latencies.items():
        total.latencies.setdefault(kind, latencies[:0]).extend(latencies)
    total.unexpected += tally.unexpected
    total.unexpected_count += tally.unexpected_count
    total.retries += tally.retries
    total.unavailable += tally.unavailable
    total.hasty += tally.hasty
    total.lost += tally.lost
    total.started = min(total.started, tally.started)
    total.ended = max(total.ended, tally.ended)
    total.last_start = max(total.last_start, tally.last_start)
    total.last_attempts += tally.last_attempts


def _work(sender, play, actions, pipes, number, clients, target, settings):
    # A collection would walk over the whole scenario and show up as latency; nothing here makes cycles.
    gc.freeze()
    gc.disable()
    sender.send(play(actions, pipes, number, clients, target, settings))


def _play_registrations(actions, pipes, _, clients, target, settings):
    for pipe in pipes:
        os.close(pipe[0])
    places = [place for place, action in enumerate(actions) if action.kind == "register"]
    tell = [pipe[1] for pipe in pipes]
    return Player(actions, Schedule(actions, places), clients, target, settings, tell=tell).play()


def _play_rest(actions, pipes, number, clients, target, settings):
    # Whoever held a writing end would keep the others from noticing that the registrations are over.
    for other, pipe in enumerate(pipes):
        os.close(pipe[1])
        if other != number:
            os.close(pipe[0])
    owners = {}
    places = []
    for place, action in enumerate(actions):
        if action.kind == "register":
            owners[action.username] = len(owners) % len(pipes)
        elif owners[action.username] == number:
            places.append(place)
    return Player(actions, Schedule(actions, places), clients, target, settings, news=pipes[number][0]).play()
