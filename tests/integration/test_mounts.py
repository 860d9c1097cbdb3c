# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""Where the handlers are mounted: prefixes, virtual hosts, and what httpd does elsewhere."""

import pytest

from support.client import Browser, Client, Simulator, location, raw_request, refusal, send_raw
from support.mounts import mount


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


@pytest.mark.expect_log("client denied by server configuration")
def test_the_prefix_itself(make_httpd, database):
    httpd = make_httpd(web=mount("/twit", "minitwit-web"))
    client = Client(httpd.web_url)
    assert location(client.get("/twit")) == "/twit/public"
    assert location(client.get("/twit/")) == "/twit/public"
    for outside in ("/", "/twitter", "/public", "/twit2/public"):
        answer = client.get(outside)
        assert answer.status_code in (403, 404)
        assert "MiniTwit" not in answer.text


def test_a_prefix_that_ends_in_a_slash(make_httpd, database):
    httpd = make_httpd(web=mount("/twit/", "minitwit-web"))
    site = Browser(httpd.web_url + "/twit")
    assert location(site.get("/")) == "/twit/public"
    assert site.page("/public").link("sign in") == "/twit/login"


def test_paging_below_a_prefix(make_httpd, people, database):
    people("alice")
    for number in range(31):
        database.add_message("alice", f"number {number}", age=100 - number)
    httpd = make_httpd(web=mount("/twit", "minitwit-web"))
    older = Browser(httpd.web_url + "/twit").page("/public").link("Older")
    assert older.startswith("/twit/public?before=")
    assert Browser(httpd.web_url).page(older).texts == ["number 0"]


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
    # The site around it goes on as before.
    Browser(httpd.web_url).page("/apis", status=404)


def test_virtual_hosts_with_different_settings(make_httpd, people, database):
    people("alice")
    httpd = make_httpd(
        start=False,
        directives="MinitwitMessageLimit 20",
        web=mount("/", "minitwit-web") + "MinitwitMessageLimit 5\nMinitwitProxyTLS On\n",
        api=mount("/", "minitwit-api") + "MinitwitApiRowLimit 3\n",
    )
    httpd.start()
    api = httpd.simulator()
    for number in range(5):
        assert api.tweet("alice", f"longer than that {number}").status_code == 204
    assert len(api.get("/msgs").json()) == 3
    assert api.tweet("alice", "x" * 21).status_code == 400
    assert "secure" in str(httpd.browser().login("alice").headers["Set-Cookie"]).lower()


def test_hosts_by_name(make_httpd, people, database):
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


def test_nothing_mounted(make_httpd, database):
    httpd = make_httpd(start=False, web="", api="", ops="")
    files = httpd.root / "htdocs"
    httpd.directives = f"<Directory {files}>\n  Require all granted\n</Directory>\nDirectoryIndex index.html\n"
    (files / "index.html").write_text("a plain file")
    (files / "public").write_text("another")
    httpd.start()
    client = Client(httpd.web_url)
    assert client.get("/").text == "a plain file"
    assert client.get("/public").text == "another"
    assert client.get("/nothing").status_code == 404
    assert client.get("/readyz").status_code == 404


@pytest.mark.expect_log("client denied by server configuration")
def test_nothing_mounted_needs_no_database(make_httpd, database):
    httpd = make_httpd(start=False, web="", api="", ops="")
    httpd.modules.remove("dbd")
    httpd.credentials.write_text("a:b\n")
    httpd.start()
    assert Client(httpd.web_url).get("/").status_code in (403, 404)


def test_files_beside_the_site(make_httpd, people, database):
    people("alice")
    httpd = make_httpd(start=False)
    files = httpd.root / "htdocs"
    (files / "about.txt").write_text("a plain file")
    httpd.web += f'Alias "/files" "{files}"\n' + mount("/files", "none", "  Require all granted\n")
    httpd.directives = f'<Directory "{files}">\n  Require all granted\n</Directory>'
    httpd.start()
    site = httpd.browser()
    assert site.get("/files/about.txt").text == "a plain file"
    assert site.get("/files/nothing").status_code == 404
    assert "MiniTwit" not in site.get("/files/nothing").text
    assert site.page("/alice").heading == "alice's Timeline"


def test_a_handler_of_httpd_inside_the_mount(make_httpd, database):
    httpd = make_httpd(
        web=mount("/", "minitwit-web") + mount("/server-status", "server-status", "  Require all granted\n")
    )
    site = httpd.browser()
    assert "Apache Server Status" in site.get("/server-status").text
    assert site.page("/public").heading == "Public Timeline"


def test_httpds_files_do_not_shine_through(make_httpd, people, database):
    """mod_dir would make /index.html of /, and look for folders; mod_mime would give names an encoding."""
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


@pytest.mark.parametrize("host", ["evil.example", "evil.example:1", ""])
def test_redirects_are_paths_whatever_the_host(httpd, database, host):
    answer = raw_request(httpd.web_port, "GET / HTTP/1.0", f"Host: {host}")
    if answer.status == 302:
        assert answer.headers["location"] == "/public"
        assert b"evil" not in answer.body
    else:
        assert answer.status == 400  # httpd itself refuses an empty or doubled Host


def test_a_request_without_a_host(httpd, database):
    assert send_raw(httpd.web_port, b"GET / HTTP/1.0\r\n\r\n").headers["location"] == "/public"


