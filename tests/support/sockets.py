# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""The connections to ports of this machine, from the kernel."""

_LISTENING, _TIME_WAIT = "0A", "06"
_LOCAL, _STATE, _QUEUES, _INODE = 1, 3, 4, 9


def _connections(ports):
    with open("/proc/net/tcp", encoding="ascii") as table:
        rows = [line.split() for line in table.readlines()[1:]]
    ends = {f"{port:04X}" for port in ports}
    return [row for row in rows if row[_LOCAL].split(":")[1] in ends and row[_STATE] != _LISTENING]


def count_held(port):
    """The number of connections that the server has not closed. A closed one stays in the kernel for a while, until its
    data are delivered and the client has closed it, too."""
    return sum(row[_INODE] != "0" for row in _connections([port]))


def unread(port):
    """The bytes that the server has sent and that its clients have not accepted, of all connections."""
    return sum(int(row[_QUEUES].split(":")[0], 16) for row in _connections([port]))


def has_connections(ports):
    """Whether there are connections, also those that the kernel is still closing."""
    return any(row[_STATE] != _TIME_WAIT for row in _connections(ports))
