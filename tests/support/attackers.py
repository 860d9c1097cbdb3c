# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""Sites whose pages attack the site. All run on this machine, under different names."""

import itertools
import json
import re
import urllib.parse

from support import installation
from support.httpd import Httpd

SITE, SUBDOMAIN, ELSEWHERE = "site.example", "sub.site.example", "attacker.example"

ATTACK = (installation.SOURCE / "tests" / "browser" / "attack.html").read_text(encoding="utf-8")
POST_WAYS, GET_WAYS, LEAVING_WAYS = (
    re.findall(r"(?m)^        '([\w-]+)'", re.search(rf"(?ms)^    {kind}: \{{(.*?)^    \}}", ATTACK)[1])
    for kind in ("POST", "GET", "LEAVE")
)

_numbers = itertools.count(1)


class Sites:
    """The site and its attackers, each with http and https, on one httpd."""

    def __init__(self, database, certificate):
        self.httpd = httpd = Httpd(database)
        self.certificate = certificate
        self.files = httpd.root / "attack"
        self.files.mkdir()
        httpd.modules += ["ssl"]
        httpd.leaks += ["libcrypto.so", "libssl.so"]
        self.ports = {"http": httpd.web_port, "https": installation.free_port()}
        self.other_ports = {"http": httpd.api_port, "https": installation.free_port()}
        self.log = httpd.root / "attack.log"
        httpd.directives = (
            "MinitwitHashQueue 32\nMinitwitHashWait 30s\nMinitwitPoolTimeout 30s\nAddType text/html .html\n"
            f'LogFormat "%>s\\t%m\\t%U\\t%q\\t%{{Cookie}}i" attack\nCustomLog {self.log} attack\n'
            f"<Directory {self.files}>\n  Require all granted\n</Directory>\n"
            + "".join(f"Listen 127.0.0.1:{ports['https']}\n" for ports in (self.ports, self.other_ports))
        )
        httpd.web = self._inside("http", SITE)
        httpd.api = self._inside("http", SITE, port=self.other_ports["http"])
        httpd.extra = (
            self._host("https", SITE)
            + self._host("https", SITE, port=self.other_ports["https"])
            + "".join(self._host(scheme, name) for name in (ELSEWHERE, SUBDOMAIN) for scheme in ("http", "https"))
        )

    def url(self, scheme, name=SITE, port=None):
        return f"{scheme}://{name}:{port or self.ports[scheme]}"

    def _host(self, scheme, name, port=None):
        return (
            f"<VirtualHost 127.0.0.1:{port or self.ports[scheme]}>\n{self._inside(scheme, name, port)}</VirtualHost>\n"
        )

    def _inside(self, scheme, name, port=None):
        is_site = name == SITE and port is None
        return (
            f"ServerName {name}\n"
            + (
                "SSLEngine on\nSSLCertificateFile {}\nSSLCertificateKeyFile {}\n".format(*self.certificate)
                if scheme == "https"
                else ""
            )
            + ('<Location "/">\n  SetHandler minitwit-web\n</Location>\n' if is_site else "")
            # The site also has an attacking page itself, from which everything works.
            + '<Location "/attack">\n  SetHandler none\n</Location>\n'
            + '<Location "/hop">\n  SetHandler none\n</Location>\n'
            + f'Alias "/attack" "{self.files}"\n'
            + "".join(f'Redirect 307 "/hop/{target}/" "{self.url(target)}/"\n' for target in ("http", "https"))
        )

    def page(self, source):
        """Writes a page and returns its path, which is the same on all sites."""
        name = f"{next(_numbers)}.html"
        (self.files / name).write_text(source, encoding="utf-8")
        return f"/attack/{name}"

    def attack(self, target, attacker, requests, referrer="strict-origin-when-cross-origin", only=None):
        """A page of the attacker that sends these requests to the site. target: "http" or "https"."""
        task = {"target": self.url(target), "hop": f"{attacker}/hop/{target}", "requests": requests, "only": only}
        return ATTACK.replace("@REFERRER@", referrer).replace("@TASK@", json.dumps(task))

    def mark(self):
        return self.log.stat().st_size

    def arrived(self, mark):
        """(status, method, path, way, has a cookie) of each request of an attack since a mark."""
        with open(self.log, encoding="utf-8", errors="replace") as file:
            file.seek(mark)
            lines = [line.split("\t") for line in file.read().split("\n")[:-1]]
        rows = []
        for status, method, path, query, cookie in lines:
            way = urllib.parse.parse_qs(query.removeprefix("?")).get("way")
            if way and not path.startswith("/hop/"):
                rows.append((int(status), method, path, way[0], "session" in cookie))
        return rows
