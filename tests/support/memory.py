# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""What processes use of the machine's memory."""

import pathlib
import re

from support import installation


def measure(pid):
    """Bytes of a process and all that descend from it; what several of them share counts once (PSS)."""
    try:
        text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return 0  # it has ended
    found = re.search(r"^Pss:\s+(\d+) kB", text, re.MULTILINE)
    return int(found[1]) * 1024 + sum(measure(child) for child in installation.children(pid))
