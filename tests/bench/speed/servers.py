# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""The servers that are measured, configured as shipped: PostgreSQL as in ./run, httpd as in conf/minitwit-site.conf,
with its numbers of threads and children."""

import pathlib
import re
import shutil

from speed.measure import BUILD_SECONDS, run
from support import installation
from support.cluster import Cluster
from support.example import Example

CACHE_OFF = "MinitwitCache Off\n"
# All searches come from one address. The module of another build may not know the directive.
SEARCH_UNLIMITED = "<IfDirective MinitwitSearchLimit>\nMinitwitSearchLimit 0\n</IfDirective>\n"

# Connections for several sites and for pgbench. Checkpoints and vacuum run between the measurements.
_OWN_SETTINGS = {
    "max_connections": "250", "autovacuum": "off", "checkpoint_timeout": "1h", "max_wal_size": "8GB",
    "cluster_name": "bench",
}  # fmt: skip


class Database(Cluster):
    def __init__(self):
        script = (installation.SOURCE / "scripts" / "postgresql.sh").read_text(encoding="utf-8")
        (text,) = re.findall(r"postgresql\.conf\" <<'CONF'\n(.*?)^CONF$", script, re.DOTALL | re.MULTILINE)
        shipped = {name: value.strip("'") for name, value in re.findall(r"^(\w+) = (.+)$", text, re.MULTILINE)}
        super().__init__(**shipped | _OWN_SETTINGS)

    def _make_data(self, *options):
        super()._make_data("--data-checksums", *options)


class Site(Example):
    """An httpd with the example's configuration, and without the cache if is_cached is false."""

    def __init__(self, database, is_cached=True, module=None):
        """module: of another build."""
        super().__init__(database, "minitwit-site")
        # Distinguishes its connections.
        self.application = self.root.name
        self.connection_string += f" application_name={self.application}"
        # For the sitemap.
        self.uncomment("MinitwitIndexing On")
        if module:
            self._use(module.resolve())
        # As shipped.
        self.sizes = self.password_cost = self.slow_request = ""
        # Counts the messages once, at the start.
        self.rest = "MinitwitMetricsInterval 1h\n" + SEARCH_UNLIMITED + ("" if is_cached else CACHE_OFF)

    def _use(self, module):
        """Serves with the module of another build and the templates of its sources. It may not know all directives."""
        self.module = module
        templates = module.parents[4] / "templates"
        if templates.is_dir():
            self.templates = templates
        self.text = re.sub(r"(?m)^ *(Minitwit\w+) .*$", r"<IfDirective \1>\n\g<0>\n</IfDirective>", self.text)

    def url(self, listener):
        return {"web": self.web_url, "api": self.api_url}[listener]

    def destroy(self):
        """Removes the files even if httpd ended with an error."""
        try:
            super().destroy()
        finally:
            shutil.rmtree(self.root, ignore_errors=True)

    def serving(self):
        """Process ids of the children that serve requests, without those that write logs."""
        program = pathlib.Path(f"/proc/{self.process.pid}/exe").resolve()
        return [pid for pid in self.children() if pathlib.Path(f"/proc/{pid}/exe").resolve() == program]

    def connections(self):
        """The number of database connections that the example allows, with the one for the index of the search."""
        dbd_max, workers, threads = (
            int(re.search(rf"(?m)^ *{name} +(\d+)$", self.text)[1])
            for name in ("DBDMax", "MaxRequestWorkers", "ThreadsPerChild")
        )
        return dbd_max * workers // threads + 1

    def alarms(self):
        """The lines of its log above the level warn."""
        logs = [self.error_log.path, self.logs / "error.log"]
        lines = [line for log in logs if log.exists() for line in log.read_text(errors="replace").splitlines()]
        return [line for line in lines if re.match(r"\[[^\]]*\] \[\S*:(error|crit|alert|emerg)\]", line)]


def build_bare(folder):
    """Compiles mod_bare.so in this folder."""
    source = shutil.copy(installation.SOURCE / "tests" / "bench" / "speed" / "mod_bare.c", folder)
    run(["apxs", "-c", "-Wc,-O2", source], BUILD_SECONDS, folder)
    return folder / ".libs" / "mod_bare.so"


_SUFFIXES = {
    "text/html": ".html", "application/json": ".json", "application/atom+xml": ".atom", "application/xml": ".xml",
    "": ".txt",
}  # fmt: skip


class Limits(Site):
    """The same httpd with two more hosts: one serves files, the other the same bytes from memory."""

    def __init__(self, database, bare):
        super().__init__(database)
        self._bare = bare
        self._answers = {}  # {file: Answer of the site}

    def choose_ports(self):
        super().choose_ports()
        self.static_port, self.bare_port = installation.free_ports(2)

    def add(self, name, answer):
        """Makes both hosts answer as the site did, and returns the path. An empty answer becomes an empty file."""
        suffix = _SUFFIXES[answer.content_type.split(";")[0]]
        if answer.headers.get("Content-Encoding") == "gzip":
            suffix += ".gz"
        (self.root / "htdocs" / (name + suffix)).write_bytes(answer.body)
        self._answers[name + suffix] = answer
        return f"/{name}{suffix}"

    def url(self, listener):
        ports = {"static": self.static_port, "bare": self.bare_port}
        return f"http://127.0.0.1:{ports[listener]}" if listener in ports else super().url(listener)

    def _text(self):
        files = self.root / "htdocs"
        # With FollowSymLinks and without .htaccess, httpd examines only the file itself.
        static = (
            f"DocumentRoot {files}\nAddType text/html .html\nAddType application/json .json\n"
            "AddType application/atom+xml .atom\nAddType application/xml .xml\nAddEncoding gzip .gz\n"
            f"<Directory {files}>\n"
            "  Require all granted\n  AllowOverride None\n  Options FollowSymLinks\n</Directory>\n"
        )
        bare = "".join(
            f'<Location "/{name}">\n  BareAnswer "{files}/{name}" "{answer.content_type}"\n'
            + "".join(f"  BareHeader {header} {_quote(value)}\n" for header, value in answer.headers.items())
            + "</Location>\n"
            for name, answer in self._answers.items()
            if answer.body
        )
        return (
            super()._text()
            + f"LoadModule bare_module {self._bare}\n"
            + _host("static", self.static_port, static)
            + _host("bare", self.bare_port, bare)
        )


def _host(name, port, text):
    return (
        f"Listen 127.0.0.1:{port}\n<VirtualHost 127.0.0.1:{port}>\n"
        f'CustomLog "${{MINITWIT_ROTATE}} ${{MINITWIT_LOGS}}/{name}.log 20M 5" minitwit_json\n'
        "DeflateAlterETag NoChange\n"
        "AddOutputFilterByType DEFLATE text/html image/svg+xml application/atom+xml application/json\n"
        f"{text}</VirtualHost>\n"
    )


def _quote(text):
    """One argument of a directive."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
