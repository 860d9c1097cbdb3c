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
        answer = operator.get("/readyz")
        assert answer.status_code == 503
        if begin == "stop":
            assert answer.json()["problem"] == "the database cannot be reached"
        assert "database" in answer.text
        assert int(answer.headers["Retry-After"]) > 0
        assert "no-store" in answer.headers["Cache-Control"]
        assert operator.get("/livez").status_code == 200
    finally:
        getattr(own_cluster, end)()
    installation.wait_until(lambda: operator.get("/readyz").status_code == 200, "readyz to recover")


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
    httpd = make_httpd(over=own_database)
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


@pytest.mark.expect_log("minitwit:error.*database: schema_version failed, SQLSTATE 42501")
def test_a_right_is_missing(make_httpd, own_database):
    own_database.sql("REVOKE ALL ON schema_version FROM minitwit_site")
    answer = make_httpd(over=own_database).operator().get("/readyz")
    assert answer.status_code == 503
    assert re.match(r"the database schema is incomplete, or .*privilege", answer.json()["problem"])


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
