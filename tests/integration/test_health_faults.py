# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""Faults of the database that are no outage. readyz, the answers to requests and the log name the cause and the remedy
of each."""

import re
import subprocess
import time

import pytest

from support import installation
from support.httpd import PATIENT, Httpd
from support.readiness import wait_until_not_ready

# A fault that only an operator can end: the change, the words of readyz, and the words of the answer to a request.
_LIBRARY = """
CREATE FUNCTION broken() RETURNS trigger LANGUAGE c AS '$libdir/plpgsql', 'plpgsql_call_handler';
UPDATE pg_proc SET probin = '/nowhere/library' WHERE proname = 'broken';
CREATE TRIGGER broken BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION broken()
"""
_RIGHT = "REVOKE {right} ON {table} FROM minitwit_site"
_READ_ONLY = "ALTER DATABASE {database} SET default_transaction_read_only = on"
FAULTS = [
    (_READ_ONLY, "read-only", "the database is read-only", ("messages", "users", "followers", "sessions")),
    *(
        (_LIBRARY.replace("{table}", table), "58P01: could not access file", "cannot load one of its files", (table,))
        for table in ("messages", "users", "followers", "sessions")
    ),
    *(
        (_RIGHT.replace("{right}", right).replace("{table}", table), f"{right.lower()} on {table}", "lacks a right", (table,))
        for right, table in (("INSERT", "messages"), ("INSERT", "users"), ("INSERT", "followers"), ("INSERT", "sessions"))
    ),
    ("REVOKE EXECUTE ON FUNCTION search_settle() FROM minitwit_site", "execute on search_settle()", "", ()),
    ("REVOKE USAGE ON SCHEMA public FROM PUBLIC, minitwit_site", "permission denied for schema public", "the database schema is incomplete",
     ("messages", "users")),
    ("REVOKE SELECT ON schema_version FROM minitwit_site", "permission denied for table schema_version", "", ()),
]  # fmt: skip


def _write(httpd, table, number):
    """Sends a request that writes to this table. Returns the answer."""
    api = httpd.simulator()
    if table == "messages":
        return api.tweet("alice", "text")
    if table == "users":
        return api.register(f"user {number}")
    if table == "followers":
        return api.follow("alice", "bob")
    browser = httpd.browser()
    return browser.post("/login", {"username": "alice", "password": "secret"})


def _end_connections(database):
    """A role's rights and settings count from the next connection or statement on."""
    database.sql(
        "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity"
        " WHERE datname = current_database() AND usename = 'minitwit_site'"
    )


@pytest.mark.expect_log("database: messages_add_by_username failed, SQLSTATE 25006", "the site is ready again")
def test_faults_that_are_no_outage(make_httpd, own_database, faulty):
    """Answers, log and readyz name the cause and the remedy of each. No answer suggests trying again. readyz reports
    missing rights before any request fails, and recovers by itself."""
    httpd = make_httpd(over=own_database, directives=PATIENT)
    operator = httpd.operator()
    for name in ("alice", "bob"):
        assert httpd.simulator().register(name).status_code == 204
    for number, (change, problem, cause, tables) in enumerate(FAULTS):
        mark = httpd.error_log.mark()
        own_database.sql(change.replace("{database}", own_database.name))
        _end_connections(own_database)
        if "broken" not in change:
            wait_until_not_ready(operator)
        with own_database.unchanged():
            for table in tables:
                answer = _write(httpd, table, number)
                assert answer.status_code == 503, (change, table)
                assert cause in answer.text and "operators" in answer.text, answer.text
                assert "again" not in answer.text and "cannot be reached" not in answer.text and "Moment" not in answer.text
                assert int(answer.headers["Retry-After"]) >= 30
            answer = wait_until_not_ready(operator).json()
        assert problem in answer["problem"], answer
        assert re.fullmatch(r"[A-Z].*\.", answer["remedy"])
        said = httpd.error_log.since(mark)
        assert f"the site is not ready: {answer['problem']}. {answer['remedy']}" in said
        assert "check that PostgreSQL runs" not in said and "defect" not in said
        _repair(own_database)
        installation.wait_until(lambda: operator.get("/readyz").status_code == 200, "readyz to recover")
        for table in tables:
            assert _write(httpd, table, number).status_code in (204, 302)


