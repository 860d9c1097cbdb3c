# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""minitwitctl doctor: its findings and their remedies."""

import contextlib
import json

from support import installation

# PostgreSQL 17 introduced the right MAINTAIN.
CAN_MAINTAIN = installation.server_version() >= 17


def doctor(database, *arguments, **options):
    """Runs doctor, checks the form of its answer, and returns the finding of each check."""
    result = database.ctl("doctor", "--json", *arguments, **options)
    answer = json.loads(result.stdout)
    found = {finding["check"]: finding for finding in answer["findings"]}
    levels = [finding["level"] for finding in answer["findings"]]
    assert len(found) == len(levels), "a check has two findings"
    assert (answer["problems"], answer["warnings"]) == (levels.count("problem"), levels.count("warning"))
    assert result.returncode == (1 if answer["problems"] else 0)
    for finding in answer["findings"]:
        assert "\n" not in finding["text"] + (finding["remedy"] or "")
        assert (finding["remedy"] is None) <= (finding["level"] == "ok")
    return found


def bad(found):
    """The level of each check that found a problem or gives a warning."""
    return {check: finding["level"] for check, finding in found.items() if finding["level"] not in ("ok", "unknown")}


def repair(database, finding):
    """Runs the statements of the remedy one by one, as psql does."""
    role, sql = finding["remedy"].removeprefix("Run in psql as ").split(": ", 1)
    user = "minitwit_owner" if role == "minitwit_owner" else "postgres"
    with contextlib.closing(database.cluster.connect(database.name, user)) as connection:
        for statement in filter(None, map(str.strip, sql.split(";"))):
            connection.cursor().execute(statement)


@contextlib.contextmanager
def site_role(database, *statements, undo):
    """Roles are shared by all databases of the cluster."""
    for statement in statements:
        database.sql(statement)
    try:
        yield
    finally:
        database.sql(undo)
