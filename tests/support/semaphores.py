# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""System V semaphores, as the kernel shows them. Of a set of the module's, the first counts places, the second permits."""

import ctypes

PLACES, PERMITS = 0, 1

# Of <sys/sem.h> and <sys/ipc.h>.
_GET_PID, _GET_VALUE = 11, 12
_REMOVE = 0

_libc = ctypes.CDLL(None)


def find_by_user(pids):
    """Ids of the sets whose places one of these processes was the last to change."""
    return _find(PLACES, _GET_PID, pids)


def find_by_permits(values):
    """Ids of the sets that have so many permits free."""
    return _find(PERMITS, _GET_VALUE, values)


def read(identity):
    """Of a set: the free places and permits."""
    return tuple(_libc.semctl(identity, number, _GET_VALUE) for number in (PLACES, PERMITS))


def last_user(identity, number):
    """The process that was the last to change a semaphore."""
    return _libc.semctl(identity, number, _GET_PID)


def remove(identity):
    """Ends a set, whoever still uses it."""
    assert _libc.semctl(identity, 0, _REMOVE) == 0


def find_all():
    """Ids of all sets of this machine."""
    with open("/proc/sysvipc/sem", encoding="ascii") as table:
        return {int(line.split()[1]) for line in table.readlines()[1:]}


def _find(number, command, values):
    return {identity for identity in find_all() if _libc.semctl(identity, number, command) in values}
