# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""The servers that are measured, configured as they are shipped: PostgreSQL as ./run has it, httpd as conf/minitwit-site.conf has
it, sizes of the MPM included."""

import pathlib
import re
import shutil

from speed.programs import BUILD_SECONDS, run
from support import installation
from support.cluster import Cluster
from support.example import Example

# What keeps every answer from being cached. Empty for a module that does not know the directive.
CACHE_OFF = "MinitwitCache Off\n"

# The connections of several sites and of pgbench together. Checkpoints and vacuum fall between measurements, for all alike.
_OWN_SETTINGS = {
    "max_connections": "250", "autovacuum": "off", "checkpoint_timeout": "1h", "max_wal_size": "8GB", "cluster_name": "bench",
}  # fmt: skip


def shipped_settings():
    """{name: value} of the PostgreSQL of ./run."""
    script = (installation.SOURCE / "scripts" / "postgresql.sh").read_text(encoding="utf-8")
    (text,) = re.findall(r"postgresql\.conf\" <<'CONF'\n(.*?)^CONF$", script, re.DOTALL | re.MULTILINE)
    return {name: value.strip("'") for name, value in re.findall(r"^(\w+) = (.+)$", text, re.MULTILINE)}


def cache_off():
    """The directive, if the module has it."""
    name = CACHE_OFF.split()[0].encode()
    return CACHE_OFF if name + b"\0" in installation.MODULE.read_bytes() else ""


class Database(Cluster):
    """A cluster as ./run makes it."""

    def __init__(self, fsync):
        super().__init__(**shipped_settings() | _OWN_SETTINGS | {"fsync": fsync})

    def file_system(self):
        """The kind of file system on which the data lie."""
        return run(["stat", "-f", "-c", "%T", self.data], 10).strip()

    def _make_data(self, *options):
        super()._make_data("--data-checksums", *options)


class Site(Example):
    """An httpd with the example's configuration. is_cached: whether answers may be cached, as the example has it. module: of
    another build."""

    def __init__(self, database, is_cached=True, module=None):
        super().__init__(database, "minitwit-site")
        # Tells its connections from those of others.
        self.application = self.root.name
        self.connection_string += f" application_name={self.application}"
        self.module = module or self.module
        # The example's own count.
        self.sizes = ""
        self.password_cost = ""
        self.slow_request = ""
        # Once when it starts: to count millions of messages anew is nobody's request.
        self.rest = "MinitwitMetricsInterval 1h\n" + ("" if is_cached else cache_off())

    def url(self, listener):
        return {"web": self.web_url, "api": self.api_url}[listener]

    def destroy(self):
        """Its files go even when it ended badly."""
        try:
            super().destroy()
        finally:
            shutil.rmtree(self.root, ignore_errors=True)

    def serving(self):
        """Process ids of the children that serve requests, not those that write logs."""
        program = pathlib.Path(f"/proc/{self.process.pid}/exe").resolve()
        return [pid for pid in self.children() if pathlib.Path(f"/proc/{pid}/exe").resolve() == program]

    def connections(self):
        """How many the example lets it have: for each child as many."""
        return self._number("DBDMax") * self._number("MaxRequestWorkers") // self._number("ThreadsPerChild")

    def _number(self, name):
        """What the example says for that directive."""
        (value,) = re.findall(rf"^ *{name} +(\d+)$", self.text, re.MULTILINE)
        return int(value)

    def alarms(self):
        """What it logged above "warn"."""
        logs = [self.error_log.path, self.logs / "error.log"]
        lines = [line for log in logs if log.exists() for line in log.read_text(errors="replace").splitlines()]
        return [line for line in lines if re.match(r"\[[^\]]*\] \[\S*:(error|crit|alert|emerg)\]", line)]


def build_bare(folder):
    """mod_bare.so, compiled in that folder."""
    source = shutil.copy(installation.SOURCE / "tests" / "bench" / "speed" / "mod_bare.c", folder)
    run(["apxs", "-c", "-Wc,-O2", source], BUILD_SECONDS, folder)
    return folder / ".libs" / "mod_bare.so"


_SUFFIXES = {"text/html": ".html", "application/json": ".json", "": ".txt"}


def quote(text):
    """As a word of httpd's configuration."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


class Limits(Site):
    """The same httpd with two more hosts: one serves files, one the same bytes from memory."""

    def __init__(self, database, bare):
        super().__init__(database)
        self._bare = bare
        self._answers = {}  # {file: Answer of the site}

    def choose_ports(self):
        super().choose_ports()
        self.static_port, self.bare_port = installation.free_ports(2)

    def add(self, name, answer):
        """Will answer as the site did; returns the path. An empty answer becomes an empty file."""
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
        common = 'CustomLog "${MINITWIT_ROTATE} ${MINITWIT_LOGS}/%s.log 20M 5" minitwit_json\n' + (
            "DeflateAlterETag NoChange\nAddOutputFilterByType DEFLATE text/html image/svg+xml application/json\n"
        )
        bare = "".join(
            f'<Location "/{name}">\n  BareAnswer "{files}/{name}" "{answer.content_type}"\n'
            + "".join(f"  BareHeader {header} {quote(value)}\n" for header, value in answer.headers.items())
            + "</Location>\n"
            for name, answer in self._answers.items()
            if answer.body
        )
        return (
            super()._text()
            + f"LoadModule bare_module {self._bare}\n"
            + f"Listen 127.0.0.1:{self.static_port}\n<VirtualHost 127.0.0.1:{self.static_port}>\n"
            + common % "static"
            + f"DocumentRoot {files}\nAddType text/html .html\nAddType application/json .json\nAddEncoding gzip .gz\n"
            # With FollowSymLinks and without .htaccess httpd looks at the file alone.
            + f"<Directory {files}>\n  Require all granted\n  AllowOverride None\n  Options FollowSymLinks\n</Directory>\n"
            + f"</VirtualHost>\nListen 127.0.0.1:{self.bare_port}\n<VirtualHost 127.0.0.1:{self.bare_port}>\n"
            + common % "bare"
            + bare
            + "</VirtualHost>\n"
        )


def hash_rate_program():
    """Builds and names it."""
    run(["make", "-s", "-C", installation.BUILD, "tests/bench/speed/hash_rate"], BUILD_SECONDS)
    return installation.BUILD / "tests" / "bench" / "speed" / "hash_rate"
