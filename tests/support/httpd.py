# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""A private httpd that loads the module: its configuration, its processes, its log."""

import contextlib
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import time
import warnings

import requests

from support import installation, mounted, sockets
from support.accesslog import FORMAT, AccessLog
from support.client import SIMULATOR, Browser, Client, Simulator
from support.errorlog import ErrorLog

# The modules of a stock httpd, and those that conf/ uses. Some systems have some of them compiled in.
_MODULES = (
    "authn_core", "authz_core", "authz_host", "unixd", "log_config", "reqtimeout", "mime", "dir", "alias", "setenvif",
    "logio", "headers", "rewrite", "deflate", "filter", "status", "remoteip", "dbd",
)  # fmt: skip

# LeakSanitizer examines an ending process from a separate thread. Once in some thousand times, this thread crashes
# before it finds anything: https://github.com/google/sanitizers/issues/1353. The process then exits with 1.
_LEAK_CHECKER_CRASHED = re.compile(
    r"\s*Tracer caught signal \d+: .*\n==(\d+)==LeakSanitizer has encountered a fatal error\.\n"
    r"(?:==\d+==HINT: .*\n)*\s*"
)

# Small, but with several children, so that no test passes only because one child remembers something.
MPM = {
    "event": """
StartServers 2
ServerLimit 6
ThreadLimit 8
ThreadsPerChild 8
MinSpareThreads 4
MaxSpareThreads 40
MaxRequestWorkers 32
""",
    "prefork": """
StartServers 8
MinSpareServers 4
MaxSpareServers 16
ServerLimit 32
MaxRequestWorkers 24
""",
}
MPM["worker"] = MPM["event"]

_CACHES = {
    "off": "MinitwitCache Off\n",
    "short": f"MinitwitCacheLifetime {int(installation.CACHE_LIFETIME * 1000)}ms\n",
    "default": "",
}

# For Httpd.patience: the module refuses no request only because the machine is busy.
PATIENT_TIMEOUT = 30  # s
PATIENT = f"MinitwitPoolTimeout {PATIENT_TIMEOUT}s\nMinitwitDatabaseTimeout {PATIENT_TIMEOUT}s\n"

_RESUMED = "resuming normal operations"


def _sockets(pid):
    """The names of the sockets that a process has open; none if it has ended."""
    names = set()
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        for entry in os.scandir(f"/proc/{pid}/fd"):
            with contextlib.suppress(FileNotFoundError):
                names.add(os.readlink(entry.path))
    return {name for name in names if name.startswith("socket:")}


