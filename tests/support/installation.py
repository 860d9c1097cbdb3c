# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""The places of everything under test, and the environment of the programs that the tests start.

MINITWIT_BUILD       the build folder, with minitwitctl and mod_minitwit/.libs/mod_minitwit.so (default: the source
                     folder)
MINITWIT_MPM         event (default), worker or prefork
MINITWIT_SITE        run or image: serve with the configuration of ./run or of the image (support/shipped.py), also in
                     the folders whose tests have a small configuration of their own
MINITWIT_CACHE       off: without the cache of rendered answers; default: with the default lifetime of answers;
                     otherwise with a short lifetime, so that tests need not wait
MINITWIT_LEVEL       the module's LogLevel. debug (default): the log has every message; info: it has one of each kind
                     per minute, as with the levels that sites use
MINITWIT_SANITIZE    1: gcc built the module with -fsanitize=address,undefined
MINITWIT_POSTGRESQL  the folder of another PostgreSQL server's programs, which scripts/fetch-postgresql prints (default:
                     the system's newest server); psql and pg_dump are always the system's
"""

import atexit
import contextlib
import functools
import os
import pathlib
import random
import re
import shutil
import socket
import subprocess
import tempfile
import time

SOURCE = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("MINITWIT_BUILD") or SOURCE).resolve()
MPM = os.environ.get("MINITWIT_MPM") or "event"
SITE = os.environ.get("MINITWIT_SITE")
CACHE = os.environ.get("MINITWIT_CACHE") or "short"
LEVEL = os.environ.get("MINITWIT_LEVEL") or "debug"
SANITIZE = os.environ.get("MINITWIT_SANITIZE") == "1"
POSTGRESQL = os.environ.get("MINITWIT_POSTGRESQL")

MODULE = BUILD / "mod_minitwit" / ".libs" / "mod_minitwit.so"
CTL = BUILD / "minitwitctl"
TEMPLATES = SOURCE / "templates"
MIGRATIONS = SOURCE / "sql"
ROLES = MIGRATIONS / "roles.sql"

# Seconds for which an httpd of the tests may show old data after a change by SQL.
CACHE_LIFETIME = {"off": 0, "short": 0.02, "default": 1}[CACHE]

# Seconds. This ends a hang and measures nothing: no step takes as long, even on a busy machine. Sanitizers make
# everything several times slower.
PATIENCE = 120 if SANITIZE else 60

# Memory that only APR's pools refer to. The leak checker cannot look into them.
_KEPT_IN_POOLS = ["apr_allocator_create", "pcre2_compile"]
if MPM == "prefork":
    # Only the end of the process closes the idle connections to the database: see mod_minitwit/http/gate.c.
    _KEPT_IN_POOLS.append("PQconnectStartParams")

# Accounts of the system. They are used only if the tests run as root.
WEB_USER = "www-data"
DATABASE_USER = "postgres"


def is_root():
    return os.geteuid() == 0


def _apxs(name):
    return subprocess.run(["apxs", "-q", name], check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


def module_folder():
    """The folder of httpd's own modules."""
    return pathlib.Path(_apxs("LIBEXECDIR"))


def httpd_program():
    return str(pathlib.Path(_apxs("SBINDIR")) / _apxs("PROGNAME"))


def postgresql_clients():
    """The folder of psql, pg_dump and the system's server. Debian has one folder for each version, outside PATH."""
    found = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if found:
        return found[-1].parent
    program = shutil.which("initdb")
    if program is None:
        raise RuntimeError("PostgreSQL's initdb is not installed (Debian: postgresql)")
    return pathlib.Path(program).resolve().parent


