# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""System V semaphores, from the kernel. In a set of the module, the first semaphore counts places, the second
permits, the third permits for foreign hashes, and the fourth places for them."""

import ctypes
import random

PLACES, PERMITS, FOREIGN_PERMITS, FOREIGN_PLACES = range(4)

# From <sys/sem.h> and <sys/ipc.h>.
_GET_PID, _GET_VALUE, _COUNT_WAITING, _SET_VALUE = 11, 12, 14, 16
_REMOVE = 0

_libc = ctypes.CDLL(None)


def find_by_user(pids):
    """The ids of the sets whose places were last changed by one of these processes."""
    return _find(PLACES, _GET_PID, pids)


def find_by_values(places, permits):
    """The ids of the sets that have one of these numbers of free places, and one of these numbers of free permits."""
    return _find(PLACES, _GET_VALUE, places) & _find(PERMITS, _GET_VALUE, permits)


class Marked:
    """A limit and a queue for the site of a test. By these numbers, the test finds its semaphores among those of the
    machine. Other runs of the same test choose other numbers."""

    def __init__(self):
        self.permits = random.randint(300, 800)
        queue = random.randint(1000, 4000)
        self.places = self.permits + queue
        self.directives = f"MinitwitHashLimit {self.permits}\nMinitwitHashQueue {queue}\n"

    def find(self, busy=0):
        """The ids of the sets. Up to this number of permits may be in use."""
        return find_by_values(range(self.places - busy, self.places + 1), range(self.permits - busy, self.permits + 1))


def read(identity):
    """The free places and the free permits of a set."""
    return tuple(_libc.semctl(identity, number, _GET_VALUE) for number in (PLACES, PERMITS))


def read_foreign(identity):
    """The free places and the free permits for foreign hashes."""
    return tuple(_libc.semctl(identity, number, _GET_VALUE) for number in (FOREIGN_PLACES, FOREIGN_PERMITS))


def write(identity, number, value):
    """Sets a semaphore."""
    assert _libc.semctl(identity, number, _SET_VALUE, value) == 0


def count_waiting(identity, number):
    """The number of processes and threads that wait for a semaphore."""
    return _libc.semctl(identity, number, _COUNT_WAITING)


def last_user(identity, number):
    """The process that last changed a semaphore."""
    return _libc.semctl(identity, number, _GET_PID)


def remove(identity):
    """Removes a set, even if a process still uses it."""
    assert _libc.semctl(identity, 0, _REMOVE) == 0


def find_all():
    """The ids of all sets of this machine."""
    with open("/proc/sysvipc/sem", encoding="ascii") as table:
        return {int(line.split()[1]) for line in table.readlines()[1:]}


def _find(number, command, values):
    return {identity for identity in find_all() if _libc.semctl(identity, number, command) in values}
