# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""scripts/deploy on hosts that are folders: programs in place of apt-get, systemctl and the like, a server of the test's own in
place of httpd. The packages are real ones, though empty, and curl asks in earnest."""

import contextlib
import http.server
import json
import os
import pathlib
import signal
import subprocess
import threading

import pytest

from support import installation, programs

DEPLOY = installation.SOURCE / "scripts" / "deploy"
NAMES = ("minitwitctl", "libapache2-mod-minitwit")

# The host's shell does what comes, as ssh's does.
SSH = r"""#!/bin/bash
while [ "$1" != -- ]; do shift; done
export HOST=$2 ROOT=$FAKE/$2
[ "$2" != away ] || exit 255
PATH=$FAKE/bin:$PATH exec sh -c "$3"
"""
# What the programs of a host do is written to its folder's "done".
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
    """What readyz answers is in its files."""

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
        """Since it was asked last."""
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
        """Of a build that told no revision yet, if build is empty."""
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

    def deploy(self, *arguments, hosts=("one",), health="one"):
        environment = os.environ | {"MINITWIT_SSH": f"{self.folder / 'ssh'} -x", "FAKE": str(self.folder)}
        done = subprocess.run(
            [
                DEPLOY, "--packages", self.packages, "--wait", "1", "--health",
                f"http://127.0.0.1:{self.server.server_port}/{health}/readyz",
                "--cache", str(self.folder / health / "cache"), "--hooks", str(self.folder / health / "hooks"), *arguments, *hosts,
            ],
            env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
            timeout=120,
        )  # fmt: skip
        return done.returncode, done.stdout

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
    """A host with version 1.0.0, and the packages of 1.1.0 here."""
    machines.package("1.0.0")
    code, said = machines.deploy("--version", "1.0.0")
    assert code == 0, said
    machines.package("1.1.0")
    host = machines.hosts["one"]
    host.done()
    return host


def steps(version, migrate=True):
    return [
        f"install minitwitctl {version}",
        *([f"migrate --dsn dbname=minitwit user=minitwit_owner, by {version}"] if migrate else []),
        f"install libapache2-mod-minitwit {version}", "configtest", "restart apache2",
    ]  # fmt: skip


def test_a_version_comes_and_goes_back_by_one_command(machines, one):
    code, said = machines.deploy("--version", "1.1.0")
    assert code == 0 and "one: version 1.1.0 serves" in said, said
    assert one.done() == steps("1.1.0")
    assert one.kept() == {"current": "1.1.0", "previous": "1.0.0"}
    code, said = machines.deploy("--rollback", "--version", "1.0.0")
    assert code == 0 and one.text("serves") == "1.0.0", said
    # The schema stays.
    assert one.done() == steps("1.0.0", migrate=False)
    # And forward again.
    code, said = machines.deploy("--rollback")
    assert code == 0 and one.text("serves") == "1.1.0", said
    assert one.kept() == {"current": "1.1.0", "previous": "1.0.0"}


def test_a_revision_of_the_package_is_not_in_readyz(machines, one):
    machines.package("1.1.0-2")
    code, said = machines.deploy("--version", "1.1.0-2")
    assert code == 0 and one.kept()["current"] == "1.1.0-2", said


def test_the_same_version_is_installed_anew(machines, one):
    code, said = machines.deploy("--version", "1.0.0")
    assert code == 0, said
    assert one.done() == steps("1.0.0")
    assert one.kept() == {"current": "1.0.0", "previous": "1.0.0"}


def test_another_build_of_the_same_version(machines, one):
    """What serves tells which build it is, so that one that was not started is not taken for one that was."""
    machines.package("1.1.0", "aaaa")
    code, said = machines.deploy("--version", "1.1.0")
    assert code == 0 and "one: version 1.1.0 serves: aaaa" in said, said
    machines.package("1.1.0", "bbbb-dirty")
    one.mark("deaf")
    code, said = machines.deploy("--version", "1.1.0")
    assert code == 1 and "answers with version 1.1.0 (aaaa), not 1.1.0 (bbbb-dirty)" in said, said
    assert "version 1.1.0 serves again" in said
    assert one.text("build-minitwitctl") == one.text("build-libapache2-mod-minitwit") == one.text("build") == "aaaa"
    (one.folder / "deaf").unlink()
    code, said = machines.deploy("--version", "1.1.0")
    assert code == 0 and one.text("build") == "bbbb-dirty", said
    code, said = machines.deploy("--rollback", "--version", "1.1.0")
    assert code == 0 and one.text("build") == "aaaa" and "serves: aaaa" in said, said


def test_packages_of_two_builds(machines, one):
    machines.package("1.1.0", "aaaa")
    machines.package("1.1.0", "bbbb", ["minitwitctl"])
    code, said = machines.deploy("--version", "1.1.0")
    assert code == 1 and "answers with version 1.1.0 (aaaa), not 1.1.0 (bbbb)" in said, said
    # And those of before, which name no revision, are waited for by their version alone.
    assert one.text("serves") == "1.0.0" and one.text("build") == ""


def test_hooks_run_in_their_places(machines, one):
    for name in ("backup", "leave", "join"):
        machines.hook("one", name)
    assert machines.deploy("--version", "1.1.0")[0] == 0
    new = steps("1.1.0")
    assert one.done() == ["hook backup", *new[:-1], "hook leave", new[-1], "hook join"]
    # Going back is not the time to lose time.
    assert machines.deploy("--rollback")[0] == 0
    assert "hook backup" not in one.done()


@pytest.mark.parametrize(
    ("trouble", "said"),
    [
        ("sick-1.1.0", "answers 503: {\"status\":\"not ready\""),
        ("lies-1.1.0", "answers with version 0.0.9, not 1.1.0"),
        ("no-migration-1.1.0", "minitwitctl migrate failed"),
        ("refuse-minitwitctl-1.1.0", "apt-get could not install minitwitctl"),
        ("refuse-libapache2-mod-minitwit-1.1.0", "apt-get could not install libapache2-mod-minitwit"),
        ("bad-configuration-1.1.0", "httpd rejects its configuration"),
    ],
)
def test_what_fails_is_taken_back(machines, one, trouble, said):
    one.mark(trouble)
    code, text = machines.deploy("--version", "1.1.0", hosts=("one", "two"))
    assert code == 1 and said in text and "version 1.0.0 serves again" in text, text
    assert "Not changed: two" in text
    assert one.done()[-4:] == steps("1.0.0", migrate=False)
    assert one.text("serves") == one.text("installed-minitwitctl") == one.text("installed-libapache2-mod-minitwit") == "1.0.0"
    assert one.kept() == {"current": "1.0.0"}
    assert not machines.hosts["two"].has("done")
    # The next one may be better.
    (one.folder / trouble).unlink()
    assert machines.deploy("--version", "1.1.0")[0] == 0


def test_a_rollback_that_fails_is_taken_back(machines, one):
    assert machines.deploy("--version", "1.1.0")[0] == 0
    one.mark("sick-1.0.0")
    code, said = machines.deploy("--rollback")
    assert code == 1 and "version 1.1.0 serves again" in said, said
    assert one.text("serves") == "1.1.0"
    assert one.kept() == {"current": "1.1.0", "previous": "1.0.0"}


def test_no_way_forth_and_none_back(machines, one):
    one.mark("sick-1.1.0")
    one.mark("sick-1.0.0")
    code, said = machines.deploy("--version", "1.1.0")
    assert code == 3 and "DOES NOT SERVE EITHER" in said, said
    assert one.kept() == {"current": "1.0.0"}


def test_the_first_installation_has_no_way_back(machines):
    machines.package("1.0.0")
    machines.hosts["one"].mark("sick-1.0.0")
    code, said = machines.deploy("--version", "1.0.0")
    assert code == 3 and "There is no previous version to go back to" in said, said


def test_without_a_backup_nothing_is_changed(machines, one):
    machines.hook("one", "backup", "exit 1")
    code, said = machines.deploy("--version", "1.1.0")
    assert code == 1 and "the backup failed, so nothing was changed" in said, said
    assert one.done() == ["hook backup"]
    assert one.kept() == {"current": "1.0.0"}


def test_without_a_way_back_nothing_is_changed(machines, one):
    # Somebody has installed another version by hand.
    one.mark("installed-libapache2-mod-minitwit", "1.0.1\n")
    code, said = machines.deploy("--version", "1.1.0")
    assert code == 1 and "version 1.0.1 is installed, but its packages are not" in said, said
    assert one.done() == []
    one.mark("installed-libapache2-mod-minitwit", "1.0.0\n")
    code, said = machines.deploy("--rollback")
    assert code == 1 and "there are no packages in" in said, said
    assert machines.deploy("--version", "1.1.0")[0] == 0
    one.done()
    code, said = machines.deploy("--rollback", "--version", "0.9.0")
    assert code == 1 and "have version 1.0.0, not 0.9.0" in said, said
    assert one.done() == []


def test_two_at_once(machines, one):
    lock = one.folder / "cache" / "lock"
    with subprocess.Popen(["flock", lock, "sh", "-c", "echo held; read -r line"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as held:
        assert held.stdout.readline() == b"held\n"
        code, said = machines.deploy("--version", "1.1.0")
        held.communicate()
    assert code == 1 and "another deployment is running" in said, said
    assert one.done() == [] and set(one.kept()) == {"current"}


def test_a_lost_connection_does_not_end_what_was_begun(machines, one):
    """The host's end of the connection is closed while it installs."""
    machines.hook("one", "backup", 'echo "$PPID" >"$ROOT/pid"; read -r line <"$ROOT/gate"')
    os.mkfifo(one.folder / "gate")
    command = [
        DEPLOY, "--packages", machines.packages, "--wait", "5", "--health",
        f"http://127.0.0.1:{machines.server.server_port}/one/readyz", "--cache", one.folder / "cache", "--hooks", one.folder / "hooks",
        "--version", "1.1.0", "one",
    ]  # fmt: skip
    environment = os.environ | {"MINITWIT_SSH": str(machines.folder / "ssh"), "FAKE": str(machines.folder)}
    # Where nohup starts the tests, the signal is ignored, and every program inherits that.
    former = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    deploy = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, start_new_session=True)
    signal.signal(signal.SIGHUP, former)
    with deploy:
        installation.wait_until(lambda: one.has("pid") and one.text("pid"), "the backup to begin")
        # As when the terminal goes away: everything that is in the session is told, and the pipe has no reader.
        os.killpg(deploy.pid, signal.SIGHUP)
        deploy.stdout.close()
    (one.folder / "gate").write_text("\n")
    installation.wait_until(lambda: one.kept().get("current") == "1.1.0", "the host to go on by itself")
    assert one.text("serves") == "1.1.0"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("one",), "no version was named"),
        (("--version", "1.1.0"), "no host was named"),
        (("--version", "v1", "one"), "not a version"),
        (("--version", "1.1.0;reboot", "one"), "not a version"),
        (("--version", "2.0.0", "one"), "there is no minitwitctl_2.0.0_*.deb"),
        (("--version", "1.1.0", "one;reboot"), "not a host name"),
        (("--version", "1.1.0", "-oProxyCommand=reboot"), "unknown option"),
        (("--version", "1.1.0", "--wait", "soon", "one"), "--wait needs a number of seconds"),
        (("--version", "1.1.0", "--cache", "/a b", "one"), "not a folder for a host"),
        (("--version", "1.1.0", "away"), "could not be reached"),
        (("--version",), "--version needs a value"),
    ],
)
def test_what_cannot_be_deployed(machines, one, arguments, said):
    code, text = machines.deploy(*arguments, hosts=())
    assert code == 1 and said in text, text
    assert one.done() == []


