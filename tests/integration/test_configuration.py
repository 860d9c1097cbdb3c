# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""Configurations that httpd -t and a graceful restart refuse, and the messages that help an operator."""

import re

import pytest

from support.client import Browser
from support.configtest import line_of, refused
from support.mounts import mount


@pytest.mark.smoke
def test_the_usual_configuration(configured):
    said = configured().configtest()
    assert said.returncode == 0
    assert said.stdout.strip() == "Syntax OK"


def test_a_bad_value_is_refused_where_it_stands(configured):
    """The message names the line and the directive. The values are beyond the ends of each range, or no numbers."""
    httpd = configured()
    for directive in (
        "MinitwitSessionLifetime 0", "MinitwitSessionLifetime -1d", "MinitwitSessionLifetime 99999999999999999999d",
        "MinitwitSessionLifetime 30x", "MinitwitDatabaseTimeout never", "MinitwitDatabaseTimeout 5h",
        "MinitwitPoolTimeout 0s", "MinitwitBodyLimit 64k", "MinitwitBodyLimit 99999999999999999999",
        "MinitwitMessageLimit 0", "MinitwitApiRowLimit 1.5", "MinitwitProxyTLS Perhaps",
        "MinitwitPasswordMemory 19MiB", "MinitwitPasswordMemory 99999999", "MinitwitPasswordPasses 1000",
        "MinitwitHashLimit 0", "MinitwitHashLimit 99999999", "MinitwitHashQueue -1", "MinitwitHashWait 1h",
        "MinitwitLoginLimit -1", "MinitwitLoginLimit 1001", "MinitwitLoginDelay 999ms", "MinitwitLoginDelay 61s",
        "MinitwitLoginDelay", "MinitwitMessageLimit 1 2", "MinitwitApiDates iso", "MinitwitApiDates",
    ):  # fmt: skip
        httpd.directives = directive
        said = refused(httpd, rf"line \d+ of {re.escape(str(httpd.configuration))}", directive.split()[0])
        line = int(re.search(r"line (\d+) of", said)[1])
        assert httpd.configuration.read_text().splitlines()[line - 1].strip() == directive


def test_the_message_names_the_range(configured):
    httpd = configured()
    for directive, remedy in (
        ("MinitwitSessionLifetime 1s", "30d"),
        ("MinitwitDatabaseTimeout 2h", "200ms"),
        ("MinitwitBodyLimit 5", r"1024.*16777216"),
        ("MinitwitPasswordMemory 0", r"MiB.*1.*256"),
        ("MinitwitPasswordPasses 17", r"1.*16"),
        ("MinitwitApiRowLimit 0", r"1.*10000000"),
        ("MinitwitApiDates iso", 'must be "epoch" or "text"'),
    ):
        httpd.directives = directive
        refused(httpd, remedy)


def test_directives_in_a_context_that_does_not_allow_them(configured):
    httpd = configured()
    usual = httpd.web
    for directive in ("MinitwitHashLimit 2", "MinitwitHashQueue 2", "MinitwitHashWait 2s"):
        httpd.web = f"{usual}{directive}\n"
        refused(httpd, directive.split()[0], "VirtualHost")
    for directive in ("MinitwitMessageLimit 5", "MinitwitProxyTLS On", "MinitwitApiDates text"):
        httpd.web = mount("/", "minitwit-web", f"  {directive}\n")
        refused(httpd, directive.split()[0], "not allowed")


@pytest.mark.parametrize("handler", ["minitwit-web", "minitwit-api", "minitwit-health"])
def test_sections_without_a_fixed_path(configured, handler):
    httpd = configured()
    for section in (
        'LocationMatch "^/x"', 'Location ~ "^/x"', 'Location "/x*"', 'Location "/[xy]"', 'Location "/x?"',
        'Directory "/srv"', 'DirectoryMatch "^/srv"', 'Files "x.html"', 'FilesMatch "x"',
    ):  # fmt: skip
        httpd.web = f"<{section}>\n  SetHandler {handler}\n</{section.split()[0]}>\n"
        said = refused(httpd, handler, "<Location", rf"line \d+ of {re.escape(str(httpd.configuration))}")
        line = int(re.search(r"line (\d+) of", said)[1])
        assert f"SetHandler {handler}" in httpd.configuration.read_text().splitlines()[line - 1]


