# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""What the kernel tells of connections."""

_LISTENING = "0A"


def count_held(port):
    """How many connections to a port of this machine the server there has not yet closed. One that it closed may be the kernel's
    for a while longer: as long as it has something to deliver, or waits for the other side."""
    with open("/proc/net/tcp", encoding="ascii") as table:
        rows = [line.split() for line in table.readlines()[1:]]
    local, state, inode = 1, 3, 9
    return sum(row[local].endswith(f":{port:04X}") and row[state] != _LISTENING and row[inode] != "0" for row in rows)
