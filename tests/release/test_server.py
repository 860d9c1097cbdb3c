# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""deploy/server refuses wrong arguments before it examines the machine. scripts/try-server tests the rest in a bare
system."""

import os
import pathlib
import shutil

import pytest
import yaml

from support import installation, programs

DEPLOY = installation.SOURCE / "deploy"


OS_RELEASE = pathlib.Path("/etc/os-release")
as_root_on_debian = pytest.mark.skipif(
    os.geteuid() != 0
    or not {"VERSION_CODENAME=trixie", "VERSION_CODENAME=bookworm"} & set(OS_RELEASE.read_text(encoding="utf-8").splitlines()),
    reason="deploy/server accepts only root, and only Debian 13 and 12",
)


@as_root_on_debian
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "--name must be the name of the site"),
        (("--name", "minitwit"), "--name must be the name of the site"),
        (("--name", "a.example/x"), "--name must be the name of the site"),
        (("--name", "a.example"), "no certificate was named"),
        (("--name", "a.example", "--certificate", "/dev/null"), "no certificate was named"),
        (("--name", "a.example", "--email", "nobody"), "not an e-mail address"),
        (("--name", "a.example", "--email", "a@b.example", "--key", "/dev/null"), "cannot use both"),
        (("--name", "a.example", "--email", "a@b.example", "--ssh-port", "ssh"), "--ssh-port must be a number"),
        (("--name", "a.example", "--email", "a@b.example", "--ssh-port", "65536"), "at most 65535"),
        (("--nome", "a.example"), "unknown option"),
        (("--name",), "--name needs a value"),
    ],
)
def test_wrong_arguments_are_refused(arguments, message):
    code, text = programs.run(DEPLOY / "server", "--check", *arguments)
    assert code == 1 and message.lower() in text.lower(), text


# The output of "sshd -T" if all ListenAddress lines name a port. Then the line "port" has no meaning.
SSHD = """port 22
listenaddress 0.0.0.0:2222
listenaddress [::]:2222
listenaddress 192.0.2.1:2022 rdomain inside
permitrootlogin no
authorizedkeyscommand /usr/bin/keys
"""


@as_root_on_debian
def test_the_firewall_keeps_the_port_of_ssh_open(tmp_path):
    sshd = tmp_path / "sshd"
    sshd.write_text("#!/bin/sh\ncat <<'END'\n" + SSHD + "END\n")
    sshd.chmod(0o755)
    command = (
        "env", f"PATH={tmp_path}:{os.environ['PATH']}", DEPLOY / "server", "--check", "--ssh-passwords", "--name", "a.example", "--email", "a@b.example"
    )  # fmt: skip
    code, said = programs.run(*command)
    assert code == 1 and "sshd listens on port 2022 2222," in said and "--ssh-port" in said
    code, said = programs.run(*command, "--ssh-port", "2022")
    assert "sshd listens" not in said and "dport { 80, 443, 2022 }" in said


def _check(folder):
    """The command that prints all changes. It only looks at the names of the packages."""
    for package in ("minitwitctl", "libapache2-mod-minitwit"):
        (folder / f"{package}_1_all.deb").touch()
    return [DEPLOY / "server", "--check", "--packages", folder, "--name", "a.example", "--email", "a@b.example"]


@as_root_on_debian
def test_the_operator_needs_a_key(tmp_path):
    """Another account's key does not let the operator log in. Neither does root's key if sshd refuses root, nor the key
    of an account that sshd's lists refuse."""
    key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGtleS1vZi1hLXRlc3QtdGhhdC1ub2JvZHktaGFz test\n"
    sshd = tmp_path / "sshd"
    sshd.write_text(
        f'#!/bin/sh\nprintf "permitrootlogin %s\\nauthorizedkeysfile {tmp_path}/%%u.keys\\n$MORE\\n" $ROOT\n'
    )
    lists = "neither the account postgres nor root has a key"
    logname = tmp_path / "logname"
    logname.write_text('#!/bin/sh\n[ -n "$LOGIN" ] && echo "$LOGIN"\n')
    for program in (sshd, logname):
        program.chmod(0o755)
    for sudo, login, root, keys, problem, *more in (
        ("postgres", "", "yes", {"sync": key}, "neither the account postgres nor root has a key"),
        ("", "postgres", "yes", {"sync": key}, "neither the account postgres nor root has a key"),
        ("", "root", "yes", {"sync": key}, "root has no key"),
        ("postgres", "", "no", {"root": key}, "neither the account postgres nor root has a key"),
        ("postgres", "", "yes", {"root": 'command="echo no" ' + key}, "neither the account postgres nor root has a key"),
        ("", "", "yes", {}, "no account has a key"),
        ("postgres", "", "no", {"postgres": key}, None),
        ("", "postgres", "no", {"postgres": key}, None),
        ("postgres", "", "without-password", {"root": key}, None),
        ("", "", "no", {"sync": key}, None),
        ("postgres", "", "yes", {"root": key}, lists, "allowusers postgres"),
        ("postgres", "", "yes", {"root": key}, None, "allowusers sync", "allowusers roo?"),
        ("postgres", "", "yes", {"root": key}, None, "allowusers root@192.0.2.0/24", "denyusers root@198.51.100.1"),
        ("postgres", "", "yes", {"root": key}, lists, "allowusers *", "denyusers r*t"),
        ("postgres", "", "no", {"postgres": key}, lists, "allowgroups ssh", "allowgroups admin"),
        ("postgres", "", "no", {"postgres": key}, None, "allowgroups ssh", "allowgroups post*"),
        ("postgres", "", "no", {"postgres": key}, lists, "allowgroups !postgres", "allowgroups *"),
        ("postgres", "", "no", {"postgres": key}, lists, "denygroups postgres"),
        ("postgres", "", "no", {"postgres": key}, lists, "allowusers postgres", "denygroups postgres"),
        ("", "", "no", {"sync": key}, "no account has a key", "allowusers postgres"),
        ("postgres", "", "no", {"postgres": key}, lists, "pubkeyauthentication no"),
        ("postgres", "", "no", {"postgres": key}, lists, "authenticationmethods publickey,password"),
        ("postgres", "", "no", {"postgres": key}, None, "authenticationmethods publickey,password publickey"),
        ("postgres", "", "no", {}, None, "authorizedkeyscommand /usr/bin/keys", "allowusers postgres"),
        ("postgres", "", "no", {}, lists, "authorizedkeyscommand /usr/bin/keys", "allowusers root"),
        ("postgres", "", "no", {}, lists, "authorizedkeyscommand /usr/bin/keys", "pubkeyauthentication no"),
    ):  # fmt: skip
        for file in tmp_path.glob("*.keys"):
            file.unlink()
        for account, text in keys.items():
            (tmp_path / f"{account}.keys").write_text(text)
        code, said = programs.run(
            "env", f"PATH={tmp_path}:{os.environ['PATH']}", f"SUDO_USER={sudo}", f"LOGIN={login}", f"ROOT={root}",
            "MORE=" + "\\n".join(["authorizedkeyscommand none", *more]), *_check(tmp_path),
        )  # fmt: skip
        assert (problem or "sshd accepts only keys") in said, (sudo, login, root, keys, more, said)
        assert code == (1 if problem else 2), said
        # A stricter setting stays in force.
        assert problem or ("PermitRootLogin prohibit-password" in said) == (root != "no"), said


