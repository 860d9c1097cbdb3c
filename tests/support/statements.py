# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""The statements of the module, from its table."""

import functools
import subprocess

from support import installation

_PROGRAM = "tests/database/list_statements"


@functools.lru_cache(maxsize=None)
def list_all():
    """(label, number of parameters, SQL) of each statement. The first one has the settings of a connection."""
    # Several processes run the tests at the same time.
    lock = installation.BUILD / "list_statements.lock"
    subprocess.run(["flock", lock, "make", "-s", "-C", installation.BUILD, _PROGRAM], check=True)
    done = subprocess.run([installation.BUILD / _PROGRAM], check=True, stdout=subprocess.PIPE, text=True)
    found = [line.split("\t") for line in done.stdout.splitlines()]
    return [(label, int(parameters), sql) for label, parameters, sql in found]


def by_label():
    """{label: (number of parameters, SQL)}, without the settings."""
    return {label: (parameters, sql) for label, parameters, sql in list_all()[1:]}
