# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""The cache does not see changes that a test makes by SQL. Pages show them after the lifetime of cached answers."""

import time

from support import installation

_seen_at = 0.0


def note_change():
    """Records that a test has changed the database past httpd."""
    global _seen_at
    _seen_at = time.monotonic() + installation.CACHE_LIFETIME


def wait():
    """Waits until pages show all recorded changes. Clients call this before they request a page."""
    left = _seen_at - time.monotonic()
    if left > 0:
        time.sleep(left)
