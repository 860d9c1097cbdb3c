# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""What a test changes by SQL is seen on a page once answers made before have ended: the module does not know of it."""

import time

from support import installation

# Longer ones are waited for only when a page is asked for, since many changes may come first.
_SHORT = 0.1

_seen_at = 0.0


def note_change():
    """Something has been changed past httpd."""
    global _seen_at
    if installation.CACHE_LIFETIME <= _SHORT:
        time.sleep(installation.CACHE_LIFETIME)
    else:
        _seen_at = time.monotonic() + installation.CACHE_LIFETIME


def wait():
    """Before a page is asked for."""
    left = _seen_at - time.monotonic()
    if left > 0:
        time.sleep(left)
