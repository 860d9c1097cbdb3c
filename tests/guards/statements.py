#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""Every statement that the site sends to PostgreSQL is a literal of the source with parameters. None is built at run
time. The table of store/statement.c is constant, so its statements cannot change."""

import re

import guard

# Sends whole files, whose folder an operator names.
MIGRATIONS = "mod_minitwit/admin/migration.c"
# Files that pass on SQL from their callers. The guard checks the callers.
PASSING_ON = ("mod_minitwit/admin/plain.c", "mod_minitwit/ctl/doctor/doctor_finding.c")
# Calls that take SQL. Calls of prepared statements take their name instead.
# Reads another site's database in a read-only transaction. Its catalog has the names of the tables and columns.
OTHER_SITE = "mod_minitwit/admin/import_origin.c"
SENDING = re.compile(
    r"\b(mt_plain_run|mt_plain_do|mt_plain_each|mt_ctl_doctor_examine_list|PQexec|PQexecParams|PQprepare|PQsendQuery"
    r"|PQsendQueryParams|PQsendPrepare|apr_dbd_query|apr_dbd_select)\s*\("
)
LITERAL = re.compile(r'^(?:"(?:[^"\\]|\\.)*"|\s|[A-Z][A-Z_]*)+$')


def arguments(text, position):
    """The arguments of a call. position: after its opening bracket."""
    depth, found, quoted = 0, [""], False
    for index in range(position, len(text)):
        letter = text[index]
        if letter == '"' and text[index - 1] != "\\":
            quoted = not quoted
        if not quoted and letter in "()":
            depth += 1 if letter == "(" else -1
            if depth < 0:
                break
        if letter == "," and depth == 0 and not quoted:
            found.append("")
        else:
            found[-1] += letter
    return [argument.strip() for argument in found]


problems = []
seen = 0
for name in guard.sources():
    if not re.fullmatch(r"mod_minitwit/.*\.c", name) or name == MIGRATIONS:
        continue
    text = guard.read(name)
    for call in SENDING.finditer(text):
        seen += 1
        given = arguments(text, call.end())
        # Another argument comes before the SQL: the name of a statement to prepare, the pool, or the list.
        sql = given[2 if re.search("repare|plain|doctor", call[1]) else 1]
        passed_on = name in (*PASSING_ON, OTHER_SITE) and sql in ("sql", "const char *sql")
        if not LITERAL.match(sql) and sql != "statement->sql" and not passed_on:
            line = text.count("\n", 0, call.start()) + 1
            problems.append(f"{name}:{line}: {call[1]} sends {sql}")
if not seen:
    problems.append("mod_minitwit: this guard finds no call that sends SQL")

guard.report(problems, "put the statement into the table of store/statement.c, and its variable parts into parameters")
