# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""Mounts of the handlers: prefixes, virtual hosts, and the rest of an httpd, which the module leaves alone."""

import pytest

from support.client import Browser, Client, Simulator, location, raw_request, refusal, send_raw
from support.mounts import mount

FILES = '<Directory "{}">\n  Require all granted\n</Directory>\n'


@pytest.mark.smoke
def test_the_site_below_a_prefix(make_httpd, people, database):
    people("alice", "bob")
    httpd = make_httpd(web=mount("/twit", "minitwit-web"))
    site = Browser(httpd.web_url + "/twit")
    database.add_message("bob", "hello")
    assert location(site.get("/")) == "/twit/public"
    page = site.page("/public")
    for element in page.descendants():
        for name in ("href", "src", "action"):
            value = element.get(name)
            assert value is None or value.startswith(("/twit/", "#")), element.attributes
    outside = Browser(httpd.web_url)
    assert outside.get(page.one("link[rel=stylesheet]")["href"]).status_code == 200
    assert outside.get(page.messages[0].image["src"]).status_code == 200
    assert page.messages[0].author_link["href"] == "/twit/bob"
    assert location(site.register("carol")) == "/twit/login"
    site.sign_in("alice")
    assert location(site.get("/bob/follow")) == "/twit/bob"
    assert site.page("/bob").flashes == ['You are now following "bob"']
    assert location(site.share("mine")) == "/twit/"
    assert site.page("/").texts == ["mine", "hello"]
    assert location(site.get("/logout")) == "/twit/public"
    for _ in range(30):
        database.add_message("alice", "newer")
    older = site.page("/public").link("Older")
    assert older.startswith("/twit/public?before=")
    assert outside.page(older).texts == ["mine", "hello"]


@pytest.mark.expect_log("client denied by server configuration")
def test_a_prefix_with_or_without_a_slash_at_its_end(make_httpd, database):
    httpd = make_httpd(web=mount("/twit", "minitwit-web") + mount("/slash/", "minitwit-web"))
    client = Client(httpd.web_url)
    for path in ("/twit", "/twit/", "/slash/"):
        assert location(client.get(path)) == path.rstrip("/") + "/public"
    assert Browser(httpd.web_url).page("/slash/public").link("sign in") == "/slash/login"
    for outside in ("/", "/twitter", "/public", "/twit2/public"):
        answer = client.get(outside)
        assert answer.status_code in (403, 404)
        assert "MiniTwit" not in answer.text


@pytest.mark.smoke
def test_the_api_below_a_prefix(make_httpd, database):
    httpd = make_httpd(web=mount("/", "minitwit-web") + mount("/api", "minitwit-api"))
    api = Simulator(httpd.web_url + "/api")
    assert api.register("alice", params={"latest": 7}).status_code == 204
    assert api.latest() == 7
    assert api.tweet("alice", "hello").status_code == 204
    assert Browser(httpd.web_url).page("/public").texts == ["hello"]
    refusal(api.get("/nothing"), 404)
    refusal(Simulator(httpd.web_url + "/api", None).get("/msgs"), 403)
    refusal(Client(httpd.web_url).get("/api"), 404)
    Browser(httpd.web_url).page("/apis", status=404)


def test_virtual_hosts_with_different_settings(make_httpd, people, database):
    people("alice")
    httpd = make_httpd(
        directives="MinitwitMessageLimit 20",
        web=mount("/", "minitwit-web") + "MinitwitMessageLimit 5\nMinitwitProxyTLS On\n",
        api=mount("/", "minitwit-api") + "MinitwitApiRowLimit 3\n",
    )
    api = httpd.simulator()
    for number in range(5):
        assert api.tweet("alice", f"longer than that {number}").status_code == 204
    assert len(api.get("/msgs").json()) == 3
    assert api.tweet("alice", "x" * 21).status_code == 400
    assert "secure" in str(httpd.browser().login("alice").headers["Set-Cookie"]).lower()


def test_hosts_with_different_names_on_one_port(make_httpd, people, database):
    people("alice")
    httpd = make_httpd(start=False)
    httpd.extra = (
        f"<VirtualHost 127.0.0.1:{httpd.web_port}>\nServerName api.example\n"
        + mount("/", "minitwit-api")
        + "</VirtualHost>\n"
    )
    httpd.start()
    api = Simulator(httpd.web_url)
    api.session.headers["Host"] = "api.example"
    assert api.get("/latest").json() == {"latest": -1}
    assert api.tweet("alice", "hello").status_code == 204
    assert httpd.browser().page("/public").texts == ["hello"]


def test_hosts_with_databases_of_their_own(make_httpd, cluster, database):
    other = cluster.create_site_database("other")
    httpd = make_httpd(start=False)
    httpd.api = httpd.api + f'DBDriver pgsql\nDBDParams "{other.connection_string}"\n{httpd.database_pool}'
    httpd.start()
    try:
        assert httpd.simulator().register("there").status_code == 204
        httpd.browser().register("here")
        assert database.usernames() == ["here"]
        assert other.usernames() == ["there"]
    finally:
        httpd.stop()
        cluster.psql('DROP DATABASE "other"')


