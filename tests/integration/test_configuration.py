# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""What httpd -t and a graceful restart refuse, and whether the message helps."""

import re

import pytest

from support.client import Browser


def _refused(httpd, *patterns):
    """httpd -t refuses the configuration, and says all of this."""
    said = httpd.configtest()
    assert said.returncode != 0, said.stdout
    for pattern in patterns:
        assert re.search(pattern, said.stdout), f"{pattern!r} is not in:\n{said.stdout}"
    return said.stdout


@pytest.fixture
def configured(make_httpd):
    """An httpd that is not started, with these arguments."""
    return lambda **arguments: make_httpd(start=False, **arguments)


@pytest.mark.smoke
def test_the_usual_configuration(configured):
    said = configured().configtest()
    assert said.returncode == 0
    assert said.stdout.strip() == "Syntax OK"


@pytest.mark.parametrize(
    "directive",
    [
        "MinitwitSessionLifetime 0",
        "MinitwitSessionLifetime -1d",
        "MinitwitSessionLifetime soon",
        "MinitwitSessionLifetime 99999999999999999999d",
        "MinitwitSessionLifetime 30x",
        "MinitwitDatabaseTimeout 0",
        "MinitwitDatabaseTimeout never",
        "MinitwitDatabaseTimeout 5h",
        "MinitwitPoolTimeout 0s",
        "MinitwitPoolTimeout x",
        "MinitwitBodyLimit 0",
        "MinitwitBodyLimit -1",
        "MinitwitBodyLimit 64k",
        "MinitwitBodyLimit 99999999999999999999",
        "MinitwitMessageLimit 0",
        "MinitwitMessageLimit many",
        "MinitwitApiRowLimit 0",
        "MinitwitApiRowLimit -5",
        "MinitwitApiRowLimit 1.5",
        "MinitwitProxyTLS Perhaps",
        "MinitwitGravatar 7",
        "MinitwitPasswordMemory 0",
        "MinitwitPasswordMemory 19MiB",
        "MinitwitPasswordMemory 99999999",
        "MinitwitPasswordPasses 0",
        "MinitwitPasswordPasses 1000",
        "MinitwitHashLimit 0",
        "MinitwitHashLimit 99999999",
        "MinitwitHashQueue -1",
        "MinitwitHashQueue x",
        "MinitwitHashWait 0",
        "MinitwitHashWait 1h",
        "MinitwitHashWait",
        "MinitwitLoginLimit -1",
        "MinitwitLoginLimit 1001",
        "MinitwitLoginLimit off",
        "MinitwitLoginDelay 0",
        "MinitwitLoginDelay 999ms",
        "MinitwitLoginDelay 61s",
        "MinitwitLoginDelay",
        "MinitwitMessageLimit",
        "MinitwitMessageLimit 1 2",
    ],
)
def test_a_bad_value_is_refused_where_it_stands(configured, directive):
    httpd = configured(directives=directive)
    name = directive.split()[0]
    said = _refused(httpd, rf"line \d+ of {re.escape(str(httpd.configuration))}", name)
    line = int(re.search(r"line (\d+) of", said)[1])
    assert httpd.configuration.read_text().splitlines()[line - 1].strip() == directive


@pytest.mark.parametrize(
    ("directive", "remedy"),
    [
        ("MinitwitSessionLifetime 1s", "30d"),
        ("MinitwitDatabaseTimeout 2h", "200ms"),
        ("MinitwitBodyLimit 5", r"1024.*16777216"),
        ("MinitwitPasswordMemory 0", r"MiB.*1.*1024"),
        ("MinitwitPasswordPasses 17", r"1.*16"),
        ("MinitwitApiRowLimit 0", r"1.*10000000"),
    ],
)
def test_the_message_says_what_may_be_given(configured, directive, remedy):
    _refused(configured(directives=directive), remedy)


@pytest.mark.parametrize("directive", ["MinitwitHashLimit 2", "MinitwitHashQueue 2", "MinitwitHashWait 2s"])
def test_what_counts_for_the_whole_server_is_not_for_a_host(configured, directive):
    httpd = configured()
    httpd.web += directive + "\n"
    _refused(httpd, directive.split()[0], "VirtualHost")


@pytest.mark.parametrize("directive", ["MinitwitMessageLimit 5", "MinitwitProxyTLS On"])
def test_no_directive_belongs_in_a_location(configured, directive):
    httpd = configured()
    httpd.web = f'<Location "/">\n  SetHandler minitwit-web\n  {directive}\n</Location>\n'
    _refused(httpd, directive.split()[0], "not allowed")


