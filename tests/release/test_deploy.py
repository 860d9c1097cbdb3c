# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""scripts/deploy installs versions on hosts, and returns to the previous version if a step fails. conftest.py makes the
hosts."""

import os
import pathlib
import signal
import subprocess

import pytest

from release.conftest import DEPLOY
from support import installation, programs


def steps(version, migrate=True):
    return [
        f"install minitwitctl {version}",
        *([f"migrate --dsn dbname=minitwit user=minitwit_owner, by {version}"] if migrate else []),
        f"install libapache2-mod-minitwit {version}", "configtest", "restart apache2",
    ]  # fmt: skip


def test_a_version_is_installed_and_rolled_back(machines, one):
    code, said = machines.deploy("--version", "1.1.0")
    assert code == 0 and "one: version 1.1.0 serves" in said, said
    assert one.done() == steps("1.1.0")
    assert one.kept() == {"current": "1.1.0", "previous": "1.0.0"}
    code, said = machines.deploy("--rollback", "--version", "1.0.0")
    assert code == 0 and one.text("serves") == "1.0.0", said
    # The schema stays.
    assert one.done() == steps("1.0.0", migrate=False)
    # A second rollback returns to the newer version.
    code, said = machines.deploy("--rollback")
    assert code == 0 and one.text("serves") == "1.1.0", said
    assert one.kept() == {"current": "1.1.0", "previous": "1.0.0"}


def test_readyz_does_not_name_the_debian_revision(machines, one):
    machines.package("1.1.0-2")
    code, said = machines.deploy("--version", "1.1.0-2")
    assert code == 0 and one.kept()["current"] == "1.1.0-2", said


def test_the_same_version_is_installed_again(machines, one):
    code, said = machines.deploy("--version", "1.0.0")
    assert code == 0, said
    assert one.done() == steps("1.0.0")
    assert one.kept() == {"current": "1.0.0", "previous": "1.0.0"}


def test_another_build_of_the_same_version(machines, one):
    """readyz names the build, so the deployment fails if the old build still serves."""
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


def test_packages_of_two_builds_are_refused(machines, one):
    machines.package("1.1.0", "aaaa")
    machines.package("1.1.0", "bbbb", ["minitwitctl"])
    code, said = machines.deploy("--version", "1.1.0")
    assert code == 1 and "answers with version 1.1.0 (aaaa), not 1.1.0 (bbbb)" in said, said
    # The old packages name no revision, so the rollback compares only the version.
    assert one.text("serves") == "1.0.0" and one.text("build") == ""


def test_hooks_run_before_and_after_their_steps(machines, one):
    for name in ("backup", "leave", "join"):
        machines.hook("one", name)
    assert machines.deploy("--version", "1.1.0")[0] == 0
    new = steps("1.1.0")
    assert one.done() == ["hook backup", *new[:-1], "hook leave", new[-1], "hook join"]
    # A rollback must be quick.
    assert machines.deploy("--rollback")[0] == 0
    assert "hook backup" not in one.done()


@pytest.mark.parametrize(
    ("trouble", "message"),
    [
        ("sick-1.1.0", "answers 503: {\"status\":\"not ready\""),
        ("lies-1.1.0", "answers with version 0.0.9, not 1.1.0"),
        ("no-migration-1.1.0", "minitwitctl migrate failed"),
        ("refuse-minitwitctl-1.1.0", "apt-get could not install minitwitctl"),
        ("refuse-libapache2-mod-minitwit-1.1.0", "apt-get could not install libapache2-mod-minitwit"),
        ("bad-configuration-1.1.0", "httpd rejects its configuration"),
    ],
)
def test_a_failed_deployment_is_rolled_back(machines, one, trouble, message):
    one.mark(trouble)
    code, text = machines.deploy("--version", "1.1.0", hosts=("one", "two"))
    assert code == 1 and message in text and "version 1.0.0 serves again" in text, text
    assert "Not changed: two" in text
    assert one.done()[-4:] == steps("1.0.0", migrate=False)
    assert one.text("serves") == one.text("installed-minitwitctl") == one.text("installed-libapache2-mod-minitwit") == "1.0.0"
    assert one.kept() == {"current": "1.0.0"}
    assert not machines.hosts["two"].has("done")


def test_a_failed_rollback_is_undone(machines, one):
    assert machines.deploy("--version", "1.1.0")[0] == 0
    one.mark("sick-1.0.0")
    code, said = machines.deploy("--rollback")
    assert code == 1 and "version 1.1.0 serves again" in said, said
    assert one.text("serves") == "1.1.0"
    assert one.kept() == {"current": "1.1.0", "previous": "1.0.0"}


def test_a_failed_rollback_after_a_failed_deployment(machines, one):
    one.mark("sick-1.1.0")
    one.mark("sick-1.0.0")
    code, said = machines.deploy("--version", "1.1.0")
    assert code == 3 and "DOES NOT SERVE EITHER" in said, said
    assert one.kept() == {"current": "1.0.0"}


def test_the_first_installation_cannot_be_rolled_back(machines):
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


def test_without_a_previous_version_nothing_is_changed(machines, one):
    # An operator has installed another version by hand.
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


def test_a_second_deployment_at_the_same_time_is_refused(machines, one):
    lock = one.folder / "cache" / "lock"
    with subprocess.Popen(["flock", lock, "sh", "-c", "echo held; read -r line"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as held:
        assert held.stdout.readline() == b"held\n"
        code, said = machines.deploy("--version", "1.1.0")
        held.communicate()
    assert code == 1 and "another deployment is running" in said, said
    assert one.done() == [] and set(one.kept()) == {"current"}


def test_a_host_completes_its_deployment_without_a_connection(machines, one):
    """The connection is closed while the host installs."""
    machines.hook("one", "backup", 'echo "$PPID" >"$ROOT/pid"; read -r line <"$ROOT/gate"')
    os.mkfifo(one.folder / "gate")
    # If nohup starts the tests, all programs inherit that the signal is ignored.
    former = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    deploy = subprocess.Popen(
        machines.command("--version", "1.1.0", "one", wait=5), env=machines.environment(), stdout=subprocess.PIPE,
        stdin=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    signal.signal(signal.SIGHUP, former)
    with deploy:
        installation.wait_until(lambda: one.has("pid") and one.text("pid"), "the backup to begin")
        # When a terminal is closed, all processes of the session get the signal, and nothing reads the pipe.
        os.killpg(deploy.pid, signal.SIGHUP)
        deploy.stdout.close()
    (one.folder / "gate").write_text("\n")
    installation.wait_until(lambda: one.kept().get("current") == "1.1.0", "the host to complete the deployment")
    assert one.text("serves") == "1.1.0"


@pytest.mark.parametrize(
    ("arguments", "message"),
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
def test_invalid_arguments_are_refused(machines, one, arguments, message):
    code, text = machines.deploy(*arguments, hosts=())
    assert code == 1 and message in text, text
    assert one.done() == []


def test_help():
    code, said = programs.run(DEPLOY, "--help")
    assert code == 0 and pathlib.Path(DEPLOY).name in said.splitlines()[0]


# ---- scripts/ci-deploy -----------------------------------------------------------------------------------------------


def test_a_workflow_deploys(machines, one):
    """The key and the known hosts come from the environment. The script writes them to private files and deletes these
    at the end."""
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
    variables = {
        "MINITWIT_SSH": str(spy), "DEPLOY_HOSTS": "one", "DEPLOY_KEY": "the key", "TMPDIR": str(machines.folder / "tmp"),
    }  # fmt: skip
    (machines.folder / "tmp").mkdir()
    command = machines.command("--version", "1.1.0", program=DEPLOY.parent / "ci-deploy")
    code, said = machines.run(command, DEPLOY_KNOWN_HOSTS="one ssh-ed25519 AAAA", **variables)
    assert code == 0 and one.text("serves") == "1.1.0", said
    seen = (machines.folder / "options").read_text()
    assert "StrictHostKeyChecking=yes" in seen and "\n600\nthe key\n" in seen and "in the environment" not in seen
    assert list((machines.folder / "tmp").glob("tmp.*/key")) == []
    code, said = machines.run(command, **variables)
    assert code == 1 and "DEPLOY_KNOWN_HOSTS is not set" in said