@functools.cache
def postgresql_server():
    """The folder of initdb and postgres of the server under test."""
    if not POSTGRESQL:
        return postgresql_clients()
    folder = pathlib.Path(POSTGRESQL).resolve()
    if not (folder / "initdb").exists():
        raise RuntimeError(f"MINITWIT_POSTGRESQL: there is no initdb in {folder}")
    entered = subprocess.run([*database_account(), "test", "-x", folder / "initdb"], cwd="/", check=False)
    if entered.returncode == 0:
        return folder
    # The clone is in a folder that only root may enter. The server finds its files relative to its programs, so copy
    # all of it.
    copy = pathlib.Path(tempfile.mkdtemp(prefix="mt-server-", dir="/tmp"))
    atexit.register(shutil.rmtree, copy)
    copy.chmod(0o755)
    return shutil.copytree(folder.parent, copy / "postgresql", symlinks=True) / folder.name


def postgresql_version(program):
    """The major version of a program of PostgreSQL."""
    said = subprocess.run([program, "--version"], check=True, stdout=subprocess.PIPE, text=True).stdout
    return int(re.search(r"\(PostgreSQL\) (\d+)", said).group(1))


@functools.cache
def server_version():
    """The major version of the server under test."""
    return postgresql_version(postgresql_server() / "postgres")


def database_account():
    """The prefix of commands that run PostgreSQL's server programs, which refuse to run as root."""
    if not is_root():
        return []
    return ["setpriv", f"--reuid={DATABASE_USER}", f"--regid={DATABASE_USER}", "--clear-groups"]


def free_ports(count):
    """Different unused ports of 127.0.0.1. They are below the ports that the system gives to clients, so that no client
    takes one before the server does. Parallel processes of pytest choose from different ports, so that a server that a
    test stops for a moment finds its ports free."""
    sides, side = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")), int(
        os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:]
    )
    with contextlib.ExitStack() as stack:
        ports = []
        while len(ports) < count:
            listener = stack.enter_context(socket.socket())
            with contextlib.suppress(OSError):
                listener.bind(("127.0.0.1", random.randrange(10000 + side, 32000, sides)))
                ports.append(listener.getsockname()[1])
        return ports


def free_port():
    return free_ports(1)[0]


def sanitizer_environment(folder, leaks=()):
    """Variables for a program that loads sanitized code. It writes reports to files in folder. leaks: functions or
    libraries whose leaks do not count. Empty without sanitizers."""
    if not SANITIZE:
        return {}
    suppressions = pathlib.Path(folder) / "leak.supp"
    # Atomically, because a process that is ending may read the file at this moment.
    part = suppressions.with_suffix(".part")
    part.write_text("".join(f"leak:{name}\n" for name in (*_KEPT_IN_POOLS, *leaks)))
    part.replace(suppressions)
    return {
        # httpd's own handler of SIGSEGV would hide the report.
        "ASAN_OPTIONS": f"handle_segv=2:log_path={folder}/report",
        "UBSAN_OPTIONS": f"print_stacktrace=1:log_path={folder}/report",
        "LSAN_OPTIONS": f"suppressions={suppressions}:print_suppressions=0",
    }


def sanitizer_preload():
    """LD_PRELOAD for a program that is not sanitized itself. The runtime must be the first library of the process."""
    if not SANITIZE:
        return {}
    libraries = [
        subprocess.run(
            ["gcc", f"-print-file-name={name}"], check=True, stdout=subprocess.PIPE, text=True
        ).stdout.strip()
        for name in ("libasan.so", "libubsan.so")
    ]
    return {"LD_PRELOAD": ":".join(libraries)}


def children(pid):
    """Process ids of a process's living children."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == pid and fields[0] != "Z":
            found.append(int(entry.name))
    return found


def program_of(pid):
    """The name of a process's program; None if the process has ended."""
    try:
        return pathlib.Path(f"/proc/{pid}/comm").read_text()
    except OSError:
        return None


def is_alive(pid):
    return pathlib.Path(f"/proc/{pid}").exists()


def wait_until(condition, event, seconds=None):
    """Calls condition() until its result is true, and returns the result. event: its description."""
    deadline = time.monotonic() + (seconds or PATIENCE)
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > deadline:
            raise AssertionError(f"waited too long for {event}")
        time.sleep(0.02)
