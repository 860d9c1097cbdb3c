# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""The plans of all statements that a program runs. PostgreSQL's auto_explain writes them into the server's log."""

import json
import re

# With nested statements, such as the checks of foreign keys.
_SETTINGS = {
    "session_preload_libraries": "auto_explain",
    "auto_explain.log_min_duration": "0",
    "auto_explain.log_analyze": "on",
    "auto_explain.log_buffers": "on",
    "auto_explain.log_timing": "off",
    "auto_explain.log_nested_statements": "on",
    "auto_explain.log_format": "json",
}
_PLAN = re.compile(r" plan:\n((?:\t.*\n)+)")


class Executions:
    """The executions in a database, from now on."""

    def __init__(self, database):
        self._log = database.cluster.log
        for name, value in _SETTINGS.items():
            database.cluster.psql(f'alter database "{database.name}" set {name} = {value}')

    def of(self, run):
        """Calls run(). Returns its result, and [(SQL, plan)] of the statements meanwhile, in their order."""
        start = self._log.stat().st_size
        result = run()
        with open(self._log, encoding="utf-8") as log:
            log.seek(start)
            written = [json.loads(plan) for plan in _PLAN.findall(log.read())]
        return result, [(execution["Query Text"], execution["Plan"]) for execution in written]