_JUMP = """
#define _GNU_SOURCE
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* AddressSanitizer calls it within dlsym, so it must not call dlsym itself. */
int clock_gettime(clockid_t clock, struct timespec *now)
{
    int status = (int)syscall(SYS_clock_gettime, clock, now);

    if (clock == CLOCK_MONOTONIC && access(JUMP, F_OK) == 0)
        now->tv_sec += 3700;
    return status;
}
"""


class LaterHttpd(Httpd):
    """An httpd whose monotonic clock is an hour ahead after jump()."""

    def jump(self):
        (self.root / "jump").touch()

    def _environment(self):
        library = self.root / "jump.so"
        compiler = ["gcc", "-shared", "-fPIC", f'-DJUMP="{self.root}/jump"', "-x", "c", "-", "-o", library]
        subprocess.run(compiler, input=_JUMP, text=True, check=True)
        environment = super()._environment()
        preloaded = [environment["LD_PRELOAD"]] if "LD_PRELOAD" in environment else []
        return environment | {"LD_PRELOAD": ":".join([*preloaded, str(library)])}


@pytest.mark.expect_log("the site is ready again")
def test_faults_that_no_request_has_met(make_httpd, own_database, own_cluster, faulty):
    """readyz reports them after the start, after an outage, and within an hour. A trial uses up ids, so the other
    checks do not write."""
    own_database.sql(_LIBRARY.replace("{table}", "followers"))
    httpd = make_httpd(kind=LaterHttpd, over=own_database)
    operator = httpd.operator()

    def report():
        with own_database.unchanged():
            _wait_for_problem(operator, "58P01: could not access file")
        _repair(own_database)
        installation.wait_until(lambda: operator.get("/readyz").status_code == 200, "readyz to recover")

    report()
    own_cluster.stop("fast")
    try:
        wait_until_not_ready(operator)
    finally:
        own_cluster.start()
    own_database.sql(_LIBRARY.replace("{table}", "sessions"))
    report()
    used = own_database.value("SELECT last_value FROM users_id_seq")
    for _ in range(3):
        # A finding counts for a second.
        time.sleep(1.1)
        assert operator.get("/readyz").status_code == 200
    assert own_database.value("SELECT last_value FROM users_id_seq") == used
    own_database.sql(_LIBRARY.replace("{table}", "messages"))
    httpd.jump()
    report()


_RIGHTS = """
GRANT USAGE ON SCHEMA public TO minitwit_site;
GRANT SELECT ON schema_version TO minitwit_site;
GRANT INSERT (username, email, password_hash) ON users TO minitwit_site;
GRANT INSERT (author_id, text, answers_id, answers_author_id) ON messages TO minitwit_site;
GRANT INSERT (who_id, whom_id) ON followers TO minitwit_site;
GRANT INSERT (token_hash, user_id, expires_at) ON sessions TO minitwit_site;
GRANT EXECUTE ON FUNCTION search_settle() TO minitwit_site
"""


def _repair(database):
    database.cluster.psql(f"ALTER DATABASE {database.name} RESET default_transaction_read_only")
    database.sql(_RIGHTS)
    database.sql("DROP FUNCTION IF EXISTS broken CASCADE")
    _end_connections(database)


def test_each_problem_has_a_line_of_its_own(make_httpd, own_database, own_cluster, faulty):
    """At the usual level, the log has the second of two problems, too, although the first one is a moment old."""
    httpd = make_httpd(over=own_database, directives=f"LogLevel minitwit:info\n{PATIENT}")
    operator = httpd.operator()
    assert operator.get("/readyz").status_code == 200
    own_cluster.psql("ALTER ROLE minitwit_site NOLOGIN")
    try:
        _end_connections(own_database)
        refused = _wait_for_problem(operator, "refuses the login")
        assert httpd.simulator().get("/msgs").status_code == 503
        own_cluster.psql("ALTER ROLE minitwit_site LOGIN")
        own_database.sql(_READ_ONLY.replace("{database}", own_database.name))
        read_only = _wait_for_problem(operator, "read-only")
    finally:
        own_cluster.psql("ALTER ROLE minitwit_site LOGIN")
    own_database.cluster.psql(f"ALTER DATABASE {own_database.name} RESET default_transaction_read_only")
    own_database.sql(_RIGHT.replace("{right}", "INSERT").replace("{table}", "users"))
    lacking = _wait_for_problem(operator, "insert on users")
    for problem in (refused, read_only, lacking):
        assert httpd.error_log.text.count(f"the site is not ready: {problem}. ") == 1, problem


