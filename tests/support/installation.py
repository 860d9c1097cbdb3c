# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""Where the things under test are, and how the programs that the tests start must be run.

MINITWIT_BUILD     the build folder, with minitwitctl and mod_minitwit/.libs/mod_minitwit.so (the source folder)
MINITWIT_MPM       event (default), worker or prefork
MINITWIT_CACHE     off: without the cache of rendered answers; default: with the lifetime that answers have by default; otherwise
                   with a short one, so that nobody has to wait
MINITWIT_SANITIZE  1: the module was built by gcc with -fsanitize=address,undefined
MINITWIT_POSTGRESQL  the folder of another PostgreSQL server's programs, which scripts/fetch-postgresql prints (the newest that the
                   system has); psql and pg_dump are always the system's
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
CACHE = os.environ.get("MINITWIT_CACHE") or "short"
SANITIZE = os.environ.get("MINITWIT_SANITIZE") == "1"
POSTGRESQL = os.environ.get("MINITWIT_POSTGRESQL")

MODULE = BUILD / "mod_minitwit" / ".libs" / "mod_minitwit.so"
CTL = BUILD / "minitwitctl"
TEMPLATES = SOURCE / "templates"
MIGRATIONS = SOURCE / "sql"
ROLES = MIGRATIONS / "roles.sql"

# For how long an httpd of the tests may show what a test has changed by SQL, in seconds.
CACHE_LIFETIME = {"off": 0, "short": 0.02, "default": 1}[CACHE]

# Seconds, to end a hang and not to measure: far more than anything takes on a busy machine. A sanitizer makes everything several
# times slower.
PATIENCE = 120 if SANITIZE else 60

# Memory that is known only to APR's pools, into which the leak checker cannot look.
_KEPT_IN_POOLS = ("apr_allocator_create", "pcre2_compile")

# Two ready-made accounts, used only when the tests run as root.
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
    """The folder of psql and pg_dump, and of the system's server: Debian keeps them off PATH, one folder a version."""
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
    # The clone lies where only root may enter. The server looks for its files beside its programs, so all of it moves.
    copy = pathlib.Path(tempfile.mkdtemp(prefix="mt-server-", dir="/tmp"))
    atexit.register(shutil.rmtree, copy)
    copy.chmod(0o755)
    return shutil.copytree(folder.parent, copy / "postgresql", symlinks=True) / folder.name


def postgresql_version(program):
    """The major version of one of PostgreSQL's programs."""
    said = subprocess.run([program, "--version"], check=True, stdout=subprocess.PIPE, text=True).stdout
    return int(re.search(r"\(PostgreSQL\) (\d+)", said).group(1))


@functools.cache
def server_version():
    """The major version of the server under test."""
    return postgresql_version(postgresql_server() / "postgres")


def database_account():
    """What goes before PostgreSQL's server programs: they do not run as root."""
    if not is_root():
        return []
    return ["setpriv", f"--reuid={DATABASE_USER}", f"--regid={DATABASE_USER}", "--clear-groups"]


def free_ports(count):
    """Ports of 127.0.0.1 that nobody uses, all different. They lie below those that the system gives to clients, which
    could otherwise take one before the server does. Processes of pytest that work side by side choose from different ones: what
    one of them stops for a moment finds its ports free again."""
    sides, side = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")), int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:])
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
    """Variables for a program that loads sanitized code; reports go to files in folder. leaks: functions or libraries
    whose leaks do not count. Empty in a plain build."""
    if not SANITIZE:
        return {}
    suppressions = pathlib.Path(folder) / "leak.supp"
    # At once: a process that is ending reads them then, such as a child while httpd is told to restart.
    part = suppressions.with_suffix(".part")
    part.write_text("".join(f"leak:{name}\n" for name in (*_KEPT_IN_POOLS, *leaks)))
    part.replace(suppressions)
    return {
        # httpd installs its own SIGSEGV handler, which would swallow the report.
        "ASAN_OPTIONS": f"handle_segv=2:log_path={folder}/report",
        "UBSAN_OPTIONS": f"print_stacktrace=1:log_path={folder}/report",
        "LSAN_OPTIONS": f"suppressions={suppressions}:print_suppressions=0",
    }


def sanitizer_preload():
    """LD_PRELOAD for a program that is not sanitized itself: the run-time has to come first in the process."""
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
    """Process ids of the living children of a process."""
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


def is_alive(pid):
    return pathlib.Path(f"/proc/{pid}").exists()


def wait_until(condition, what, seconds=None):
    """Asks again and again until condition() is true, and returns what it returned."""
    deadline = time.monotonic() + (seconds or PATIENCE)
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > deadline:
            raise AssertionError(f"waited in vain: {what}")
        time.sleep(0.02)
