# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""livez and readyz."""

import concurrent.futures
import contextlib
import os
import re
import signal
import subprocess
import threading
import time

import pytest
import requests

from support import installation, metrics, programs
from support.client import allow
from support.forwarder import Forwarder
from support.httpd import PATIENT, Httpd
from support.mounts import mount


@pytest.mark.smoke
@pytest.mark.parametrize("path", ["/livez", "/readyz"])
def test_a_healthy_site(httpd, database, path):
    answer = httpd.operator().get(path)
    assert answer.status_code == 200
    assert "no-store" in answer.headers["Cache-Control"]
    assert re.search(r"\d+\.\d+", answer.text)


@pytest.mark.smoke
def test_all_parts_name_the_same_build(make_httpd, database):
    """A deployment waits until livez and readyz name the new build."""
    httpd = make_httpd(ops=metrics.OPS)
    code, said = programs.run(installation.CTL, "--version")
    version, revision = re.fullmatch(r"minitwitctl (\S+) \((\S+)\)\n", said).groups()
    assert code == 0 and revision.encode() + b"\0" in installation.MODULE.read_bytes()
    for path in ("/livez", "/readyz"):
        answer = httpd.operator().get(path).json()
        assert (answer["version"], answer["revision"]) == (version, revision)
    ((labels, _),) = metrics.scrape(httpd).select("minitwit_build_info")
    assert (labels["version"], labels["revision"]) == (version, revision)
    # The site's pages show the version only.
    page = httpd.browser().get("/public").text
    assert version in page and revision not in page


def test_the_last_segment_of_the_path_decides(make_httpd, database):
    mounts = ("/livez", "/health", "/deep/down/readyz")
    httpd = make_httpd(
        ops="".join(mount(path, "minitwit-health") for path in mounts),
        web=mount("/", "minitwit-web") + mount("/livez", "minitwit-health"),
    )
    assert "alive" in httpd.browser().get("/livez").text
    operator = httpd.operator()
    for path in ("/health/livez", "/health/readyz", "/health/a/b/livez", "/deep/down/readyz"):
        assert operator.get(path).status_code == 200, path
    for path in ("/health", "/health/", "/health/other", "/livez/x", "/health/livez/"):
        assert operator.get(path).status_code == 404, path


def test_methods(httpd, database):
    operator = httpd.operator()
    for path in ("/livez", "/readyz"):
        head = operator.head(path)
        assert (head.status_code, head.content) == (200, b"")
        answer = operator.post(path, {})
        assert answer.status_code == 405
        assert allow(answer) == {"GET", "HEAD", "OPTIONS"}


@pytest.fixture
def own_httpd(make_httpd, own_database):
    return make_httpd(over=own_database, directives="MinitwitPoolTimeout 200ms\nMinitwitDatabaseTimeout 1s\n")


@pytest.mark.expect_log("minitwit:error.*database")
@pytest.mark.parametrize(("begin", "end"), [("stop", "start"), ("freeze", "thaw")])
def test_the_database_is_away(own_httpd, own_cluster, begin, end):
    operator = own_httpd.operator()
    installation.wait_until(lambda: operator.get("/readyz").status_code == 200, "readyz")
    getattr(own_cluster, begin)()
    try:
        answer = _wait_until_not_ready(operator)
        assert answer.json()["problem"] == "the database cannot be reached"
        assert answer.headers["Retry-After"] == "2"
        assert "no-store" in answer.headers["Cache-Control"]
        assert operator.get("/livez").status_code == 200
    finally:
        getattr(own_cluster, end)()
    installation.wait_until(lambda: operator.get("/readyz").status_code == 200, "readyz to recover")