@pytest.mark.parametrize("handler", ["minitwit-web", "minitwit-api", "minitwit-health"])
@pytest.mark.parametrize(
    "section",
    ["LocationMatch \"^/x\"", "Location ~ \"^/x\"", "Location \"/x*\"", "Location \"/[xy]\"", "Location \"/x?\"",
        "Directory \"/srv\"",
     "DirectoryMatch \"^/srv\"", "Files \"x.html\"", "FilesMatch \"x\""],
)  # fmt: skip
def test_places_without_a_fixed_path(configured, handler, section):
    httpd = configured()
    httpd.web = f"<{section}>\n  SetHandler {handler}\n</{section.split()[0]}>\n"
    said = _refused(httpd, handler, "<Location", rf"line \d+ of {re.escape(str(httpd.configuration))}")
    line = int(re.search(r"line (\d+) of", said)[1])
    assert f"SetHandler {handler}" in httpd.configuration.read_text().splitlines()[line - 1]


def test_other_handlers_may_stand_anywhere(configured):
    httpd = configured()
    httpd.web += (
        '<LocationMatch "^/x">\n  SetHandler none\n</LocationMatch>\n'
        '<Directory "/srv">\n  SetHandler default-handler\n</Directory>\n'
        '<Location "/y*">\n  SetHandler server-status\n</Location>\n'
    )
    assert httpd.configtest().returncode == 0


def test_a_handler_that_does_not_exist(configured):
    """SetHandler takes any name; a slip of the pen is httpd's own business, but ours must not swallow it."""
    httpd = configured()
    httpd.web += '<Location "/z">\n  SetHandler something-else\n</Location>\n'
    assert httpd.configtest().returncode == 0


# ---- templates


@pytest.mark.smoke
@pytest.mark.parametrize(
    ("file", "line", "text"),
    [
        ("timeline.html", 1, "{{nonsense}}\n"),
        ("timeline.html", 3, "\n\n{{#messages}}\n"),
        ("timeline.html", 2, "\n{{/messages}}\n"),
        ("timeline.html", 2, "\n{{text\n"),
        ("login.html", 1, "{{#error}}{{/errors}}\n"),
        ("register.html", 4, "\n\n\n{{messages}}\n"),
        ("failure.html", 1, "{{> other}}\n"),
        ("layout.html", 2, "<html>\n{{titel}}{{> page}}\n"),
    ],
)
def test_a_broken_template(configured, templates, file, line, text):
    (templates / file).write_text(text)
    _refused(configured(directives=f"MinitwitTemplates {templates}"), re.escape(f"{templates}/{file}:{line}"))


@pytest.mark.parametrize(
    "file", ["layout.html", "timeline.html", "login.html", "register.html", "failure.html", "static/style.css"]
)
def test_a_missing_template(configured, templates, file):
    (templates / file).unlink()
    _refused(configured(directives=f"MinitwitTemplates {templates}"), re.escape(str(templates / file)))


def test_a_layout_without_a_place_for_the_page(configured, templates):
    (templates / "layout.html").write_text("<html></html>\n")
    _refused(configured(directives=f"MinitwitTemplates {templates}"), re.escape(f"{templates}/layout.html"))


def test_no_such_folder(configured, tmp_path):
    folder = tmp_path / "nowhere"
    _refused(configured(directives=f"MinitwitTemplates {folder}"), re.escape(str(folder)))


def test_a_folder_beside_the_configuration(configured, templates, database):
    """A relative name counts from ServerRoot."""
    httpd = configured(directives="MinitwitTemplates my-templates")
    templates.rename(httpd.root / "my-templates")
    (httpd.root / "my-templates" / "failure.html").write_text("my own words: {{problem}}\n")
    httpd.start()
    assert "my own words" in httpd.browser().page("/nobody", status=404).source


def test_a_broken_template_does_not_end_the_server_at_a_graceful_restart(make_httpd, templates):
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


def test_templates_are_read_once(make_httpd, templates):
    httpd = make_httpd(directives=f"MinitwitTemplates {templates}")
    (templates / "login.html").write_text("fine\n{{nonsense}}\n")
    assert httpd.browser().page("/login").heading == "Sign In"


# ---- the database and the credentials


def test_no_mod_dbd(configured):
    httpd = configured()
    httpd.modules.remove("dbd")
    _refused(httpd, "mod_dbd", "LoadModule|a2enmod", rf"{re.escape(str(httpd.configuration))}:\d+")


@pytest.mark.parametrize(
    ("text", "patterns"),
    [
        ("DBDKeep 5\nDBDMax 4\n", ["DBDKeep", "DBDMax"]),
        ("DBDMax 1\n", ["DBDKeep", "DBDMax"]),
        ("DBDKeep 0\nDBDMax 0\n", ["DBDMax"]),
        ("DBDriver sqlite3\n", ["DBDriver pgsql|driver file"]),
    ],
)
def test_settings_of_mod_dbd_that_cannot_work(configured, text, patterns):
    httpd = configured()
    httpd.database_pool = "DBDMin 0\n" + text
    _refused(httpd, *patterns)


def test_no_database_named(configured):
    httpd = configured()
    httpd.connection_string = None
    _refused(httpd, "DBDriver|DBDParams")


def test_dbdmin_gets_a_warning(configured):
    httpd = configured()
    httpd.database_pool = "DBDMin 1\nDBDKeep 2\nDBDMax 4\n"
    said = httpd.configtest()
    assert said.returncode == 0
    # Three hosts share the settings.
    assert said.stdout.count("DBDMin is 1") == 1