def test_other_handlers_may_stand_anywhere(configured):
    """SetHandler also accepts a name that no module has."""
    httpd = configured()
    httpd.web += (
        '<LocationMatch "^/x">\n  SetHandler none\n</LocationMatch>\n'
        '<Directory "/srv">\n  SetHandler default-handler\n</Directory>\n'
        '<Location "/y*">\n  SetHandler server-status\n</Location>\n'
        '<Location "/z">\n  SetHandler something-else\n</Location>\n'
    )
    assert httpd.configtest().returncode == 0


# ---- templates


@pytest.mark.smoke
def test_a_broken_template(configured, templates):
    """unit/test_template_refusals.c has more mistakes."""
    httpd = configured(directives=f"MinitwitTemplates {templates}")
    for file, line, text, word in (
        ("timeline.html", 3, "\n\n{{#messages}}\n", "messages"),
        ("login.html", 1, "{{#error}}{{/errors}}\n", "errors"),
        ("register.html", 4, "\n\n\n{{messages}}\n", "messages"),
        ("failure.html", 1, "{{> other}}\n", "other"),
        ("layout.html", 2, "<html>\n{{titel}}{{> page}}\n", "titel"),
        ("layout.html", 2, "<html></html>\n", "{{> page}}"),
    ):
        whole = (templates / file).read_text()
        (templates / file).write_text(text)
        said = refused(httpd, re.escape(f"{templates}/{file}:{line}: ") + f".*{re.escape(word)}")
        assert f"(MinitwitTemplates at {line_of(httpd, str(templates))})" in said
        (templates / file).write_text(whole)


def test_a_missing_template(configured, templates, tmp_path):
    httpd = configured(directives=f"MinitwitTemplates {templates}")
    for name in ("layout.html", "timeline.html", "login.html", "register.html", "failure.html", "messages.html", "static/style.css"):
        file = templates / name
        whole = file.read_text()
        file.unlink()
        refused(httpd, re.escape(str(file)))
        file.write_text(whole)
    httpd.directives = f"MinitwitTemplates {tmp_path}/nowhere"
    said = refused(httpd, re.escape(f"{tmp_path}/nowhere"))
    assert f"(MinitwitTemplates at {line_of(httpd, 'nowhere')})" in said


def test_a_relative_folder_of_templates(configured, templates, database):
    """It is relative to ServerRoot."""
    httpd = configured(directives="MinitwitTemplates my-templates")
    templates.rename(httpd.root / "my-templates")
    (httpd.root / "my-templates" / "failure.html").write_text("my own words: {{problem}}\n")
    httpd.start()
    assert "my own words" in httpd.browser().page("/nobody", status=404).source


def test_a_graceful_restart_refuses_a_broken_template(make_httpd, templates):
    """The server goes on with the templates that it has read."""
    httpd = make_httpd(directives=f"MinitwitTemplates {templates}")
    children = set(httpd.children())
    whole = (templates / "login.html").read_text()
    (templates / "login.html").write_text("fine\n{{nonsense}}\n")
    said = httpd.graceful()
    assert said.returncode != 0
    assert f"{templates}/login.html:2" in said.stdout
    assert httpd.process.poll() is None
    assert set(httpd.children()) == children
    assert httpd.browser().page("/login").heading == "Sign In"
    (templates / "login.html").write_text("changed\n" + whole)
    assert httpd.graceful().returncode == 0
    assert "changed" in httpd.browser().page("/login").source


# ---- the database and the credentials