def _wait_for_problem(operator, words):
    def get():
        problem = operator.get("/readyz").json().get("problem", "")
        return problem if words in problem else None

    return installation.wait_until(get, f'readyz to report "{words}"')


# The causes that may soon be over: the SQLSTATE, the words of the answer, and the words of the remedy in the log.
_PASSING = {
    "40001": ("other changes came first", "Look for another program"),
    "40P01": ("other changes came first", "Look for another program"),
    "53200": ("the database is overloaded", "Check that PostgreSQL"),
    "53300": ("the database accepts no more connections", "Lower DBDMax"),
    "55P03": ("another session locks a part of the database", "pg_blocking_pids"),
    "57014": ("the database ended a statement that took too long", "MinitwitDatabaseTimeout"),
}


def test_faults_that_may_soon_be_over(make_httpd, own_database, faulty):
    """The answers name the cause and suggest to try again. A trigger raises the error that the message names."""
    httpd = make_httpd(over=own_database, directives=PATIENT)
    assert httpd.simulator().register("alice").status_code == 204
    own_database.sql(
        "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS"
        " $$BEGIN RAISE 'a fault' USING ERRCODE = new.text; END$$"
    )
    own_database.sql("CREATE TRIGGER fail BEFORE INSERT ON messages FOR EACH ROW WHEN (new.text <> '') EXECUTE FUNCTION fail()")
    with own_database.unchanged():
        for sqlstate, (cause, remedy) in _PASSING.items():
            answer = httpd.simulator().tweet("alice", sqlstate)
            assert answer.status_code == 503 and answer.headers["Retry-After"] == "2", sqlstate
            assert f"because {cause}. Please try again" in answer.json()["error_msg"], answer.text
            assert re.search(f"SQLSTATE {sqlstate}: a fault. .*{remedy}", httpd.error_log.text), sqlstate


def test_a_refused_login_is_no_outage(make_httpd, own_database, own_cluster, faulty):
    """The answers do not name the role or the host."""
    own_database.connection_string = own_cluster.connection_string("nowhere", "minitwit_site")
    httpd = make_httpd(over=own_database, directives=PATIENT)
    for _ in range(3):
        answer = httpd.simulator().get("/msgs")
        assert answer.status_code == 503 and int(answer.headers["Retry-After"]) >= 30
        assert "there is no database of that name" in answer.json()["error_msg"] and "nowhere" not in answer.text
    answer = httpd.operator().get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["problem"] == "there is no database of that name" and "DBDParams" in answer.json()["remedy"]
    assert "could not connect to the database: there is no database of that name. Compare" in httpd.error_log.text


def test_a_request_that_a_trigger_refuses_does_not_make_the_site_unready(make_httpd, own_database, faulty):
    own_database.sql(
        "CREATE FUNCTION filter() RETURNS trigger LANGUAGE plpgsql AS"
        " $$BEGIN IF new.text = 'spam' THEN RAISE 'no spam'; END IF; RETURN new; END$$"
    )
    own_database.sql("CREATE TRIGGER filter BEFORE INSERT ON messages FOR EACH ROW EXECUTE FUNCTION filter()")
    httpd = make_httpd(over=own_database, directives=PATIENT)
    assert httpd.simulator().register("alice").status_code == 204
    for _ in range(3):
        answer = httpd.simulator().tweet("alice", "spam")
        assert answer.status_code == 503 and "a trigger in the database refuses the change" in answer.text
        assert httpd.operator().get("/readyz").status_code == 200
    assert httpd.simulator().tweet("alice", "text").status_code == 204
    assert own_database.messages() == [("alice", "text")]
    assert own_database.usernames() == ["alice"]
