# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""Programs that a test starts in addition to the site: Prometheus, Alertmanager, exporters."""

import os
import pathlib
import subprocess

import requests

from support import installation


class ProgramEnded(Exception):
    """The program ended before it answered. said: its log."""

    def __init__(self, name, status, said):
        super().__init__(f"{name} ended with {status}:\n{said}")
        self.said = said


class Program:
    """A server that logs to a file in its folder. It runs inside "with", which begins when ready_url answers 200."""

    def __init__(self, folder, command, ready_url, environment=None):
        self.command = [str(part) for part in command]
        self.name = pathlib.Path(self.command[0]).name
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.log = self.folder / f"{self.name}.log"
        self.ready_url = ready_url
        self.environment = environment or {}
        self.process = None

    def __enter__(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                self.command, cwd=self.folder, env=os.environ | self.environment, stdin=subprocess.DEVNULL, stdout=log,
                stderr=log, start_new_session=True,
            )  # fmt: skip
        try:
            installation.wait_until(self._answers, f"{self.name} to answer")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(installation.PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def said(self):
        return self.log.read_text(errors="replace")

    def _answers(self):
        if self.process.poll() is not None:
            raise ProgramEnded(self.name, self.process.returncode, self.said())
        try:
            return get(self.ready_url).status_code == 200
        except requests.ConnectionError:
            return False


def get(url, **options):
    """A GET request without the proxy of the environment."""
    with requests.Session() as session:
        session.trust_env = False
        return session.get(url, timeout=installation.PATIENCE, **options)


def post(url, **options):
    with requests.Session() as session:
        session.trust_env = False
        return session.post(url, timeout=installation.PATIENCE, **options)


def run(*command, text=None):
    """Runs a program to its end. Returns its exit status and its output."""
    done = subprocess.run(
        [str(part) for part in command], input=text or "", stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        check=False, timeout=300,
    )  # fmt: skip
    return done.returncode, done.stdout
