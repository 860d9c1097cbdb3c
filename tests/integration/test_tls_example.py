# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""conf/minitwit-site-tls.conf as it is, and the site behind a proxy that ends TLS."""

import re
import shutil
import socket
import ssl
import stat
import subprocess

import pytest

from support import installation
from support.client import Browser, Client, Simulator, location, set_cookies
from support.example import Example, FromElsewhere
from support.httpd import MPM
from support.programs import Program

# It has no HTTP/2, and mod_http2 logs that.
PREFORK = installation.MPM == "prefork"


@pytest.fixture
def example(make_httpd, certificate, expect_log):
    # mod_ssl warns of a self-signed certificate, and of a library that is older than the one that it was built with.
    expect_log.allow("AH01882", "AH01906", "AH01909")
    if PREFORK:
        expect_log.allow("AH10034|mpm.*not supported by mod_http2")
    return make_httpd(start=False, kind=Example, name="minitwit-site-tls", certificate=certificate)


def trusting(client, certificate):
    client.session.verify = str(certificate[0])
    return client


@pytest.fixture
def served(example, certificate, people):
    """The running example, and a browser that uses the name in the certificate."""
    people("alice", "bob")
    example.start()
    return example, trusting(Browser(f"https://localhost:{example.web_port}"), certificate)


def shake_hands(port, certificate, low, high=None, alpn=None, ciphers=None):
    """Connects with these versions of TLS. Returns the version, the cipher and the protocol that were chosen."""
    context = ssl.create_default_context(cafile=certificate[0])
    if low < ssl.TLSVersion.TLSv1_2:
        # Otherwise OpenSSL refuses such a version itself.
        context.set_ciphers("ALL:@SECLEVEL=0")
    if ciphers:
        context.set_ciphers(ciphers)
    context.minimum_version = low
    context.maximum_version = high or low
    if alpn:
        context.set_alpn_protocols(alpn)
    with socket.create_connection(("127.0.0.1", port), installation.PATIENCE) as connection:
        with context.wrap_socket(connection, server_hostname="localhost") as tls:
            return tls.version(), tls.cipher()[0], tls.selected_alpn_protocol()


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_versions_and_ciphers(served, certificate):
    example, _ = served
    for version, name in ((ssl.TLSVersion.TLSv1_2, "TLSv1.2"), (ssl.TLSVersion.TLSv1_3, "TLSv1.3")):
        agreed, cipher, _ = shake_hands(example.web_port, certificate, version)
        assert agreed == name
        assert re.search("GCM|CHACHA20", cipher), cipher
    for version in (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1):
        with pytest.raises(ssl.SSLError, match="(?i)alert protocol version"):
            shake_hands(example.web_port, certificate, version)
    # Without forward secrecy, or without authenticated encryption.
    for ciphers in ("kRSA", "ECDHE+AES:!AESGCM:!AESCCM", "DHE", "AESCCM"):
        with pytest.raises(ssl.SSLError, match="(?i)handshake failure"):
            shake_hands(example.web_port, certificate, ssl.TLSVersion.TLSv1_2, ciphers=ciphers)


@pytest.mark.skipif(PREFORK, reason="httpd has no HTTP/2 under prefork")
def test_http_2(served, certificate):
    example, _ = served
    for offered, chosen in ((["h2", "http/1.1"], "h2"), (["http/1.1"], "http/1.1"), (["h2"], "h2")):
        assert shake_hands(example.web_port, certificate, ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3, offered)[2] == chosen

    def curl(path, *options):
        return subprocess.run(
            [
                "curl", "-sS", "-i", "--noproxy", "*", "--http2", "--cacert", certificate[0], "--max-time", str(installation.PATIENCE),
                *options, f"https://localhost:{example.web_port}{path}",
            ],
            check=True, stdout=subprocess.PIPE, text=True,
        ).stdout  # fmt: skip

    said = curl("/public")
    assert said.startswith("HTTP/2 200") and "Public Timeline" in said
    said = curl("/login", "--data", "username=alice&password=secret")
    assert said.startswith("HTTP/2 302") and re.search("(?i)^set-cookie: __Host-minitwit_session=", said, re.MULTILINE)
    # HTTP/2 has :authority where HTTP/1.1 has Host.
    said = curl("/login", "--data", "username=alice&password=secret", "-H", f"Origin: https://localhost:{example.web_port}")
    assert said.startswith("HTTP/2 302"), said
    assert curl("/bob/follow", "-H", "Origin: https://attacker.example").startswith("HTTP/2 403")
    assert curl("/bob/follow", "-H", f"Origin: https://localhost:{example.web_port}").startswith("HTTP/2 401")


