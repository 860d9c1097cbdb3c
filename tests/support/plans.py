# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""What of a statement's plan would cost more on a larger site, as PostgreSQL's EXPLAIN shows it."""

import dataclasses

import psycopg2

# How many users and messages there are is up to the world.
GROWING = ("users", "messages", "followers", "sessions")
# Both kinds that a prepared statement may get: for any values, and for those given.
MODES = ("force_generic_plan", "force_custom_plan")
# A row costs at most the way down an index of four levels and the row itself.
_BLOCKS_PER_ROW = 5
# Indexes that a new row goes into, and what triggers read.
_BLOCKS_SPARE = 100
# What goes through a large table for each of many rows would take hours. Thousands of times what the statements take.
_PATIENCE = "20s"


@dataclasses.dataclass(frozen=True)
class Bound:
    read: int  # rows that one node may read of tables and indexes, those that it throws away included
    sort: int  # rows that may go into one sort
    tables: tuple = ()  # may be read whole, as the planner likes
    indexes: tuple = ()  # of these tables an index may be read whole, but not the table


class Explainer:
    """Explains statements on a connection, and leaves nothing changed."""

    def __init__(self, connection):
        self._cursor = connection.cursor()

    def problems(self, sql, values, bound, before=()):
        """What exceeds the bound, in words; under both kinds of plan. before: what is executed first, and undone as well."""
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
        # Not worth the wait.
        found = of_shape(self._explain("", values), bound)
        if found:
            return found
        # The first time reads catalogues, too.
        self._cursor.execute("savepoint first")
        self._explain("analyze,", values)
        self._cursor.execute("rollback to first")
        return of_run(self._explain("analyze, buffers,", values), bound)

    def _explain(self, options, values):
        self._cursor.execute(f"explain ({options} format json) {execution('explained', values)}", values or None)
        (((explained,),),) = self._cursor.fetchall()
        return explained["Plan"]


class Kept:
    """Statements that a connection has prepared, as the module does: a plan once made is kept while PostgreSQL knows of no
    reason against it. What they change is undone."""

    def __init__(self, connection, settings, statements):
        self._cursor = connection.cursor()
        self._cursor.execute(settings)
        for label, sql in statements.items():
            self._cursor.execute(f"prepare {label} as {sql}")

    def plan(self, label, values):
        """As the first run does."""
        self._cursor.execute(f"explain {execution(label, values)}", values or None)

    def shape(self, label, values, bound):
        """What is wrong with a plan, in words, without a run."""
        self._cursor.execute(f"explain (format json) {execution(label, values)}", values or None)
        (((explained,),),) = self._cursor.fetchall()
        return of_shape(explained["Plan"], bound)

    def problems(self, label, values, bound):
        """What exceeds the bound when it runs, in words."""
        self._cursor.execute("begin")
        try:
            # The first time reads catalogues, too.
            self._cursor.execute("savepoint first")
            self._cursor.execute(execution(label, values), values or None)
            self._cursor.execute("rollback to first")
            self._cursor.execute(f"explain (analyze, buffers, format json) {execution(label, values)}", values or None)
            (((explained,),),) = self._cursor.fetchall()
        except psycopg2.errors.QueryCanceled:
            return ["takes longer than the settings allow"]
        finally:
            self._cursor.execute("rollback")
        return of_shape(explained["Plan"], bound) + of_run(explained["Plan"], bound)


def execution(name, values):
    """The SQL that runs a prepared statement, with room for its values."""
    return f"execute {name}" + (f" ({', '.join(['%s'] * len(values))})" if values else "")


def nodes(plan):
    """Of a plan, from the top."""
    yield plan
    for child in plan.get("Plans", ()):
        yield from nodes(child)


def of_shape(plan, bound):
    """What is wrong whatever the data, also where a run did not come to it."""
    return [
        f"reads all of {node['Relation Name']}"
        for node in nodes(plan)
        if node["Node Type"] == "Seq Scan" and node["Relation Name"] in GROWING and node["Relation Name"] not in bound.tables
    ]


def of_run(plan, bound):
    """What is wrong with a plan that was carried out."""
    found = []
    # Not more blocks than rows explain: else an index is searched by a column that it does not begin with.
    blocks_max = _BLOCKS_SPARE
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
    """PostgreSQL gives the average of all loops."""
    return node["Actual Rows"] * node["Actual Loops"]


def _rows_read(node):
    removed = node.get("Rows Removed by Filter", 0) + node.get("Rows Removed by Index Recheck", 0)
    return _rows(node) + removed * node["Actual Loops"]


def _may_read_all(node, bound):
    table = node.get("Relation Name")
    return table in bound.tables or (table in bound.indexes and node["Node Type"] == "Index Only Scan")


def _place(node):
    return " by ".join(node[name] for name in ("Relation Name", "Index Name") if name in node)