class Httpd:
    """Make it with Httpd(database), change its attributes, then call start(). destroy() ends it and removes its files.

    database       a SiteDatabase, or a connection string for DBDParams
    directives     for the whole server, before the virtual hosts
    web, api, ops  inside the virtual host of each listener, instead of the usual mounts
    extra          after the virtual hosts
    """

    def __init__(self, database, directives="", web=None, api=None, ops=None, extra=""):
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="mt-httpd-", dir="/tmp"))
        self.root.chmod(0o755)
        self.reports = self.root / "reports"
        self.reports.mkdir()
        self.reports.chmod(0o777)
        (self.root / "htdocs").mkdir()
        self.credentials = self.root / "api-credentials"
        self.credentials.write_text(":".join(SIMULATOR) + "\n")
        self.credentials.chmod(0o600)
        self.configuration = self.root / "httpd.conf"
        self.pid_file = self.root / "httpd.pid"
        self.error_log = ErrorLog(self.root / "error.log")
        self.access_log = AccessLog(self.root / "access.log")
        self.connection_string = getattr(database, "connection_string", database)
        self.modules = list(_MODULES)
        # Loads this module before all others, as the file names of Debian do.
        self.loads_first = False
        self.custom_log = f"CustomLog {self.root}/access.log minitwit_json\n"
        # No request counts as slow, even on a busy machine.
        self.slow_request = "MinitwitSlowRequest 1h\n"
        # See PATIENT. It comes before directives, which may override it.
        self.patience = ""
        self.directives = directives
        self.web = '<Location "/">\n  SetHandler minitwit-web\n</Location>\n' if web is None else web
        self.api = '<Location "/">\n  SetHandler minitwit-api\n</Location>\n' if api is None else api
        self.ops = _OPS if ops is None else ops
        self.extra = extra
        self.sizes = MPM[installation.MPM]
        self.module = installation.MODULE
        self.templates = installation.TEMPLATES
        # Under prefork, a child serves one request at a time, and there are many children.
        connections = 1 if installation.MPM == "prefork" else 4
        self.database_pool = f"DBDMin 0\nDBDKeep {connections}\nDBDMax {connections}\n"
        # Cheap, because the tests check the results of passwords, not their cost. httpd warns about less memory.
        self.password_cost = "MinitwitPasswordMemory 7\nMinitwitPasswordPasses 1\n"
        # Most tests come from one address, and many try wrong passwords.
        self.login_limit = "MinitwitLoginLimit 0\n"
        # Building the index of the search takes a session, and some tests look at all sessions.
        self.search = "MinitwitSearch Off\n"
        self.cache = _CACHES[installation.CACHE]
        # Functions and libraries whose leaks do not count.
        self.leaks = []
        self.process = None
        self.choose_ports()

    def choose_ports(self):
        self.web_port, self.api_port, self.ops_port = installation.free_ports(3)

    @property
    def web_url(self):
        return f"http://127.0.0.1:{self.web_port}"

    @property
    def api_url(self):
        return f"http://127.0.0.1:{self.api_port}"

    @property
    def ops_url(self):
        return f"http://127.0.0.1:{self.ops_port}"

    def browser(self):
        return Browser(self.web_url)

    def simulator(self):
        return Simulator(self.api_url)

    def operator(self):
        return Client(self.ops_url)

    def write_configuration(self):
        self.configuration.write_text(self._text())

    def configtest(self):
        """Runs httpd -t. Returns its exit code and its output."""
        self.write_configuration()
        return self._command("-t")

    def start(self):
        """Returns when livez answers."""
        for _ in range(5):
            self.write_configuration()
            logged = self.access_log.size
            self._launch()
            try:
                installation.wait_until(self._serves, "httpd to serve")
                mounted.add(self.configuration.read_text())
                if self._has_health() and self.custom_log:
                    # httpd logs this request a moment after the answer. It belongs to no test.
                    installation.wait_until(lambda: self.access_log.size > logged, "the first line in the access log")
                return self
            except _PortTaken:
                self.process = None
                self.choose_ports()
        raise RuntimeError("no free ports")

    def stop(self):
        """Lets the last connections of the tests end, then ends httpd at once. This cuts off requests in progress."""
        if self.process is not None and self.process.poll() is None:
            self._settle()
        self._end(signal.SIGTERM)

    def stop_gracefully(self):
        self._end(signal.SIGWINCH)

    def graceful(self):
        """Runs apachectl graceful with the current configuration. Returns the finished command. If it succeeded, the
        new generation serves."""
        mark = self.error_log.mark()
        self.write_configuration()
        sockets = _sockets(self.process.pid)  # it shares only those that it listens on with its children
        before = set(self.children())
        said = self._command("-k", "graceful")
        if said.returncode == 0:
            mounted.add(self.configuration.read_text())

            def is_restarted():
                # The parent may start a child of the old generation until it restarts.
                children = self.children()
                if _RESUMED in self.error_log.since(mark):
                    return True
                before.update(children)
                return False

            installation.wait_until(is_restarted, "the new generation")
            # A child of the previous generation accepts connections until it notices the restart. A child of an older
            # one may still be ending, but no longer listens.
            installation.wait_until(
                lambda: not any(sockets & _sockets(pid) for pid in before), "the previous generation to stop listening"
            )
        return said

    def children(self):
        """Process ids of the children that serve, without the programs that write logs."""
        name = installation.program_of(self.process.pid)
        return [pid for pid in installation.children(self.process.pid) if installation.program_of(pid) == name]

    def kill_children(self, how=signal.SIGKILL):
        for pid in self.children():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, how)

    def crash(self):
        """Kills all processes, so that none cleans up. The parent is first, because it would replace its children."""
        self.process.send_signal(signal.SIGSTOP)  # it must start no child after the next line
        children = self.children()
        self.process.kill()
        self.process.wait(installation.PATIENCE)
        self.process = None
        mounted.remove(self.configuration.read_text())
        for pid in children:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        installation.wait_until(lambda: not any(map(installation.is_alive, children)), "the children to be gone")

    def sanitizer_reports(self):
        """The reports of the sanitizers since the last call."""
        return self._take_reports()[0]

    def destroy(self):
        self.stop()
        shutil.rmtree(self.root)

    def _text(self):
        folder = installation.module_folder()
        modules = [f"mpm_{installation.MPM}", *self.modules]
        loads = [
            f"LoadModule {name}_module {folder}/mod_{name}.so\n"
            for name in modules
            if (folder / f"mod_{name}.so").exists()
        ]
        own = f"LoadModule minitwit_module {self.module}\n"
        # Relative names in CoreDumpDirectory, Mutex and other directives are below ServerRoot.
        return (
            f"ServerRoot {self.root}\n"
            "ServerName localhost\n"
            f"DefaultRuntimeDir {self.root}\n"
            f"PidFile {self.pid_file}\n"
            f"ErrorLog {self.root}/error.log\n"
            f"DocumentRoot {self.root}/htdocs\n"
            f"LogLevel info minitwit:{installation.LEVEL}\n"
            + "".join([own, *loads] if self.loads_first else [*loads, own])
            + f"{FORMAT}\n{self.custom_log}"
            + "".join(f"Listen 127.0.0.1:{port}\n" for port in (self.web_port, self.api_port, self.ops_port))
            + (
                f"User {installation.WEB_USER}\nGroup {installation.WEB_USER}\n"
                "<Directory />\n  Require all denied\n</Directory>\n"
            )
            + self.sizes
            + "TypesConfig /dev/null\nTimeout 20\nKeepAliveTimeout 1\nGracefulShutdownTimeout 10\n"
            + self._database_text()
            + f"MinitwitTemplates {self.templates}\n"
            + (f"MinitwitApiCredentials {self.credentials}\n" if self.credentials else "")
            + self.password_cost
            + self.login_limit
            + self.slow_request
            + self.cache
            + self.search
            + self.patience
            + self.directives
            + "\n"
            + _virtual_host(self.web_port, self.web)
            + _virtual_host(self.api_port, self.api)
            + _virtual_host(self.ops_port, self.ops)
            + self.extra
        )

    def _database_text(self):
        if "dbd" not in self.modules or self.connection_string is None:
            return ""
        return f'DBDriver pgsql\nDBDParams "{self.connection_string}"\n{self.database_pool}'

    def _environment(self):
        environment = {name: value for name, value in os.environ.items() if not name.startswith("MINITWIT_")}
        environment.update(installation.sanitizer_environment(self.reports, self.leaks))
        environment.update(installation.sanitizer_preload())
        return environment

    def _program(self):
        return [installation.httpd_program(), "-f", self.configuration]

    def _command(self, *arguments):
        """Runs httpd's program with this configuration to its end."""
        return subprocess.run(
            [*self._program(), *arguments],
            cwd="/", env=self._environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, start_new_session=True, check=False, timeout=installation.PATIENCE,
        )  # fmt: skip

    def _launch(self):
        # In its own session: when httpd stops, it signals its process group, which must not be the caller's.
        with open(self.root / "output.log", "ab") as output:
            self.process = subprocess.Popen(
                [*self._program(), "-D", "FOREGROUND"],
                cwd="/", env=self._environment(), stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                start_new_session=True,
            )  # fmt: skip

    def _serves(self):
        if self.process.poll() is not None:
            said = (self.root / "output.log").read_text(errors="replace") + self.error_log.text
            if "Address already in use" in said:
                raise _PortTaken
            raise RuntimeError(f"httpd ended with {self.process.returncode}:\n{said}")
        if _RESUMED not in self.error_log.text:
            return False
        if not self._has_health():
            return True
        try:
            return requests.get(self.ops_url + "/livez", timeout=installation.PATIENCE).status_code == 200
        except requests.ConnectionError:
            return False

    def _has_health(self):
        return "minitwit-health" in self.ops

    def _settle(self):
        """Waits for the end of the connections. mpm_event may crash if it stops just after it has closed a socket."""
        deadline = time.monotonic() + 2
        ports = self.web_port, self.api_port, self.ops_port
        while time.monotonic() < deadline and sockets.has_connections(ports):
            time.sleep(0.01)
        time.sleep(0.03)

    def _take_reports(self):
        """The reports of the sanitizers, and the ids of the processes in which the leak checker crashed."""
        found = []
        crashed = []
        for file in sorted(self.reports.glob("report*")):
            report = file.read_text(errors="replace")
            file.unlink()
            if crash := _LEAK_CHECKER_CRASHED.fullmatch(report):
                crashed.append(int(crash[1]))
                warnings.warn(f"one of httpd's processes was not checked for leaks:\n{report}", stacklevel=2)
            else:
                found.append(report)
        return found, crashed

    def _end(self, how):
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.send_signal(how)
        # Also None after a failure, so that no later call waits for it again.
        process, self.process = self.process, None
        status = process.wait(installation.PATIENCE)
        mounted.remove(self.configuration.read_text())
        if status != 0:
            found, crashed = self._take_reports()
            if process.pid in crashed and not found and status == 1:
                return
            said = [(self.root / "output.log").read_text(errors="replace"), *found]
            raise AssertionError(f"httpd ended with {status}:\n" + "\n".join(said))


class _PortTaken(Exception):
    pass


_OPS = """<Location "/livez">
  SetHandler minitwit-health
</Location>
<Location "/readyz">
  SetHandler minitwit-health
</Location>
"""


def _virtual_host(port, text):
    return f"<VirtualHost 127.0.0.1:{port}>\n{text}</VirtualHost>\n"
