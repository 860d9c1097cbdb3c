# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""What the module sends to PostgreSQL."""

import subprocess

import pytest

from support import installation


@pytest.fixture(scope="session")
def _listed():
    program = "tests/database/list_statements"
    subprocess.run(["make", "-s", "-C", installation.BUILD, program], check=True)
    lines = subprocess.run([installation.BUILD / program], check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()
    return [line.split("\t") for line in lines]


@pytest.fixture(scope="session")
def statements(_listed):
    """{label: (number of parameters, SQL)} of the module's own table."""
    return {label: (int(parameters), sql) for label, parameters, sql in _listed[1:]}


@pytest.fixture(scope="session")
def settings(_listed):
    """What it sends first on each connection, with a long patience."""
    (label, _, sql), *_ = _listed
    assert label == "settings" and "$1" in sql
    return sql.replace("$1", "'20000'")
