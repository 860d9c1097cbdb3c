# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""Sites with the configurations that ship with their own httpd: that of ./run and that of the image. support/example.py
has those of conf/. They differ from the shipped text only in ports, paths, the database and the MPM under test. A test
can add directives."""

import re
import subprocess

from support import installation, metrics
from support.accesslog import AccessLog
from support.errorlog import ErrorLog
from support.httpd import Httpd

# Makes the configuration of ./run. Arguments: the clone, the folder of the site, the build folder, the connection
# string and the three ports.
_CONFIGURE = """
set -euo pipefail
for part in lib postgresql httpd; do . "$1/scripts/$part.sh"; done
dir=$2 build=$3 connection=$4 web_port=$5 api_port=$6 ops_port=$7 listen=127.0.0.1
database_connection() { printf '%s\\n' "$connection"; }
httpd_configure
"""

# Modules that the directives of a test need, and that a shipped configuration need not load.
_MODULE_OF = {"RemoteIP": "remoteip", "Rewrite": "rewrite", "SetEnvIf": "setenvif", "Alias": "alias"}

# docs/install.md: under prefork, a child uses one connection. The shipped sizes are those of the other MPMs.
_PREFORK = "ServerLimit 32\nStartServers 8\nMaxRequestWorkers 24\nDBDKeep 1\nDBDMax 1\n"


class Shipped(Httpd):
    """Arguments and attributes are those of Httpd. Without them, the shipped text is complete: its hosts, sizes, pool,
    limits and costs."""

    def __init__(self, database, directives="", web=None, api=None, ops=None, extra=""):
        super().__init__(database, directives, extra=extra)
        self.web, self.api = web, api
        # Every shipped configuration serves these.
        self.ops = None if ops == metrics.OPS else ops
        self.sizes = _PREFORK if installation.MPM == "prefork" else ""
        self.database_pool = self.password_cost = self.login_limit = self.slow_request = self.cache = self.search = ""

    def shipped_text(self):
        raise NotImplementedError

    def _text(self):
        text = self.shipped_text().replace("mpm_event", f"mpm_{installation.MPM}")
        if installation.MPM == "prefork":
            text = re.sub(r"(?m)^ *(ThreadsPerChild|ThreadLimit|M\w+SpareThreads) .*\n", "", text)
        for port, host in ((self.web_port, self.web), (self.api_port, self.api), (self.ops_port, self.ops)):
            if host is not None:
                head, end = rf"(<VirtualHost [^>]*:{port}>\n)", "</VirtualHost>"
                text, count = re.subn(rf"(?s){head}.*?{end}", lambda found: found[1] + host + end, text)  # noqa: B023
                assert count == 1, f"{count} hosts listen on port {port}"
        # The hosts inherit the test's directives.
        before, listen, after = text.partition("\nListen ")
        return f"{before}\n{self._own_text(text)}{listen}{after}\n{self.extra}"

    def _own_text(self, text):
        own = (
            self.sizes + self.database_pool + self.password_cost + self.login_limit + self.slow_request + self.cache + self.search
            + (f"MinitwitTemplates {self.templates}\n" if self.templates != installation.TEMPLATES else "")
            + self.patience + self.directives
        )  # fmt: skip
        loads = [
            f"LoadModule {module}_module {installation.module_folder()}/mod_{module}.so\n"
            for beginning, module in _MODULE_OF.items()
            if beginning in own and f"mod_{module}.so" not in text
        ]
        return "".join(loads) + own

    def _has_health(self):
        return self.ops is None or super()._has_health()


class RunSite(Shipped):
    """The httpd of ./run."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        (self.root / "logs").mkdir()
        self.pid_file = self.root / "httpd" / "httpd.pid"
        self.error_log = ErrorLog(self.root / "logs" / "error.log")
        self.access_log = AccessLog(self.root / "logs" / "access.log")

    def shipped_text(self):
        subprocess.run(
            [
                "bash", "-c", _CONFIGURE, "configure", installation.SOURCE, self.root, installation.BUILD,
                self.connection_string, *map(str, (self.web_port, self.api_port, self.ops_port)),
            ],
            check=True, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        text = (self.root / "httpd" / "httpd.conf").read_text()
        text = text.replace(str(installation.BUILD / "mod_minitwit/.libs/mod_minitwit.so"), str(self.module))
        # Plain files, because a test reads a log as one file over restarts. test_log_rotation.py rotates.
        text, count = re.subn(r'"\|[^"]*/rotate\' \'([^\']+)\' 10M 5"', r'"\1"', text)
        assert count == 2, f"the configuration of ./run has {count} logs"
        return text


class ImageSite(Shipped):
    """The httpd of the image, with the defaults of the entrypoint."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        (self.root / "conf.d").mkdir()

    def shipped_text(self):
        image = installation.SOURCE / "docker" / "image"
        text = (image / "etc/minitwit/httpd.conf").read_text(encoding="utf-8")
        entrypoint = (image / "usr/libexec/minitwit/entrypoint").read_text(encoding="utf-8")
        values = dict(re.findall(r'"\$\{(MINITWIT_\w+):=([^}]*)\}"', entrypoint))
        values |= {
            "MINITWIT_SITE_PORT": self.web_port, "MINITWIT_API_PORT": self.api_port, "MINITWIT_OPS_PORT": self.ops_port,
            "MINITWIT_TEMPLATES": installation.TEMPLATES, "MINITWIT_DATABASE": self.connection_string,
            "MINITWIT_WORKERS": int(values["MINITWIT_CHILDREN"]) * int(values["MINITWIT_THREADS"]),
        }  # fmt: skip
        for name, value in values.items():
            text = text.replace(f"${{{name}}}", str(value))
        for old, new in (
            ("/usr/lib/apache2/modules/mod_minitwit.so", self.module),
            ("/usr/lib/apache2/modules", installation.module_folder()),
            ("/etc/minitwit", self.root),
            ("/run/minitwit", self.root),
            ("/dev/stdout", self.access_log.path),
            ("/dev/stderr", self.error_log.path),
            ("Listen ", "Listen 127.0.0.1:"),
        ):
            assert old in text, f"{old} is not in the image's httpd.conf"
            text = text.replace(old, str(new))
        # The engine gives the image this account. The tests' files are for root.
        account = f"User {installation.WEB_USER}\nGroup {installation.WEB_USER}\n" if installation.is_root() else ""
        return f"Define MINITWIT_API\n{account}{text}"


KINDS = {"run": RunSite, "image": ImageSite}
