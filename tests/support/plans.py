# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""Finds the parts of a statement's plan that would cost more on a larger site, with PostgreSQL's EXPLAIN."""

import contextlib
import dataclasses

import psycopg2

# The tables whose size has no bound.
GROWING = ("users", "messages", "answers", "mentions", "message_tags", "followers", "sessions", "search")
# A prepared statement may get either kind of plan: for any values, or for these values.
MODES = ("force_generic_plan", "force_custom_plan")
# A row costs at most the four levels of an index, and the row itself.
_BLOCKS_PER_ROW = 5
# For the indexes of a new row, and the reads of triggers.
_BLOCKS_SPARE = 100
# A plan that reads a large table for each of many rows would take hours. This is thousands of times the usual duration.
_PATIENCE = "20s"


@dataclasses.dataclass(frozen=True)
class Bound:
    read: int  # rows of tables and indexes that one node may read, including discarded ones
    sort: int  # rows that one node may sort
    tables: tuple = ()  # a plan may read these tables as a whole
    indexes: tuple = ()  # a plan may read a whole index of these tables, but not the table
    blocks: int = 0  # the number of blocks that a plan may read beyond those of its rows


@dataclasses.dataclass(frozen=True)
class DateOf:
    """A value that depends on the data: the date of a message, in microseconds since 1970."""

    message: str  # id


class Explainer:
    """Explains statements on a connection. Undoes all changes."""

    def __init__(self, connection):
        self._cursor = connection.cursor()

    def lookups(self, sql, values, alias):
        """Runs the statement, and returns the number of times that it reads the table with this alias."""
        self._cursor.execute("begin")
        try:
            self._cursor.execute(f"prepare explained as {sql}")
            plan = _analyze(self._cursor, "explained", values)
        finally:
            self._cursor.execute("rollback")
            self._cursor.execute("deallocate all")
        (found,) = [node["Actual Loops"] for node in nodes(plan) if node.get("Alias") == alias]
        return found

    def problems(self, sql, values, bound, before=()):
        """Describes each excess of the bound, with both kinds of plan. before: statements to run first and undo."""
        found = []
        for mode in MODES:
            self._cursor.execute("begin")
            try:
                for statement in before:
                    self._cursor.execute(statement)
                self._cursor.execute(f"set local plan_cache_mode = {mode}")
                self._cursor.execute(f"prepare explained as {sql}")
                self._cursor.execute(f"set local statement_timeout = '{_PATIENCE}'")
                found += [f"{mode}: {problem}" for problem in self._problems(values, bound)]
            except psycopg2.errors.QueryCanceled:
                found.append(f"{mode}: takes longer than {_PATIENCE}")
            finally:
                self._cursor.execute("rollback")
                self._cursor.execute("deallocate all")
        return found

    def _problems(self, values, bound):
        # A run of such a plan could take long.
        found = of_shape(_explain(self._cursor, "explained", values), bound)
        return found or of_run(_analyze(self._cursor, "explained", values), bound)


class Kept:
    """Statements that stay prepared on a connection, as the module's do, so that PostgreSQL keeps a plan until it has a
    reason to replace it. Undoes all changes."""

    def __init__(self, connection, settings, statements):
        self._cursor = connection.cursor()
        self._cursor.execute(settings)
        for label, sql in statements.items():
            self._cursor.execute(f"prepare {label} as {sql}")

    def plan(self, label, values, before=()):
        """Makes PostgreSQL plan the statement, as its first run does. before: statements to run first and undo."""
        with self._undone(before):
            _execute(self._cursor, "explain", label, values)

    def shape(self, label, values, bound, before=()):
        """Describes the faults of a plan without running it."""
        with self._undone(before):
            return of_shape(_explain(self._cursor, label, values), bound)

    def problems(self, label, values, bound, before=()):
        """Runs the statement, and describes each excess of the bound."""
        with self._undone(before):
            try:
                plan = _analyze(self._cursor, label, values)
            except psycopg2.errors.QueryCanceled:
                return ["takes longer than statement_timeout"]
        return of_shape(plan, bound) + of_run(plan, bound)

    @contextlib.contextmanager
    def _undone(self, before):
        self._cursor.execute("begin")
        try:
            for statement in before:
                self._cursor.execute(statement)
            yield
        finally:
            self._cursor.execute("rollback")


def _explain(cursor, name, values, options=""):
    _execute(cursor, f"explain ({options} format json)", name, values)
    (((explained,),),) = cursor.fetchall()
    return explained["Plan"]


def _analyze(cursor, name, values):
    """The plan of a second run, because the first one also reads catalogues."""
    cursor.execute("savepoint first")
    _execute(cursor, "", name, values)
    cursor.execute("rollback to first")
    return _explain(cursor, name, values, "analyze, buffers,")


def _execute(cursor, explain, name, values):
    """Runs or explains a prepared statement."""
    cursor.execute(f"{explain} {execution(name, values)}", [_known(cursor, value) for value in values] or None)


def _known(cursor, value):
    """The value itself, or the date that it stands for: 0 if there is no such message yet."""
    if not isinstance(value, DateOf):
        return value
    cursor.execute("select (extract(epoch from pub_date) * 1000000)::bigint from messages where id = %s", [value.message])
    return str((cursor.fetchone() or (0,))[0])


def execution(name, values):
    """The SQL that runs a prepared statement, with placeholders for its values."""
    return f"execute {name}" + (f" ({', '.join(['%s'] * len(values))})" if values else "")


def nodes(plan):
    """All nodes of a plan, from the top."""
    yield plan
    for child in plan.get("Plans", ()):
        yield from nodes(child)


def of_shape(plan, bound):
    """The faults that do not depend on the data, also in nodes that a run did not reach."""
    return [
        f"reads all of {node['Relation Name']}"
        for node in nodes(plan)
        if node["Node Type"] == "Seq Scan"
        and node["Relation Name"] in GROWING
        and node["Relation Name"] not in bound.tables
    ]


def of_run(plan, bound):
    """The faults of a plan that was run."""
    found = []
    # More blocks than the rows need mean that a search in an index does not use its first column.
    blocks_max = _BLOCKS_SPARE + bound.blocks
    for node in nodes(plan):
        if node["Node Type"].endswith("Scan") and ("Relation Name" in node or "Index Name" in node):
            rows = _rows_read(node)
            blocks_max += _BLOCKS_PER_ROW * (rows + node["Actual Loops"])
            if rows > bound.read and not _may_read_all(node, bound):
                found.append(f"reads {rows} rows of {_place(node)}, more than {bound.read}")
        elif node["Node Type"] in ("Sort", "Incremental Sort"):
            rows = sum(_rows(child) for child in node["Plans"] if child["Parent Relationship"] == "Outer")
            if rows > bound.sort:
                found.append(f"sorts {rows} rows, more than {bound.sort}")
    blocks = plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]
    if blocks > blocks_max:
        found.append(f"reads {blocks} blocks, more than its rows need ({blocks_max})")
    return found


def _rows(node):
    """The rows of all loops, of which PostgreSQL reports the average."""
    return node["Actual Rows"] * node["Actual Loops"]


def _rows_read(node):
    removed = node.get("Rows Removed by Filter", 0) + node.get("Rows Removed by Index Recheck", 0)
    return _rows(node) + removed * node["Actual Loops"]


def _may_read_all(node, bound):
    table = node.get("Relation Name")
    return table in bound.tables or (table in bound.indexes and node["Node Type"] == "Index Only Scan")


def _place(node):
    return " by ".join(node[name] for name in ("Relation Name", "Index Name") if name in node)