def test_help():
    code, said = programs.run(DEPLOY, "--help")
    assert code == 0 and pathlib.Path(DEPLOY).name in said.splitlines()[0]


# ---- what the workflows call -----------------------------------------------------------------------------------------


def test_deployment_without_an_ssh_of_its_own(machines, one):
    """scripts/ci-deploy: key and known hosts come from the environment, lie in files of its own, and are gone afterwards."""
    spy = machines.folder / "spy"
    spy.write_text(
        f"""#!/bin/bash
        printf '%s\\n' "$*" >>"$FAKE/options"
        [ -z "${{DEPLOY_KEY:-}}" ] || echo "the key is in the environment" >>"$FAKE/options"
        while [ $# -gt 0 ] && [ "$1" != -i ]; do shift; done
        stat -c %a "$2" >>"$FAKE/options"
        cat "$2" >>"$FAKE/options"
        exec {machines.folder / "ssh"} "$@"
        """
    )
    spy.chmod(0o755)
    environment = os.environ | {
        "MINITWIT_SSH": str(spy), "FAKE": str(machines.folder), "DEPLOY_HOSTS": "one", "DEPLOY_KEY": "the key",
        "DEPLOY_KNOWN_HOSTS": "one ssh-ed25519 AAAA", "TMPDIR": str(machines.folder / "tmp"),
    }  # fmt: skip
    (machines.folder / "tmp").mkdir()
    command = [
        DEPLOY.parent / "ci-deploy", "--packages", machines.packages, "--version", "1.1.0", "--cache", one.folder / "cache",
        "--health", f"http://127.0.0.1:{machines.server.server_port}/one/readyz",
    ]  # fmt: skip
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, timeout=120)
    assert done.returncode == 0 and one.text("serves") == "1.1.0", done.stdout
    seen = (machines.folder / "options").read_text()
    assert "StrictHostKeyChecking=yes" in seen and "\n600\nthe key\n" in seen and "in the environment" not in seen
    assert list((machines.folder / "tmp").glob("tmp.*/key")) == []
    del environment["DEPLOY_KNOWN_HOSTS"]
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, timeout=120)
    assert done.returncode == 1 and "DEPLOY_KNOWN_HOSTS is not set" in done.stdout
