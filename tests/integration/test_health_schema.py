# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""readyz and the schema of the database: none, an older one, a newer one, or one that is not in the search path."""

import re

import pytest

from support import installation


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


def test_a_search_path_does_not_matter(make_httpd, own_database):
    own_database.sql(f"ALTER ROLE minitwit_site IN DATABASE {own_database.name} SET search_path = ''")
    httpd = make_httpd(over=own_database)
    assert httpd.operator().get("/readyz").status_code == 200
    assert httpd.simulator().register("alice").status_code == 204
    assert httpd.simulator().tweet("alice", "text").status_code == 204
    assert own_database.messages() == [("alice", "text")]
    status = own_database.ctl("status", dsn=own_database.connection_string)
    assert status.returncode == 0 and "\nready\n" in status.stdout, status.stdout


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