def test_no_mod_dbd(configured):
    httpd = configured()
    httpd.modules.remove("dbd")
    refused(httpd, "mod_dbd", "LoadModule|a2enmod", rf"{re.escape(str(httpd.configuration))}:\d+")


def test_settings_of_mod_dbd_that_cannot_work(configured):
    httpd = configured()
    for text, patterns in (
        ("DBDKeep 0\nDBDMax 0\n", [r"DBDMax.*\(DBDMax at .*:\d+\)"]),
        ("DBDriver sqlite3\n", [r"DBDriver pgsql.*\(DBDriver at .*:\d+\)|driver file"]),
    ):
        httpd.database_pool = "DBDMin 0\n" + text
        refused(httpd, *patterns)
    httpd.connection_string = None
    refused(httpd, "DBDriver|DBDParams")


def test_dbdmin_gets_a_warning(configured):
    httpd = configured()
    httpd.database_pool = "DBDMin 1\nDBDKeep 2\nDBDMax 4\n"
    said = httpd.configtest()
    assert said.returncode == 0
    # The three hosts share the settings.
    assert said.stdout.count("DBDMin is 1") == 1


@pytest.mark.expect_log(r"DBDKeep \(2\) is greater than DBDMax \(1\)", "AH00633", "AH00636")
def test_dbdkeep_above_dbdmax_gets_a_warning(configured):
    """The site serves nevertheless."""
    httpd = configured()
    httpd.database_pool = "DBDMin 0\nDBDMax 1\n"
    httpd.start()
    assert Browser(httpd.web_url).get("/public").status_code == 200
    said = httpd.configtest()
    assert said.returncode == 0
    # The three hosts share the settings.
    assert said.stdout.count("DBDKeep (2) is greater than DBDMax (1)") == 1


def test_each_database_gets_its_own_warning(configured):
    httpd = configured()
    httpd.database_pool = "DBDMin 1\nDBDKeep 2\nDBDMax 4\n"
    httpd.api += 'DBDParams "dbname=another"\n'
    assert httpd.configtest().stdout.count("DBDMin is 1") == 2
    httpd.ops += 'DBDParams "dbname=third"\n'
    assert httpd.configtest().stdout.count("DBDMin is 1") == 3


def test_params_that_libpq_cannot_read(configured):
    """libpq's own error is shown, with the place of DBDParams, unless it may quote a part of a password."""
    httpd = configured()
    for params, error in (
        ("dbnam=minitwit", 'invalid connection option "dbnam"'),
        ("host=/run dbnam=minitwit password=secret", 'invalid connection option "dbnam"'),
        ("dbname", 'missing "=" after "dbname"'),
        ("dbname='minitwit", "unterminated quoted string"),
        ("postgresql://[::1", 'matching "]"'),
        ("postgresql:///d?dbnam=x", '"dbnam"'),
        ("password=very secret=word", "in or after the password"),
        ("dbname=d sslpassword=very secret", "in or after the password"),
        ("password=a host=b secre", "in or after the password"),
        ("postgresql://u:secret%zz@h/d", "in or after the password"),
    ):
        httpd.connection_string = params
        said = refused(httpd, f"DBDParams: .*{re.escape(error)}.*KEYWORD=VALUE")
        assert f"(DBDParams at {line_of(httpd, 'DBDParams')})" in said
        assert "secre" not in said


def test_the_api_needs_credentials_and_the_site_does_not(configured):
    httpd = configured()
    httpd.credentials = None
    said = refused(httpd, "MinitwitApiCredentials", "user:password")
    assert f"(minitwit-api at {line_of(httpd, 'SetHandler minitwit-api')})" in said
    httpd.api = ""
    assert httpd.configtest().returncode == 0