def test_a_database_that_accepts_connections_slowly(make_httpd, own_database, own_cluster, faulty):
    """Requests get answers over the connections of the pool, so the site is ready."""
    with Forwarder(own_cluster) as forwarder, contextlib.ExitStack() as stack:
        dsn = own_database.connection_string.replace(
            f"host={own_cluster.socket_folder}", f"host=127.0.0.1 port={forwarder.port}"
        )
        # Each check takes this time. No request takes as long, even on a busy machine.
        httpd = make_httpd(over=dsn, directives="MinitwitPoolTimeout 30s\nMinitwitDatabaseTimeout 3s\n")
        stack.callback(httpd.stop)
        operator = httpd.operator()
        for _ in range(40):
            assert httpd.simulator().get("/latest").status_code == 200
        assert operator.get("/readyz").status_code == 200
        with _requests(httpd):
            forwarder.is_silent = True
            # Each check makes a connection.
            deadline = time.monotonic() + installation.PATIENCE
            seen = 0
            while seen < 4:
                assert time.monotonic() < deadline
                answer = operator.get("/readyz")
                assert answer.status_code == 200, answer.text
                seen = forwarder.ignored
        assert _wait_until_not_ready(operator).json()["problem"] == "the database cannot be reached"
        forwarder.is_silent = False
        installation.wait_until(lambda: operator.get("/readyz").status_code == 200, "readyz to recover")


def test_a_check_that_outlasts_its_claim(make_httpd, own_database, own_cluster, faulty):
    """Another child has checked meanwhile. Its finding is newer, so it counts, also for the child that was late."""
    with (
        Forwarder(own_cluster) as forwarder,
        concurrent.futures.ThreadPoolExecutor(1) as pool,
        contextlib.ExitStack() as stack,
    ):
        dsn = own_database.connection_string.replace(
            f"host={own_cluster.socket_folder}", f"host=127.0.0.1 port={forwarder.port}"
        )
        # The check lasts until the child is stopped.
        httpd = make_httpd(over=dsn, directives="MinitwitDatabaseTimeout 8s\n")
        stack.callback(httpd.stop)
        forwarder.is_silent = True
        late = pool.submit(lambda: httpd.operator().get("/readyz", timeout=2 * installation.PATIENCE))
        pid = installation.wait_until(lambda: _find_client(httpd, forwarder.port), "the check")
        os.kill(pid, signal.SIGSTOP)
        stack.callback(os.kill, pid, signal.SIGCONT)
        forwarder.is_silent = False
        installation.wait_until(lambda: _is_ready(httpd), "another child to check")
        os.kill(pid, signal.SIGCONT)
        assert late.result().status_code == 200
    assert "the site is not ready" not in httpd.error_log.text


def _find_client(httpd, port):
    """The child that has a connection to this port. None: there is none."""
    said = subprocess.run(["ss", "-Htnp", f"dport = :{port}"], capture_output=True, text=True, check=True).stdout
    found = [pid for pid in httpd.children() if f"pid={pid}," in said]
    return found[0] if found else None


def _is_ready(httpd):
    """False if the child that gets the request is stopped, or has not checked yet."""
    try:
        return httpd.operator().get("/readyz", timeout=2).status_code == 200
    except requests.exceptions.Timeout:
        return False


@contextlib.contextmanager
def _requests(httpd):
    """Sends requests all the time."""
    is_over = threading.Event()

    def send():
        while not is_over.is_set():
            httpd.simulator().get("/latest", timeout=installation.PATIENCE)

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        for _ in range(4):
            pool.submit(send)
        try:
            yield
        finally:
            is_over.set()


def _wait_until_not_ready(operator):
    """A finding counts for a second."""

    def get():
        answer = operator.get("/readyz")
        # An answer with an error is false.
        return [answer] if answer.status_code != 200 else None

    (answer,) = installation.wait_until(get, "readyz to notice")
    assert answer.status_code == 503
    return answer


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            "UPDATE schema_version SET version = version + 1, works_with = version + 1 WHERE version = (SELECT max(version) FROM schema_version)",
            "the database schema is too new",
        ),
        ("DELETE FROM schema_version WHERE version = (SELECT max(version) FROM schema_version)", "the database schema is too old"),
        ("DROP TABLE schema_version", "the database has no schema"),
    ],
)
def test_a_schema_of_another_version(make_httpd, own_database, expect_log, change, words):
    own_database.sql(change)
    httpd = make_httpd(over=own_database, directives="LogLevel minitwit:info\n")
    answer = httpd.operator().get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["problem"].startswith(words)
    assert httpd.operator().get("/livez").status_code == 200
    expect_log(words)
    assert re.search(rf"{words}.*version.*\d\. (Make a backup, then run|Run|Install)", httpd.error_log.text)
    # The log has one line, not one for each request.
    for _ in range(5):
        httpd.operator().get("/readyz")
    assert httpd.error_log.text.count(words) == 1


