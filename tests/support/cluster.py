# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""A private PostgreSQL cluster that listens on a Unix socket only."""

import contextlib
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile

import psycopg2

from support import installation
from support.database import SiteDatabase, execute
from support.version import PRESENT

_STOP_SIGNALS = {"smart": signal.SIGTERM, "fast": signal.SIGINT, "immediate": signal.SIGQUIT}


# Of each cluster of the tests.
_SETTINGS = {"listen_addresses": "", "fsync": "off", "max_connections": 80, "shared_buffers": "32MB"}


class Cluster:
    """Make it with Cluster(), then call start(). destroy() ends it and removes its files. The attribute settings holds
    settings of postgresql.conf for the next start. server: the folder of the server's programs, if it is not the server
    under test."""

    def __init__(self, server=None, **settings):
        # The path of a Unix socket must be short, and httpd's children must be able to enter the folder.
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="mt-pg-", dir="/tmp"))
        self.root.chmod(0o755)
        self.data = self.root / "data"
        self.socket_folder = self.root / "s"
        self.log = self.root / "postgresql.log"
        self.socket_folder.mkdir()
        self.settings = _SETTINGS | settings
        self.process = None
        self._prefix = installation.database_account()
        if installation.is_root():
            account = installation.DATABASE_USER
            shutil.chown(self.root, account, account)
            shutil.chown(self.socket_folder, account, account)
        self._server = server or installation.postgresql_server()
        try:
            self._make_data()
        except BaseException:
            self.destroy()
            raise

    def start(self):
        settings = [word for name, value in self.settings.items() for word in ("-c", f"{name}={value}")]
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [*self._prefix, self._server / "postgres", "-D", self.data, "-k", self.socket_folder, *settings],
                cwd="/", stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        installation.wait_until(self._answers, "PostgreSQL to answer")

    def stop(self, mode="fast"):
        """mode: smart, fast or immediate, as in pg_ctl."""
        if self.process is None:
            return
        self.process.send_signal(_STOP_SIGNALS[mode])
        self.process.wait(installation.PATIENCE)
        self.process = None

    def restart(self, mode="fast"):
        self.stop(mode)
        self.start()

    def kill(self):
        """Kills all processes at once, as a power failure does. Data that PostgreSQL has written to files remain."""
        self.freeze()
        for pid in installation.children(self.process.pid):
            os.kill(pid, signal.SIGKILL)
        installation.wait_until(lambda: not installation.children(self.process.pid), "PostgreSQL's processes to end")
        self.process.kill()
        self.process.wait(installation.PATIENCE)
        self.process = None

    def has_ended(self):
        """Whether it ended by itself. Call start() then."""
        return self.process is None or self.process.poll() is not None

    def freeze(self):
        """Stops all processes of the cluster with SIGSTOP: connections stay open, but nothing answers."""
        self._signal(signal.SIGSTOP)

    def thaw(self):
        self._signal(signal.SIGCONT)

    def destroy(self):
        if self.process is not None:
            if not self.has_ended():
                self.thaw()
            self.stop("immediate")
        shutil.rmtree(self.root)

    def connect(self, database="postgres", user="postgres"):
        connection = psycopg2.connect(
            host=str(self.socket_folder), dbname=database, user=user, application_name="tests"
        )
        connection.autocommit = True
        return connection

    def psql(self, sql, database="postgres", parameters=None):
        """Runs SQL as the superuser. Returns the rows, or [] if there are none."""
        connection = self.connect(database)
        try:
            return execute(connection, sql, parameters)
        finally:
            connection.close()

    def psql_file(self, file, database="postgres"):
        """Runs a file with psql, as an operator does."""
        subprocess.run(
            [
                installation.postgresql_clients() / "psql", "-X", "-q", "-v", "ON_ERROR_STOP=1",
                "-h", self.socket_folder, "-U", "postgres", "-d", database, "-f", file,
            ],
            check=True, stdout=subprocess.DEVNULL,
        )  # fmt: skip

    def connection_string(self, database, user):
        """For libpq and for DBDParams."""
        return f"host={self.socket_folder} dbname={database} user={user} connect_timeout=2"

    def create_site_database(self, name, version=PRESENT):
        """Makes a database as an operator of this version does: roles, then minitwitctl migrate."""
        return SiteDatabase.create(self, name, version)

    def run(self, program, *arguments):
        """Runs a program of the server to its end, under the account that owns the data."""
        done = subprocess.run(
            [*self._prefix, self._server / program, *arguments],
            cwd="/", stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
        )  # fmt: skip
        if done.returncode != 0:
            raise RuntimeError(f"{program} failed:\n{done.stdout}")

    def _make_data(self, *options):
        """Called once, after everything else is set up."""
        self.run(
            "initdb", "-D", self.data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync",
            *options,
        )  # fmt: skip

    def _answers(self):
        if self.process.poll() is not None:
            raise RuntimeError(f"PostgreSQL ended:\n{self.log.read_text()}")
        try:
            self.connect().close()
        except psycopg2.OperationalError:
            return False
        return True

    def _signal(self, number):
        """Signals the postmaster first, so that it starts no more children, and then its children."""
        self.process.send_signal(number)
        for pid in installation.children(self.process.pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
