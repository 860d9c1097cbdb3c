# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""The examples of conf/, unchanged except for ports, files and the database."""

import re

import requests

from support import installation
from support.accesslog import AccessLog
from support.httpd import Httpd

# The modules of a stock httpd. The examples name the others.
_STOCK = ("authz_core", "log_config", "logio", "unixd", "mime", "dir")


class FromElsewhere(requests.adapters.HTTPAdapter):
    """Connects from another address of this machine."""

    def init_poolmanager(self, *arguments, **options):
        super().init_poolmanager(*arguments, source_address=("127.0.0.2", 0), **options)


class Example(Httpd):
    """Make it with Example(database, "minitwit-site"), change its attributes, then call start().

    text             the example, with replacements
    rest             more lines for the whole server
    modules_besides  modules that the example does not name
    """

    def __init__(self, database, name, certificate=None):
        super().__init__(database)
        self.text = (installation.SOURCE / "conf" / f"{name}.conf").read_text(encoding="utf-8")
        self.name = name
        self.rest = ""
        self.modules_besides = []
        if certificate:
            # As in Debian's mods-available/ssl.conf.
            self.rest = f'SSLSessionCache "shmcb:{self.root}/ssl_scache(512000)"\n'
            self.modules_besides.append("socache_shmcb")
            # mod_ssl leaks at the end of a process.
            self.leaks = ["libssl", "libcrypto"]
        self.certificate = certificate
        self.custom_log = ""
        self.logs = self.root / "logs"
        self.logs.mkdir(mode=0o750)

    def stop(self):
        """Also appends the error log of the hosts to that of the server, which is searched after each test."""
        super().stop()
        log = self.logs / "error.log"
        if log.exists():
            with open(self.error_log.path, "ab") as file:
                file.write(log.read_bytes())
            log.unlink()

    def site_log(self):
        return AccessLog(self.logs / "site.log")

    def uncomment(self, *beginnings):
        """Removes the # from the lines that begin with these texts, as a sysadmin would."""
        for beginning in beginnings:
            self.text, count = re.subn(rf"^(\s*)#({re.escape(beginning)})", r"\1\2", self.text, flags=re.MULTILINE)
            assert count == 1, f"{count} lines begin with #{beginning}"

    def replace(self, old, new):
        assert old in self.text, f"{old} is not in {self.name}.conf"
        self.text = self.text.replace(old, new)

    def _ports(self):
        """{port of the example: port of the test}"""
        if self.name.endswith("-tls"):
            return {80: self.api_port, 443: self.web_port, 5002: self.ops_port}
        return {80: self.web_port, 5001: self.api_port, 5002: self.ops_port}

    def _text(self):
        folder = installation.module_folder()
        text = self.text
        replaced = {
            "/etc/minitwit/api-credentials": str(self.credentials),
            "Define MINITWIT_LOGS   /var/log/minitwit": f"Define MINITWIT_LOGS {self.logs}",
            "/usr/local/libexec/minitwit/rotate": str(installation.SOURCE / "scripts" / "rotate"),
            "host=/run/postgresql dbname=minitwit user=minitwit_site connect_timeout=2": self.connection_string,
        }
        if self.certificate:
            replaced["/etc/minitwit/tls/fullchain.pem"] = str(self.certificate[0])
            replaced["/etc/minitwit/tls/privkey.pem"] = str(self.certificate[1])
        for old, new in replaced.items():
            assert old in text or old.endswith(".pem"), f"{old} is not in {self.name}.conf"
            text = text.replace(old, new)
        if installation.MPM == "prefork":
            # A child serves one request at a time, and there are too many children for the pools of the examples.
            text = re.sub(r"^(DBDKeep|DBDMax) .*$", r"\1 1", text, flags=re.MULTILINE)
        ports = self._ports()
        for old, new in ports.items():
            text, count = re.subn(rf"(<VirtualHost (?:\*|127\.0\.0\.1):){old}>", rf"\g<1>{new}>", text)
            assert count == 1, f"{count} hosts listen on port {old}"
            text = re.sub(rf"^Listen (?:127\.0\.0\.1:)?{old}$", f"Listen 127.0.0.1:{new}", text, flags=re.MULTILINE)
        named = [name for name in re.search(r"sudo a2enmod (.+)", text).group(1).split() if name != "minitwit"]
        loads = [
            f"LoadModule {module}_module {folder}/mod_{module}.so\n"
            for module in [f"mpm_{installation.MPM}", *_STOCK, *named, *self.modules_besides]
            if (folder / f"mod_{module}.so").exists()
        ]
        listening = "".join(f"Listen 127.0.0.1:{ports[port]}\n" for port in (80, 443) if port in ports)
        return (
            f"ServerRoot {self.root}\nServerName localhost\nDefaultRuntimeDir {self.root}\n"
            f"PidFile {self.root}/httpd.pid\n"
            f"ErrorLog {self.root}/error.log\nDocumentRoot {self.root}/htdocs\nTypesConfig /dev/null\n"
            + "".join(loads)
            + f"LoadModule minitwit_module {self.module}\n"
            + f"User {installation.WEB_USER}\nGroup {installation.WEB_USER}\n"
            + "<Directory />\n  Require all denied\n</Directory>\n"
            + self.sizes
            + listening
            + f"Include {installation.SOURCE}/conf/minitwit.conf\n"
            + f"MinitwitTemplates {self.templates}\n{self.password_cost}{self.slow_request}{self.patience}"
            + text
            + self.rest
        )