def test_plain_http_only_redirects(served, database):
    example, _ = served
    plain = Client(f"http://127.0.0.1:{example.api_port}")
    with database.unchanged():
        for method, path in (("GET", "/"), ("GET", "/alice?before=7"), ("GET", "/api/latest?latest=7"), ("POST", "/login")):
            answer = plain.request(method, path, headers={"Host": "minitwit.example"})
            assert answer.status_code == 301
            assert answer.headers["Location"] == "https://minitwit.example" + path
            assert "Set-Cookie" not in answer.headers
    assert database.latest() == -1
    # The Host header does not change the target.
    answer = plain.get("/x", headers={"Host": "attacker.example"})
    assert answer.headers["Location"] == "https://minitwit.example/x"


def test_headers_of_every_answer(served):
    _, browser = served
    assert browser.request("TRACE", "/public").status_code == 405
    for path, status in (("/public", 200), ("/nobody", 404), ("/bob/follow", 401), ("/", 302), ("/add_message", 405), ("/%2f", 404)):
        answer = browser.get(path)
        assert answer.status_code == status
        assert answer.headers["Strict-Transport-Security"] == "max-age=300"
        assert answer.headers["Server"] == "Apache"
        if path != "/%2f":
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
        if status in (200, 404) and path != "/%2f":
            policy = answer.headers["Content-Security-Policy"]
            assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy and "http:" not in policy


def test_cookies_are_only_for_https_and_this_host(served, database):
    _, browser = served
    answer = browser.login("alice")
    cookies = set_cookies(answer)
    assert set(cookies) == {"__Host-minitwit_session", "__Host-minitwit_flash"}
    for _, attributes in cookies.values():
        assert attributes["secure"] is True and attributes["httponly"] is True
        assert attributes["samesite"] == "Lax" and attributes["path"] == "/" and "domain" not in attributes
    # A cookie with the name that plain HTTP uses does not count.
    token = cookies["__Host-minitwit_session"][0]
    client = Client(browser.base)
    client.session.verify = browser.session.verify
    for name, status in (("__Host-minitwit_session", 200), ("minitwit_session", 302), ("__Secure-minitwit_session", 302)):
        assert client.get("/", headers={"Cookie": f"{name}={token}"}).status_code == status, name


@pytest.mark.smoke
def test_the_site_the_api_and_the_port_for_operators(served, certificate, database):
    example, browser = served
    browser.sign_in("alice")
    own = {"Origin": browser.base, "Referer": browser.base + "/", "Sec-Fetch-Site": "same-origin"}
    assert location(browser.post("/add_message", {"text": "over TLS"}, headers=own)) == "/"
    with database.unchanged():
        for origin in ("https://minitwit.example.attacker.example", "null", f"https://localhost:{example.api_port}"):
            assert browser.post("/add_message", {"text": "no"}, headers={"Origin": origin}).status_code == 403
    simulator = trusting(Simulator(browser.base + "/api"), certificate)
    assert simulator.tweet("bob", "by the API", params={"latest": 3}).status_code == 204
    assert simulator.latest() == 3
    assert browser.page("/public").texts == ["by the API", "over TLS"]
    assert trusting(Simulator(browser.base + "/api", None), certificate).get("/msgs").status_code == 403
    # The name of the API's folder cannot be registered, but longer ones can.
    browser.page("/api2", status=404)
    operator = example.operator()
    assert operator.get("/readyz").status_code == 200
    assert "minitwit_db_up 1" in operator.get("/metrics").text
    assert operator.get("/server-status").status_code == 200
    entries = example.site_log().wait()
    assert {entry["handler"] for entry in entries} >= {"minitwit-web", "minitwit-api"}


def test_compressed_answers_can_be_not_modified(served):
    _, browser = served
    page = browser.page("/public")
    for path in ("/public", page.one("link[rel=stylesheet]")["href"]):
        answer = browser.get(path, headers={"Accept-Encoding": "gzip"})
        assert answer.headers["Content-Encoding"] == "gzip"
        again = browser.get(path, headers={"Accept-Encoding": "gzip", "If-None-Match": answer.headers["ETag"]})
        assert again.status_code == 304 and again.headers["Strict-Transport-Security"]


# ---- a certificate of mod_md