def test_an_httpd_that_mounts_nothing_behaves_as_without_the_module(make_httpd):
    """It serves its files, needs no database, adds no request ids, and mod_status does not mention the module."""
    httpd = make_httpd(start=False, web=mount("/server-status", "server-status"), api="", ops="")
    httpd.modules.remove("dbd")
    files = httpd.root / "htdocs"
    httpd.directives = FILES.format(files) + "DirectoryIndex index.html\nLogLevel debug\n"
    httpd.directives += 'ErrorLogFormat "[%t] [%-m:%l] [pid %P] %E: [id %L] %M"\n'
    (files / "index.html").write_text("a plain file")
    (files / "public").write_text("another")
    httpd.start()
    client = Client(httpd.web_url)
    answer = client.get("/", headers={"X-Request-Id": "of-the-proxy"})
    assert answer.text == "a plain file" and "X-Request-Id" not in answer.headers
    assert "of-the-proxy" not in httpd.error_log.text
    assert client.get("/public").text == "another"
    assert client.get("/nothing").status_code == 404
    assert client.get("/readyz").status_code == 404
    assert "MiniTwit" not in client.get("/server-status").text


def test_files_and_other_handlers_below_the_site(make_httpd, people, database):
    people("alice")
    httpd = make_httpd(start=False)
    files = httpd.root / "htdocs"
    (files / "about.txt").write_text("a plain file")
    httpd.web += f'Alias "/files" "{files}"\n' + mount("/files", "none") + mount("/server-status", "server-status")
    httpd.directives = FILES.format(files)
    httpd.start()
    site = httpd.browser()
    assert site.get("/files/about.txt").text == "a plain file"
    assert site.get("/files/nothing").status_code == 404
    assert "MiniTwit" not in site.get("/files/nothing").text
    assert "Apache Server Status" in site.get("/server-status").text
    assert site.page("/alice").heading == "alice's Timeline"


def test_files_of_httpd_do_not_change_pages(make_httpd, people, database):
    """mod_dir would turn / into /index.html and look for folders. mod_mime would give names an encoding."""
    people("bob.de.gz", "folder")
    httpd = make_httpd(start=False)
    (httpd.root / "htdocs" / "index.html").write_text("not this")
    (httpd.root / "htdocs" / "folder").mkdir()
    httpd.directives = (
        "DirectoryIndex index.html\nAddEncoding x-gzip .gz\nAddLanguage de .de\nAddType text/x-never .gz\n"
    )
    httpd.start()
    site = httpd.browser()
    assert location(site.get("/")) == "/public"
    assert site.page("/folder").heading == "folder's Timeline"
    answer = site.get("/bob.de.gz")
    assert answer.status_code == 200
    assert "Content-Encoding" not in answer.headers and "Content-Language" not in answer.headers
    assert answer.headers["Content-Type"].startswith("text/html")


def test_redirects_are_paths_for_every_host(httpd, database):
    for host in (b"", b"Host: evil.example\r\n", b"Host: evil.example:1\r\n"):
        answer = send_raw(httpd.web_port, b"GET / HTTP/1.0\r\n" + host + b"\r\n")
        assert answer.headers["location"] == "/public"
        assert b"evil" not in answer.body


def test_a_path_that_httpd_refuses_gets_the_answer_of_httpd(httpd, database, expect_log):
    expect_log.allow("invalid URI path")
    for path in ("/%2e%2e/alice", "/alice%2ffollow", "/a%00b"):
        answer = raw_request(httpd.web_port, f"GET {path} HTTP/1.1")
        assert answer.status in (400, 404) and b"MiniTwit" not in answer.body


def test_a_mount_with_a_space_in_its_path(make_httpd, people, database):
    people("alice")
    httpd = make_httpd(web=mount("/mini twit", "minitwit-web"))
    site = Browser(httpd.web_url + "/mini%20twit")
    assert location(site.get("/")) == "/mini%20twit/public"
    assert location(site.login("alice")) == "/mini%20twit/"
    assert site.page("/").heading == "My Timeline"


@pytest.mark.expect_log("not in a .htaccess file")
def test_a_htaccess_file_cannot_mount_a_handler(make_httpd, database):
    httpd = make_httpd(start=False, web=mount("/twit", "minitwit-web"))
    files = httpd.root / "htdocs"
    (files / "about.txt").write_text("a plain file")
    (files / ".htaccess").write_text("SetHandler default-handler\n")
    httpd.directives = FILES.format(files).replace("Require", "AllowOverride FileInfo\n  Require")
    httpd.start()
    client = Client(httpd.web_url)
    assert client.get("/about.txt").text == "a plain file"
    (files / ".htaccess").write_text("SetHandler minitwit-web\n")
    assert client.get("/about.txt").status_code == 500


def test_mod_rewrite_leads_into_a_mount_within_it_and_out_of_it(make_httpd, people, database):
    people("alice")
    httpd = make_httpd(start=False)
    files = httpd.root / "htdocs"
    (files / "about.txt").write_text("a plain file")
    httpd.directives = FILES.format(files)
    httpd.web += mount("/twit", "minitwit-web") + mount("/api", "minitwit-api") + mount("/files", "none")
    httpd.web += f'Alias "/files" "{files}"\nRewriteEngine On\n'
    for rule in ("^/into/(.*)$ /twit/$1", "^/within/(.*)$ /$1", "^/about$ /files/about.txt", "^/newest$ /api/latest"):
        httpd.web += f"RewriteRule {rule} [PT]\n"
    httpd.start()
    site = httpd.browser()
    page = site.page("/into/alice")
    assert page.heading == "alice's Timeline"
    assert page.link("public timeline") == "/twit/public"
    assert site.page("/into/nobody", status=404).one("div.page")
    assert site.page("/within/alice").heading == "alice's Timeline"
    assert site.page("/alice").heading == "alice's Timeline"
    assert site.get("/about").text == "a plain file"
    assert site.get("/newest").json() == {"latest": -1}