def test_a_credentials_file_that_no_client_could_match(configured):
    """Each message names the fault and the remedy, and quotes no part of the line."""
    httpd = configured()
    for content, fault in (
        (None, "No such file"),
        (b"", "is empty"),
        (b"\n", "is empty"),
        (b"\nsim:secret\n", "is empty"),
        (b"no secret\n", "no colon"),
        (b":secret\n", "name before the colon is empty"),
        (b"user:\r\n", "password after the colon is empty"),
        (b"\xef\xbb\xbfsim:secret\r\n", "begins with a byte order mark.*without a byte order mark"),
        ("sim:secret\n".encode("utf-16"), "UTF-16"),
        ("sim:secret\n".encode("utf-16-le"), "UTF-16"),
        ("sim:secr\u00e9t\n".encode("latin-1"), "is not UTF-8"),
        (b"sim:secret \n", "blank"),
        (b" sim:secret\n", "blank"),
        (b"sim: secret\n", "blank"),
        (b"sim :secret\t\r\n", "blank"),
        (b"# sim:secret\nsim:secret\n", "comment"),
        (b"sim:sec\x1bret\n", "control character"),
        (b"sim:" + b"secret" * 200 + b"\n", "too long"),
        (b"sim:" + b"secret" * 20000 + b"\n", "larger than"),
    ):
        if content is None:
            httpd.credentials.unlink()
        else:
            httpd.credentials.write_bytes(content)
        said = refused(
            httpd, f"MinitwitApiCredentials: .*{re.escape(str(httpd.credentials))}.*{fault}", "user:password",
            rf"line \d+ of {re.escape(str(httpd.configuration))}",
        )  # fmt: skip
        assert "secr" not in said
    httpd.credentials.unlink()
    httpd.credentials.mkdir()
    refused(httpd, "Is a directory")


def test_the_credentials_file_may_have_crlf_and_colons(configured, database):
    httpd = configured()
    httpd.credentials.write_text("simulator:a:b:c\r\nsecond line\r\n")
    httpd.start()
    simulator = httpd.simulator()
    simulator.session.auth = ("simulator", "a:b:c")
    assert simulator.get("/msgs").status_code == 200


@pytest.mark.parametrize(
    ("mode", "danger"), [(0o644, "read"), (0o604, "read"), (0o602, "change"), (0o666, "change"), (0o640, None), (0o600, None)]
)
def test_credentials_that_every_account_can_read_get_a_warning(configured, mode, danger):
    """httpd starts. There is one warning for a file, although two hosts use it, and none if no host mounts the API."""
    httpd = configured()
    httpd.web = httpd.web.replace("minitwit-web", "minitwit-api")
    httpd.credentials.chmod(mode)
    said = httpd.configtest()
    assert said.returncode == 0
    warnings = [line for line in said.stdout.splitlines() if "MinitwitApiCredentials" in line]
    assert len(warnings) == (1 if danger else 0), said.stdout
    for line in warnings:
        assert ":warn]" in line
        assert f"can {danger} the simulator's password" in line and f'chmod 600 {httpd.credentials}" ' in line
    httpd.web = httpd.api = ""
    assert httpd.configtest().stdout.strip() == "Syntax OK"


@pytest.mark.expect_log("every account on this machine can read the simulator's password.*chmod 600")
def test_the_warning_about_credentials_is_in_the_error_log(configured, database):
    httpd = configured()
    httpd.credentials.chmod(0o644)
    assert httpd.start().simulator().get("/msgs").status_code == 200


def test_units_of_time(configured):
    httpd = configured()
    for value in ("1d", "90min", "2h", "3600", "3600s", "86400000ms"):
        httpd.directives = f"MinitwitSessionLifetime {value}"
        assert httpd.configtest().returncode == 0, value


def test_hosts_inherit_the_settings_of_the_server(make_httpd, people, database):
    people("alice")
    httpd = make_httpd(directives="MinitwitMessageLimit 5")
    assert httpd.simulator().tweet("alice", "123456").status_code == 400
    assert Browser(httpd.web_url).sign_in("alice").share("123456").status_code == 400
