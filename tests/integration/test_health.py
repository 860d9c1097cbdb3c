# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""livez and readyz."""

import re

import pytest

from support import installation, metrics, programs
from support.client import allow
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
def test_the_database_is_away(own_httpd, own_cluster, expect_log, begin, end):
    expect_log.allow("dbd:error")
    operator = own_httpd.operator()
    assert operator.get("/readyz").status_code == 200
    getattr(own_cluster, begin)()
    try:
        answer = _wait_until_not_ready(operator)
        if begin == "stop":
            assert answer.json()["problem"] == "the database cannot be reached"
        assert "database" in answer.text
        assert int(answer.headers["Retry-After"]) > 0
        assert "no-store" in answer.headers["Cache-Control"]
        assert operator.get("/livez").status_code == 200
    finally:
        getattr(own_cluster, end)()
    installation.wait_until(lambda: operator.get("/readyz").status_code == 200, "readyz to recover")


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
    httpd = make_httpd(over=own_database)
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


_RIGHTS = """
GRANT USAGE ON SCHEMA public TO minitwit_site;
GRANT SELECT ON schema_version TO minitwit_site;
GRANT INSERT (username, email, password_hash) ON users TO minitwit_site;
GRANT INSERT (author_id, text) ON messages TO minitwit_site;
GRANT INSERT (who_id, whom_id) ON followers TO minitwit_site;
GRANT INSERT (token_hash, user_id, expires_at) ON sessions TO minitwit_site
"""


def _repair(database):
    database.cluster.psql(f"ALTER DATABASE {database.name} RESET default_transaction_read_only")
    database.sql(_RIGHTS)
    database.sql("DROP FUNCTION IF EXISTS broken CASCADE")
    _end_connections(database)


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
    httpd = make_httpd(over=own_database)
    for _ in range(3):
        answer = httpd.simulator().get("/msgs")
        assert answer.status_code == 503 and int(answer.headers["Retry-After"]) >= 30
        assert "there is no database of that name" in answer.json()["error_msg"] and "nowhere" not in answer.text
    answer = httpd.operator().get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["problem"] == "there is no database of that name" and "DBDParams" in answer.json()["remedy"]
    assert "no connection to the database could be made: there is no database of that name. Compare" in httpd.error_log.text


def test_a_missing_synchronous_standby(make_httpd, own_database, own_cluster, faulty):
    """No commit succeeds, although the server answers and accepts statements."""
    httpd = make_httpd(over=own_database)
    assert httpd.simulator().register("alice").status_code == 204
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
    httpd = make_httpd(over=own_database)
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