MD = re.compile(r"^    #     (MD\w+ .+)\n", re.MULTILINE)


def with_md(example):
    """Replaces the two lines of the certificate by those of mod_md, as the comment of the example describes."""
    lines = MD.findall(example.text)
    assert "\n".join(lines) in (installation.SOURCE / "docs" / "install.md").read_text(encoding="utf-8")
    assert [line.split()[0] for line in lines] == ["MDomain", "MDCertificateAgreement", "MDContactEmail"]
    example.text = re.sub(r"^    SSLCertificate(Key)?File .*\n", "", example.text, flags=re.MULTILINE)
    example.rest += "".join(line + "\n" for line in lines)
    example.modules_besides.append("md")
    example.leaks += ["libjansson", "libcurl"]
    return example


def test_mod_md_answers_the_challenge_over_plain_http(example, database, expect_log):
    """The request of the certificate authority is not redirected to https. Until mod_md has a certificate, it makes its
    own."""
    said = with_md(example).configtest()
    assert said.returncode == 0 and said.stdout.strip() == "Syntax OK", said.stdout
    closed = installation.free_port()
    example.rest += (
        f"MDCertificateAuthority http://127.0.0.1:{closed}/directory\n"
        f"MDPortMap http:{example.api_port} https:{example.web_port}\nMDCAChallenges http-01\n"
    )
    expect_log.allow(r"\[md:", "AH10085")
    example.start()
    folder = example.root / "md" / "challenges" / "minitwit.example"
    folder.mkdir(parents=True)
    (folder / "acme-http-01.txt").write_text("token.print")
    if installation.is_root():
        for path in (example.root / "md" / "challenges", folder, folder / "acme-http-01.txt"):
            shutil.chown(path, installation.WEB_USER)
    plain = Client(f"http://127.0.0.1:{example.api_port}")
    plain.session.headers["Host"] = "minitwit.example"
    answer = plain.get("/.well-known/acme-challenge/token")
    assert (answer.status_code, answer.text) == (200, "token.print")
    assert plain.get("/public").status_code == 301
    # No browser trusts that certificate, and the answer is 503.
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with socket.create_connection(("127.0.0.1", example.web_port), installation.PATIENCE) as connection:
        with context.wrap_socket(connection, server_hostname="minitwit.example") as tls:
            tls.sendall(b"GET /public HTTP/1.1\r\nHost: minitwit.example\r\nConnection: close\r\n\r\n")
            assert tls.recv(4096).startswith(b"HTTP/1.1 503 ")
    if installation.is_root():
        keys = list((example.root / "md").rglob("*privkey*.pem"))
        assert keys and all(stat.S_IMODE(key.stat().st_mode) & 0o077 == 0 for key in keys), keys


# ---- behind a proxy that ends TLS


FRONT = """
ServerRoot {folder}
ServerName localhost
DefaultRuntimeDir {folder}
PidFile {folder}/httpd.pid
ErrorLog {folder}/error.log
{loads}{user}
{mpm}
Listen 127.0.0.1:{tls}
Listen 127.0.0.1:{plain}
<VirtualHost 127.0.0.1:{tls}>
    SSLEngine on
    SSLCertificateFile {certificate}
    SSLCertificateKeyFile {key}
    ProxyPreserveHost {preserve}
    ProxyPass "/" "http://127.0.0.1:{web}/"
</VirtualHost>
<VirtualHost 127.0.0.1:{plain}>
    ProxyPass "/" "http://127.0.0.1:{ops}/"
</VirtualHost>
"""


def front(httpd, certificate, folder, preserve="On"):
    """Another httpd, which ends TLS and passes requests on to this one, and its port."""
    modules = installation.module_folder()
    tls, plain = installation.free_ports(2)
    folder.mkdir()
    folder.chmod(0o755)
    names = (f"mpm_{installation.MPM}", "authz_core", "unixd", "ssl", "proxy", "proxy_http", "mime", "log_config")
    (folder / "httpd.conf").write_text(
        FRONT.format(
            folder=folder, tls=tls, plain=plain, preserve=preserve, web=httpd.web_port, ops=httpd.ops_port,
            certificate=certificate[0], key=certificate[1], mpm=MPM[installation.MPM] + "TypesConfig /dev/null",
            user=f"User {installation.WEB_USER}\nGroup {installation.WEB_USER}",
            loads="".join(
                f"LoadModule {name}_module {modules}/mod_{name}.so\n" for name in names if (modules / f"mod_{name}.so").exists()
            ),
        )  # fmt: skip
    )
    command = [installation.httpd_program(), "-f", folder / "httpd.conf", "-D", "FOREGROUND"]
    return Program(folder, command, f"http://127.0.0.1:{plain}/livez"), tls