def test_connecting_without_an_end_gets_a_warning(configured, monkeypatch):
    monkeypatch.delenv("PGCONNECT_TIMEOUT", raising=False)
    monkeypatch.delenv("PGSERVICE", raising=False)
    httpd = configured()
    for params in ("dbname=minitwit", "dbname='no connect_timeout=2'", "postgresql://h/d?connect_timeout=0"):
        httpd.connection_string = params
        said = httpd.configtest()
        assert said.returncode == 0
        assert said.stdout.count("DBDParams has no connect_timeout") == 1, params
    for params in ("dbname=minitwit connect_timeout = '2'", "postgresql://h/d?connect_timeout=2", "service=minitwit"):
        httpd.connection_string = params
        assert httpd.configtest().stdout.strip() == "Syntax OK", params
    monkeypatch.setenv("PGCONNECT_TIMEOUT", "2")
    httpd.connection_string = "dbname=minitwit"
    assert httpd.configtest().stdout.strip() == "Syntax OK"


def test_each_database_gets_its_own_warning(configured):
    httpd = configured()
    httpd.api += 'DBDParams "dbname=another"\n'
    httpd.ops += 'DBDParams "dbname=third connect_timeout=2"\n'
    assert httpd.configtest().stdout.count("DBDParams has no connect_timeout") == 1
    httpd.ops += 'DBDParams "dbname=third"\n'
    assert httpd.configtest().stdout.count("DBDParams has no connect_timeout") == 2


@pytest.mark.parametrize(
    "params",
    [
        "dbnam=minitwit",
        "dbname",
        "dbname='minitwit",
        "postgresql://[::1",
        "password=very secret",
        "password=very secret=word",
    ],
)
def test_params_that_libpq_cannot_read(configured, params):
    httpd = configured()
    httpd.connection_string = params
    said = _refused(httpd, "DBDParams.*KEYWORD=VALUE", rf"{re.escape(str(httpd.configuration))}:\d+")
    assert "secret" not in said


def test_the_api_without_credentials(configured):
    httpd = configured()
    httpd.credentials = None
    _refused(httpd, "MinitwitApiCredentials", "user:password")


def test_the_site_needs_no_credentials(configured):
    httpd = configured(api="")
    httpd.credentials = None
    assert httpd.configtest().returncode == 0


@pytest.mark.parametrize("content", [None, "", "\n", "no colon\n", ":password\n", "user:\n"])
def test_a_credentials_file_that_is_none(configured, content):
    httpd = configured()
    if content is None:
        httpd.credentials.unlink()
    else:
        httpd.credentials.write_text(content)
    said = _refused(
        httpd,
        "MinitwitApiCredentials",
        "user:password",
        re.escape(str(httpd.credentials)),
        rf"line \d+ of {re.escape(str(httpd.configuration))}",
    )
    assert "no colon" not in said


def test_the_credentials_file_may_have_windows_line_ends_and_colons(configured, database):
    httpd = configured()
    httpd.credentials.write_text("simulator:a:b:c\r\nsecond line\r\n")
    httpd.start()
    simulator = httpd.simulator()
    simulator.session.auth = ("simulator", "a:b:c")
    assert simulator.get("/msgs").status_code == 200


def test_the_credentials_are_for_root_alone(configured, database):
    httpd = configured()
    assert httpd.credentials.stat().st_mode & 0o777 == 0o600
    assert httpd.start().simulator().get("/msgs").status_code == 200


@pytest.mark.parametrize(
    ("mode", "danger"), [(0o644, "read"), (0o604, "read"), (0o602, "change"), (0o666, "change"), (0o640, None), (0o600, None)]
)
def test_credentials_that_everybody_can_read(configured, mode, danger):
    """It still starts: a warning is enough for what was so yesterday, too. Once, though two hosts use the file."""
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


def test_credentials_of_a_host_that_mounts_no_api_are_its_own_business(configured):
    httpd = configured(api="")
    httpd.credentials.chmod(0o644)
    assert httpd.configtest().stdout.strip() == "Syntax OK"


@pytest.mark.expect_log("every account on this machine can read the simulator's password.*chmod 600")
def test_the_error_log_tells_of_credentials_that_everybody_can_read(configured, database):
    httpd = configured()
    httpd.credentials.chmod(0o644)
    assert httpd.start().simulator().get("/msgs").status_code == 200


def test_units_of_time(configured):
    for value in ("1d", "90min", "2h", "3600", "3600s", "86400000ms"):
        assert configured(directives=f"MinitwitSessionLifetime {value}").configtest().returncode == 0, value


def test_settings_of_the_server_hold_in_every_host(make_httpd, people, database):
    people("alice")
    httpd = make_httpd(directives="MinitwitMessageLimit 5")
    assert httpd.simulator().tweet("alice", "123456").status_code == 400
    assert Browser(httpd.web_url).sign_in("alice").share("123456").status_code == 400