@as_root_on_debian
def test_units_of_earlier_versions_are_deleted(tmp_path):
    """They would replace the units of the package. Units stay if the package has none."""
    old = "cd /etc/systemd/system && touch minitwit-backup.service minitwit-backup.timer minitwit-prune.timer"
    for package, deleted in (
        ("minitwit-backup.timer minitwit-prune.timer", ["minitwit-backup.timer", "minitwit-backup.service", "minitwit-prune.timer"]),
        ("apache2.service", []),
    ):
        _, said = programs.run(
            "unshare", "--mount", "sh", "-ec",
            "for folder in etc usr/lib; do mount -t tmpfs tmpfs /$folder/systemd/system; done; "
            f"{old}; cd /usr/lib/systemd/system && touch {package}; cd /; exec \"$@\"",
            "sh", *_check(tmp_path), "--ssh-passwords",
        )  # fmt: skip
        found = [line.split("/")[-1] for line in said.splitlines() if line.startswith("file /etc/systemd/system/") and "delete" in line]
        assert found == [f"{unit}: delete" for unit in deleted], said
        assert "systemd: reload its files" in said


@as_root_on_debian
def test_the_firewall_is_set_up_before_apache(tmp_path):
    """The machine has no packages yet."""
    query = tmp_path / "dpkg-query"
    query.write_text("#!/bin/sh\nexit 1\n")
    query.chmod(0o755)
    _, said = programs.run(
        "env", f"PATH={tmp_path}:{os.environ['PATH']}", DEPLOY / "server", "--check", "--ssh-passwords", "--name", "a.example", "--email", "a@b.example"
    )  # fmt: skip
    steps = [line for line in said.splitlines() if line.startswith(("packages ", "service nftables: "))]
    assert steps[0] == "packages nftables" and steps[1] == "service nftables: restart", said
    assert [step.split()[:2] for step in steps if step.startswith("packages ")][1] == ["packages", "apache2"]


@pytest.mark.skipif(os.geteuid() != 0, reason="deploy/server accepts only root")
@pytest.mark.parametrize(
    ("codename", "is_accepted"), [("trixie", True), ("bookworm", True), ("bullseye", False), ("noble", False), ("trixie-like", False)]
)
def test_only_debian_12_and_13_are_accepted(tmp_path, codename, is_accepted):
    """If the release is accepted, the script fails at its next check. It reads another file instead of
    /etc/os-release."""
    release = tmp_path / "os-release"
    release.write_text(f"ID=debian\nVERSION_CODENAME={codename}\n")
    grep = tmp_path / "grep"
    grep.write_text(f"""#!/bin/sh
case "$*" in
*" /etc/os-release") exec {shutil.which("grep")} "$1" "$2" {release} ;;
*) exec {shutil.which("grep")} "$@" ;;
esac
""")
    grep.chmod(0o755)
    code, said = programs.run("env", f"PATH={tmp_path}:{os.environ['PATH']}", DEPLOY / "server", "--check", "--name", "a")
    assert code == 1 and ("--name must be the name of the site" if is_accepted else "this is not Debian 13 or 12") in said, said


def test_cloud_init_runs_the_script():
    text = (DEPLOY / "cloud-init.yaml").read_text(encoding="utf-8")
    assert text.startswith("#cloud-config\n")
    document = yaml.safe_load(text)
    script = next(file["content"] for file in document["write_files"] if file["path"] == document["runcmd"][0][0])
    code, said = programs.run("bash", "-n", text=script)
    assert (code, said) == (0, "")
    code, said = programs.run("shellcheck", "-e", "SC1091,SC2154", "-", text=script)
    assert code == 0, said
    assert "deploy/server --name" in script