def test_a_newer_schema_that_works_with_this_build(make_httpd, own_database):
    """This is the case while the nodes of a site are updated one after the other."""
    own_database.sql("INSERT INTO schema_version (version, name, works_with) SELECT max(version) + 1, 'next', max(version) FROM schema_version")
    httpd = make_httpd(over=own_database)
    assert httpd.operator().get("/readyz").status_code == 200
    assert httpd.simulator().register("alice").status_code == 204


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
            _wait_until_not_ready(operator)
        with own_database.unchanged():
            for table in tables:
                answer = _write(httpd, table, number)
                assert answer.status_code == 503, (change, table)
                assert cause in answer.text and "operators" in answer.text, answer.text
                assert "again" not in answer.text and "cannot be reached" not in answer.text and "Moment" not in answer.text
                assert int(answer.headers["Retry-After"]) >= 30
            answer = _wait_until_not_ready(operator).json()
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
        _wait_until_not_ready(operator)
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


def test_a_search_path_does_not_matter(make_httpd, own_database):
    own_database.sql(f"ALTER ROLE minitwit_site IN DATABASE {own_database.name} SET search_path = ''")
    httpd = make_httpd(over=own_database)
    assert httpd.operator().get("/readyz").status_code == 200
    assert httpd.simulator().register("alice").status_code == 204
    assert httpd.simulator().tweet("alice", "text").status_code == 204
    assert own_database.messages() == [("alice", "text")]
    status = own_database.ctl("status", dsn=own_database.connection_string)
    assert status.returncode == 0 and "\nready\n" in status.stdout, status.stdout


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


def test_a_missing_synchronous_standby(make_httpd, own_database, own_cluster, faulty):
    """No commit succeeds, although the server answers and accepts statements."""
    httpd = make_httpd(over=own_database)
    installation.wait_until(lambda: httpd.simulator().register("alice").status_code in (204, 400), "an account")
    own_cluster.psql("ALTER SYSTEM SET synchronous_standby_names = 'nobody'")
    own_cluster.psql("SELECT pg_reload_conf()")
    try:
        installation.wait_until(lambda: httpd.simulator().tweet("alice", "text").status_code == 503, "a write without an answer")
        answer = _wait_until_not_ready(httpd.operator()).json()
        assert "synchronous standby" in answer["problem"] and "/database.md" in answer["remedy"]
    finally:
        own_cluster.psql("ALTER SYSTEM RESET synchronous_standby_names")
        own_cluster.psql("SELECT pg_reload_conf()")
    installation.wait_until(lambda: httpd.operator().get("/readyz").status_code == 200, "readyz to recover")


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


@pytest.mark.expect_log("the database has no schema")
def test_an_empty_database_is_ready_once_it_is_migrated(make_httpd, own_cluster, own_database):
    own_cluster.psql('CREATE DATABASE "empty" OWNER minitwit_owner')
    own_database.name = "empty"
    own_database.connection_string = own_cluster.connection_string("empty", "minitwit_site")
    own_database.owner_connection_string = own_cluster.connection_string("empty", "minitwit_owner")
    httpd = make_httpd(over=own_database)
    answer = httpd.operator().get("/readyz")
    assert answer.status_code == 503 and "no schema" in answer.text
    own_database.migrate()
    installation.wait_until(lambda: httpd.operator().get("/readyz").status_code == 200, "readyz after the migration")
    assert httpd.simulator().register("alice").status_code == 204
