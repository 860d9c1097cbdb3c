# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""Runs the image as an engine would, but without an engine: with its files as a read-only root, under its account
without any privileges, and with its own process ids, mounts and semaphores. It uses the machine's network, so that
tests can reach it."""

import json
import os
import pathlib
import shutil
import signal
import subprocess

from support import installation
from support.client import Browser, Client, Simulator

PROGRAM = installation.SOURCE / "scripts" / "image"

# The script that becomes process 1 of the container. Its arguments: the root, the mounts as FROM:TO, "--", and the
# command.
_START = r"""
set -eu
root=$1
shift
mount --bind "$root" "$root"
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mount -t tmpfs -o size=1m,mode=1777 tmpfs "$root/run/minitwit"
mount -t tmpfs -o size=1m,mode=1777 tmpfs "$root/tmp"
while [ "$1" != -- ]; do
    mount --bind "${1%%:*}" "$root${1#*:}"
    shift
done
shift
mount -o remount,bind,ro "$root"
exec chroot "$root" /usr/bin/setpriv --reuid www-data --regid www-data --clear-groups --no-new-privs \
    --bounding-set=-all --inh-caps=-all "$@"
"""


def run_program(*arguments):
    """Runs scripts/image, and returns its standard output."""
    return subprocess.run([PROGRAM, *arguments], check=True, stdout=subprocess.PIPE, text=True).stdout


class Image:
    def __init__(self, folder):
        """Unpacks the image that scripts/image build made."""
        self.root = pathlib.Path(folder) / "root"
        run_program("unpack", str(self.root))
        # An engine makes the folders on which it mounts.
        for name in ("run/postgresql", "run/secrets"):
            (self.root / name).mkdir(exist_ok=True)
        self.version = run_program("version").strip()
        self.settings = json.loads(run_program("settings"))["Docker"]["config"]

    def remove(self):
        shutil.rmtree(self.root)


class Container:
    """A container, which runs inside "with". mounts: FROM:TO each."""

    def __init__(self, image, folder, mounts, command=(), **environment):
        self.image = image
        self.folder = pathlib.Path(folder)
        self.ports = installation.free_ports(3)
        names = ("MINITWIT_SITE_PORT", "MINITWIT_API_PORT", "MINITWIT_OPS_PORT")
        self.environment = dict(entry.split("=", 1) for entry in image.settings["Env"])
        self.environment |= {name: str(port) for name, port in zip(names, self.ports)} | environment
        self.mounts = [str(mount) for mount in mounts]
        self.command = [*image.settings["Entrypoint"], *(command or image.settings["Cmd"])]
        self.stdout, self.stderr = self.folder / "stdout", self.folder / "stderr"
        self.process = None

    def start(self):
        self.folder.mkdir(parents=True, exist_ok=True)
        with open(self.stdout, "wb") as stdout, open(self.stderr, "wb") as stderr:
            # As an engine does: the container's account owns the files that it writes to.
            os.fchown(stdout.fileno(), 33, 33)
            os.fchown(stderr.fileno(), 33, 33)
            self.process = subprocess.Popen(
                [
                    "unshare", "--mount", "--pid", "--ipc", "--uts", "--fork", "--kill-child",
                    "--propagation", "private",
                    "/bin/sh", "-c", _START, "container", self.image.root, *self.mounts, "--", *self.command,
                ],
                env=self.environment, cwd="/", stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr,
                start_new_session=True,
            )  # fmt: skip
        return self

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        # All processes of the container end with process 1.
        if self.process.poll() is None:
            with_pid = self.pid()
            if with_pid:
                os.kill(with_pid, signal.SIGKILL)
            self.process.wait(installation.PATIENCE)

    def pid(self):
        """The process id, on the machine, of process 1 of the container."""
        return next(iter(installation.children(self.process.pid)), None)

    def wait(self):
        """Waits until it ends by itself, and returns its exit status."""
        return self.process.wait(installation.PATIENCE)

    def stop(self):
        """Stops it as an engine does: with the image's signal."""
        os.kill(self.pid(), getattr(signal, self.image.settings["StopSignal"]))

    def execute(self, *command, given="", **environment):
        """Runs a command, as an engine runs health checks. Returns exit status and output. given: standard input."""
        variables = [f"{name}={value}" for name, value in (self.environment | environment).items()]
        done = subprocess.run(
            [
                "nsenter", f"--target={self.pid()}", "--mount", "--pid", "--ipc", "--uts", "--root", "--wdns=/",
                "--setuid=33", "--setgid=33", "/usr/bin/env", "-i", *variables, *command,
            ],
            input=given, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
            timeout=installation.PATIENCE,
        )  # fmt: skip
        return done.returncode, done.stdout

    def health(self):
        """Runs the health check of the image. Returns the same as execute()."""
        words = self.image.settings["Healthcheck"]["Test"]
        assert words[0] == "CMD"
        return self.execute(*words[1:])

    def processes(self):
        """(pid in the container, account, capabilities, no_new_privs, command) of each process of the container."""
        found = []
        namespace = os.readlink(f"/proc/{self.pid()}/ns/pid")
        for entry in pathlib.Path("/proc").iterdir():
            try:
                if not entry.name.isdigit() or os.readlink(entry / "ns" / "pid") != namespace:
                    continue
                status = dict(line.split(":", 1) for line in (entry / "status").read_text().splitlines())
                command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode().strip()
            except OSError:
                continue
            found.append((
                int(status["NSpid"].split()[-1]), int(status["Uid"].split()[1]), int(status["CapBnd"], 16),
                int(status["NoNewPrivs"]), command,
            ))  # fmt: skip
        return sorted(found)

    def browser(self):
        return Browser(f"http://127.0.0.1:{self.ports[0]}")

    def simulator(self, credentials):
        return Simulator(f"http://127.0.0.1:{self.ports[1]}", credentials)

    def operator(self):
        return Client(f"http://127.0.0.1:{self.ports[2]}")