@pytest.mark.expect_log("client denied by server configuration")
def test_authorization_by_httpd_counts(make_httpd, database):
    """Require works in the Location; the module does not go around it."""
    httpd = make_httpd(api='<Location "/">\n  SetHandler minitwit-api\n  Require ip 192.0.2.1\n</Location>\n')
    assert httpd.simulator().get("/latest").status_code == 403
    assert httpd.browser().get("/public").status_code == 200


@pytest.mark.parametrize("path", ["/%2e%2e/alice", "/alice%2ffollow", "/a%00b"])
def test_what_httpd_refuses_keeps_its_answer(httpd, database, expect_log, path):
    expect_log.allow("invalid URI path")
    answer = raw_request(httpd.web_port, f"GET {path} HTTP/1.1")
    assert answer.status in (400, 404)


def test_compression(make_httpd, people, database):
    people("alice")
    for _ in range(30):
        database.add_message("alice", "hello " * 20)
    # Without NoChange, mod_deflate alters the ETag, and httpd does not know it again when a browser asks with it.
    httpd = make_httpd(
        directives="AddOutputFilterByType DEFLATE text/html application/json\nDeflateAlterETag NoChange"
    )
    site = httpd.browser()
    answer = site.get("/public", headers={"Accept-Encoding": "gzip"})
    assert answer.headers["Content-Encoding"] == "gzip"
    assert "alice" in answer.text
    style = site.page("/public").one("link[rel=stylesheet]")["href"]
    for path in ("/public", style):
        answer = site.get(path, headers={"Accept-Encoding": "gzip"})
        again = site.get(path, headers={"Accept-Encoding": "gzip", "If-None-Match": answer.headers["ETag"]})
        assert again.status_code == 304


def test_a_mount_whose_path_has_a_blank(make_httpd, people, database):
    people("alice")
    httpd = make_httpd(web=mount("/mini twit", "minitwit-web"))
    site = Browser(httpd.web_url + "/mini%20twit")
    assert location(site.get("/")) == "/mini%20twit/public"
    assert location(site.login("alice")) == "/mini%20twit/"
    assert site.page("/").heading == "My Timeline"


@pytest.mark.expect_log("not in a .htaccess file")
def test_files_that_set_a_handler(make_httpd, database):
    httpd = make_httpd(start=False, web=mount("/twit", "minitwit-web"))
    files = httpd.root / "htdocs"
    (files / "about.txt").write_text("a plain file")
    (files / ".htaccess").write_text("SetHandler default-handler\n")
    httpd.directives = f'<Directory "{files}">\n  Require all granted\n  AllowOverride FileInfo\n</Directory>'
    httpd.start()
    client = Client(httpd.web_url)
    assert client.get("/about.txt").text == "a plain file"
    (files / ".htaccess").write_text("SetHandler minitwit-web\n")
    assert client.get("/about.txt").status_code == 500


def _rewritten(make_httpd, web, *rules):
    """An httpd with a site, a folder of files, and rules of mod_rewrite."""
    httpd = make_httpd(start=False)
    files = httpd.root / "htdocs"
    (files / "about.txt").write_text("a plain file")
    httpd.directives = f'<Directory "{files}">\n  Require all granted\n</Directory>'
    httpd.web = f'{web}Alias "/files" "{files}"\nRewriteEngine On\n' + "".join(f"RewriteRule {rule} [PT]\n" for rule in rules)
    return httpd.start()


def test_mod_rewrite_leads_into_a_mount(make_httpd, people, database):
    people("alice")
    httpd = _rewritten(make_httpd, mount("/twit", "minitwit-web"), "^/people/(.*)$ /twit/$1", "^/nothing$ /twitter")
    page = Browser(httpd.web_url).page("/people/alice")
    assert page.heading == "alice's Timeline"
    assert page.link("public timeline") == "/twit/public"
    assert Browser(httpd.web_url).page("/people/nobody", status=404).one("div.page")
    assert "MiniTwit" not in Client(httpd.web_url).get("/nothing").text


def test_mod_rewrite_within_a_mount(make_httpd, people, database):
    people("alice")
    site = Browser(_rewritten(make_httpd, mount("/", "minitwit-web"), "^/people/(.*)$ /$1").web_url)
    assert site.page("/people/alice").heading == "alice's Timeline"
    assert site.page("/alice").heading == "alice's Timeline"


def test_mod_rewrite_leads_out_of_a_mount(make_httpd, people, database):
    mounts = mount("/", "minitwit-web") + mount("/api", "minitwit-api") + mount("/files", "none")
    httpd = _rewritten(make_httpd, mounts, "^/about$ /files/about.txt", "^/newest$ /api/latest")
    assert Client(httpd.web_url).get("/about").text == "a plain file"
    assert Client(httpd.web_url).get("/newest").json() == {"latest": -1}


@pytest.mark.expect_log("AH01630")
def test_an_error_document_of_the_site_keeps_the_status(make_httpd, database):
    database.clear()
    httpd = make_httpd(
        web=mount("/site", "minitwit-web")
        + '<Location "/secret">\n  Require all denied\n</Location>\nErrorDocument 403 /site/public\n'
    )
    answer = Browser(httpd.web_url).get("/secret")
    assert answer.status_code == 403
    assert "Public Timeline" in answer.text
