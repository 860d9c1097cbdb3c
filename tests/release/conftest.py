# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""Hosts for scripts/deploy. Each is a folder. Stubs replace programs such as apt-get and systemctl, and a server of the
test answers for httpd. The packages are real, but empty, and curl sends real requests."""

import contextlib
import http.server
import json
import os
import subprocess
import threading

import pytest

from support import installation

DEPLOY = installation.SOURCE / "scripts" / "deploy"
NAMES = ("minitwitctl", "libapache2-mod-minitwit")

# Like ssh, it passes the command to the host's shell.
SSH = r"""#!/bin/bash
while [ "$1" != -- ]; do shift; done
export HOST=$2 ROOT=$FAKE/$2
[ "$2" != away ] || exit 255
PATH=$FAKE/bin:$PATH exec sh -c "$3"
"""
# The programs write their actions to the file "done" in the host's folder.
STUBS = {
    "sudo": '[ "$1" != -n ] || shift; exec "$@"',
    "apt-get": """
        file=${!#}
        name=$(dpkg-deb -f "$file" Package) version=$(dpkg-deb -f "$file" Version)
        echo "install $name $version" >>"$ROOT/done"
        [ ! -e "$ROOT/refuse-$name-$version" ] || exit 100
        echo "$version" >"$ROOT/installed-$name"
        dpkg-deb -f "$file" Build >"$ROOT/build-$name" """,
    "dpkg-query": 'cat "$ROOT/installed-${!#}" 2>/dev/null || { echo no packages found >&2; exit 1; }',
    "minitwitctl": """
        version=$(cat "$ROOT/installed-minitwitctl") build=$(cat "$ROOT/build-minitwitctl")
        [ "$1" != --version ] || { echo "minitwitctl ${version%%-*}${build:+ ($build)}"; exit 0; }
        echo "$*, by $version" >>"$ROOT/done"
        [ ! -e "$ROOT/no-migration-$version" ]""",
    "apache2ctl": 'echo "$*" >>"$ROOT/done"; [ ! -e "$ROOT/bad-configuration-$(cat "$ROOT/installed-libapache2-mod-minitwit")" ]',
    "systemctl": """
        echo "$*" >>"$ROOT/done"
        [ ! -e "$ROOT/deaf" ] || exit 0
        cp "$ROOT/installed-libapache2-mod-minitwit" "$ROOT/serves"
        cp "$ROOT/build-libapache2-mod-minitwit" "$ROOT/build" """,
}


class Host:
    """The files of its folder determine the answer of readyz."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir()

    def has(self, name):
        return (self.folder / name).exists()

    def mark(self, name, text=""):
        (self.folder / name).write_text(text)

    def text(self, name):
        return (self.folder / name).read_text().strip()

    def done(self):
        """The actions since the last call."""
        lines = self.text("done").splitlines() if self.has("done") else []
        self.mark("done")
        return lines

    def kept(self):
        """The version in each slot."""
        return {
            slot.name: next(slot.glob("libapache2-mod-minitwit_*")).name.split("_")[1]
            for slot in sorted((self.folder / "cache").iterdir()) if slot.is_dir()
        }  # fmt: skip

    def answer(self):
        version = self.text("serves") if self.has("serves") else None
        if version is None or self.has(f"sick-{version}"):
            return 503, {"status": "not ready", "version": version, "problem": "the database does not answer"}
        if self.has(f"lies-{version}"):
            version = "0.0.9"
        build = self.text("build")
        return 200, {"status": "ready", "version": version.split("-")[0]} | ({"revision": build} if build else {})


class Machines:
    def __init__(self, folder):
        self.folder = folder
        self.packages = folder / "packages"
        self.packages.mkdir()
        (folder / "bin").mkdir()
        for name, text in (*STUBS.items(), ("../ssh", SSH)):
            file = folder / "bin" / name
            file.write_text(text if text.startswith("#!") else f"#!/bin/bash\n{text}\n")
            file.chmod(0o755)
        self.hosts = {name: Host(folder / name) for name in ("one", "two")}
        machines = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                status, body = machines.hosts[self.path.split("/")[1]].answer()
                self.send_response(status)
                self.end_headers()
                self.wfile.write(json.dumps(body, separators=(",", ":")).encode())

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def package(self, version, build="", names=NAMES):
        """Builds packages. An empty build is one of the old builds without a revision."""
        for name in names:
            tree = self.folder / "tree" / "DEBIAN"
            tree.mkdir(parents=True, exist_ok=True)
            (tree / "control").write_text(
                f"Package: {name}\nVersion: {version}\nArchitecture: all\nMaintainer: Nobody <nobody@localhost>\n"
                f"{build and f'Build: {build}'}\nDescription: empty\n".replace("\n\n", "\n")
            )
            subprocess.run(
                ["dpkg-deb", "--root-owner-group", "-b", tree.parent, self.packages / f"{name}_{version}_all.deb"],
                check=True, stdout=subprocess.DEVNULL,
            )  # fmt: skip

    def command(self, *arguments, program=DEPLOY, wait=1):
        """The command line of a deployment to the host "one"."""
        one = self.folder / "one"
        return [
            program, "--packages", self.packages, "--wait", str(wait), "--health",
            f"http://127.0.0.1:{self.server.server_port}/one/readyz", "--cache", one / "cache", "--hooks", one / "hooks", *arguments,
        ]  # fmt: skip

    def environment(self, **variables):
        return os.environ | {"MINITWIT_SSH": f"{self.folder / 'ssh'} -x", "FAKE": str(self.folder)} | variables

    def run(self, command, **variables):
        done = subprocess.run(
            command, env=self.environment(**variables), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, check=False, timeout=120,
        )  # fmt: skip
        return done.returncode, done.stdout

    def deploy(self, *arguments, hosts=("one",)):
        return self.run(self.command(*arguments, *hosts))

    def hook(self, host, name, text="true"):
        file = self.hosts[host].folder / "hooks" / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(f'#!/bin/bash\necho "hook {name}" >>"$ROOT/done"\n{text}\n')
        file.chmod(0o755)


@pytest.fixture
def machines(tmp_path):
    with contextlib.closing(Machines(tmp_path)) as made:
        yield made


@pytest.fixture
def one(machines):
    """A host that serves version 1.0.0. The packages of 1.1.0 are ready."""
    machines.package("1.0.0")
    code, said = machines.deploy("--version", "1.0.0")
    assert code == 0, said
    machines.package("1.1.0")
    host = machines.hosts["one"]
    host.done()
    return host