@pytest.fixture
def behind(make_httpd, people):
    """The example without TLS, with its lines for a proxy. This machine is the proxy."""
    people("alice", "bob")
    httpd = make_httpd(start=False, kind=Example, name="minitwit-site")
    httpd.uncomment("RemoteIPHeader", "RemoteIPInternalProxy", "MinitwitProxyTLS")
    httpd.replace("RemoteIPInternalProxy 192.0.2.10", "RemoteIPInternalProxy 127.0.0.1")
    return httpd.start()


def haproxy(httpd, certificate, folder):
    """HAProxy with the lines of docs/install.md, and its port."""
    tls, plain = installation.free_ports(2)
    folder.mkdir()
    (folder / "both.pem").write_bytes(certificate[0].read_bytes() + certificate[1].read_bytes())
    guide = (installation.SOURCE / "docs" / "install.md").read_text(encoding="utf-8")
    text = re.search(r"```haproxy\n(.+?)```", guide, re.DOTALL).group(1)
    for old, new in (
        ("bind :443", f"bind 127.0.0.1:{tls}"),
        ("/etc/haproxy/minitwit.pem", str(folder / "both.pem")),
        ("10.0.0.6:80", f"127.0.0.1:{httpd.web_port}"),
    ):
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    timeouts = "timeout connect 5s\n    timeout client 60s\n    timeout server 60s\n"
    health = f"listen health\n    mode http\n    bind 127.0.0.1:{plain}\n    server ops 127.0.0.1:{httpd.ops_port}\n"
    (folder / "haproxy.cfg").write_text(f"defaults\n    {timeouts}{text}{health}")
    program = shutil.which("haproxy", path="/usr/sbin:/usr/local/sbin:/usr/bin")
    return Program(folder, [program, "-db", "-f", folder / "haproxy.cfg"], f"http://127.0.0.1:{plain}/livez"), tls


@pytest.mark.parametrize("proxy", [front, haproxy])
def test_behind_a_proxy(behind, certificate, database, tmp_path, proxy):
    program, port = proxy(behind, certificate, tmp_path / "front")
    with program:
        browser = trusting(Browser(f"https://localhost:{port}"), certificate)
        browser.session.mount("https://", FromElsewhere())
        answer = browser.login("alice")
        assert location(answer) == "/"
        for name, (_, attributes) in set_cookies(answer).items():
            assert name.startswith("__Host-minitwit_") and attributes["secure"] is True
        browser.page("/")
        own = {"Origin": browser.base, "Referer": browser.base + "/", "Sec-Fetch-Site": "same-origin"}
        assert location(browser.post("/add_message", {"text": "through"}, headers=own)) == "/"
        with database.unchanged():
            for headers in (
                {"Origin": "https://attacker.example"},
                {"Origin": f"https://localhost:{behind.web_port}"},
                {"Sec-Fetch-Site": "cross-site"},
                {"Referer": "https://attacker.example/"},
            ):
                assert browser.post("/add_message", {"text": "no"}, headers=headers).status_code == 403
        log = behind.site_log()
        mark = log.mark()
        # An address that the client claims does not count.
        browser.get("/public", headers={"X-Forwarded-For": "203.0.113.9"})
        assert [entry["client"] for entry in log.wait(mark)] == ["127.0.0.2"]
        mark = log.mark()
        direct = Browser(behind.web_url)
        direct.session.mount("http://", FromElsewhere())
        direct.get("/public", headers={"X-Forwarded-For": "203.0.113.9"})
        assert [entry["client"] for entry in log.wait(mark)] == ["127.0.0.2"]


def test_behind_a_proxy_that_changes_the_host(behind, certificate, database, tmp_path):
    """The module refuses the site's own forms, so the proxy must pass the Host header on, as the example says."""
    program, port = front(behind, certificate, tmp_path / "front", preserve="Off")
    with program:
        browser = trusting(Browser(f"https://localhost:{port}"), certificate)
        with database.unchanged():
            answer = browser.post(
                "/login", {"username": "alice", "password": "secret"}, headers={"Origin": browser.base}
            )
            assert answer.status_code == 403
        assert browser.page("/public").heading == "Public Timeline"
