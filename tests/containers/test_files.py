# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""The files beside the image, without an engine: the real programs read the compose and stack files, and scripts make
secrets, a database and a swarm."""

import os
import pathlib
import re
import shutil
import stat
import subprocess

import psycopg2
import pytest

from support import installation, programs

DOCKER = installation.SOURCE / "docker"
SECRETS = {
    "api_credentials", "chat_webhook_url", "grafana_admin_password", "minitwit_owner_password", "minitwit_site_password",
    "monitor_password", "postgres_password", "smtp_password", "watchdog_token",
}  # fmt: skip
OTHERS = {"chat_webhook_url", "smtp_password", "watchdog_token"}  # from other providers
DOCKER_HAS_STACK = shutil.which("docker") and programs.run("docker", "stack", "config", "--help")[0] == 0


def contents(folder):
    return {path.name: path.read_text() for path in pathlib.Path(folder).iterdir()}


def test_compose_accepts_its_file():
    code, said = programs.run("docker-compose", "-f", DOCKER / "compose.yaml", "config", "-q")
    assert (code, said) == (0, "")


@pytest.mark.skipif(not DOCKER_HAS_STACK, reason="Docker's client, which Debian installs only with an engine, is missing")
def test_swarm_accepts_its_file():
    command = ("docker", "stack", "config", "-c", DOCKER / "stack.yaml")
    code, said = programs.run("env", "MINITWIT_IMAGE=registry.example/minitwit:1", *command)
    assert code == 0, said
    # All nodes must use the same image.
    code, said = programs.run("env", "-u", "MINITWIT_IMAGE", *command)
    assert code != 0 and "MINITWIT_IMAGE" in said


def test_secrets_are_made_once_and_for_their_owner(tmp_path):
    folder = tmp_path / "secrets"
    assert programs.run(DOCKER / "make-secrets", folder)[0] == 0
    made = contents(folder)
    assert set(made) == SECRETS
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    for name, content in made.items():
        assert content == "" if name in OTHERS else len(content.rpartition(":")[2]) == 32, name
        assert stat.S_IMODE((folder / name).stat().st_mode) == 0o444, name
    assert len({content for name, content in made.items() if name not in OTHERS}) == len(SECRETS - OTHERS)
    assert made["api_credentials"].startswith("simulator:")
    (folder / "monitor_password").unlink()
    code, said = programs.run(DOCKER / "make-secrets", folder)
    assert code == 0
    again = contents(folder)
    assert again.pop("monitor_password") != made.pop("monitor_password")
    assert again == made
    assert "kept  postgres_password" in said


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount the folders of the PostgreSQL image")
def test_the_database_of_compose(own_cluster, tmp_path):
    """docker/postgresql/minitwit.sh sets up a database. The test mounts the folders of the PostgreSQL image."""
    tmp_path.chmod(0o755)
    secrets = tmp_path / "secrets"
    assert programs.run(DOCKER / "make-secrets", secrets)[0] == 0
    # Characters with a meaning for psql, SQL or the shell.
    odd = "it's \\ $x `date` \"%\""
    (secrets / "minitwit_site_password").unlink()
    # With a CRLF, and a second line.
    (secrets / "minitwit_site_password").write_text(odd + "\r\nmore\r\n")
    start = """
        set -eu
        mount -t tmpfs tmpfs /run
        mount -t tmpfs tmpfs /usr/local/share
        mkdir -p /run/secrets /usr/local/share/minitwit
        cp "$1"/* /run/secrets/
        cp "$2/sql/roles.sql" /usr/local/share/minitwit/
        chmod -R a+rX /run/secrets /usr/local/share/minitwit
        exec setpriv --reuid postgres --regid postgres --clear-groups bash -s <"$2/docker/postgresql/minitwit.sh"
    """
    code, said = programs.run(
        "env", "POSTGRES_USER=postgres", f"PGHOST={own_cluster.socket_folder}", "unshare", "--mount", "--propagation",
        "private", "sh", "-c", start, "start", secrets, installation.SOURCE,
    )  # fmt: skip
    assert (code, said) == (0, "")
    rules = own_cluster.data / "pg_hba.conf"
    before = rules.read_text()
    rules.write_text("local all minitwit_owner,minitwit_site,minitwit_monitor scram-sha-256\n" + before)
    own_cluster.psql("SELECT pg_reload_conf()")

    def ask(role, password, query):
        with psycopg2.connect(
            host=str(own_cluster.socket_folder), dbname="minitwit", user=role, password=password
        ) as connection, connection.cursor() as cursor:
            cursor.execute(query)
            return cursor.fetchone()[0]

    assert ask("minitwit_site", odd, "SELECT 1") == 1
    assert ask("minitwit_monitor", (secrets / "monitor_password").read_text(), "SELECT count(*) > 0 FROM pg_stat_activity")
    owner = (secrets / "minitwit_owner_password").read_text()
    assert ask("minitwit_owner", owner, "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'minitwit'") == (
        "minitwit_owner"
    )
    with pytest.raises(psycopg2.OperationalError):
        ask("minitwit_site", "wrong", "SELECT 1")
    environment = f"PGPASSWORD={owner}"
    dsn = f"host={own_cluster.socket_folder} dbname=minitwit user=minitwit_owner"
    code, said = programs.run("env", environment, installation.CTL, "--dsn", dsn, "migrate", "--sql", installation.MIGRATIONS)
    assert code == 0, said
    for secret in (owner, odd):
        assert secret not in own_cluster.log.read_text()
    own_cluster.psql("DROP DATABASE minitwit WITH (FORCE)")
    rules.write_text(before)
    own_cluster.psql("SELECT pg_reload_conf()")


def test_the_entrypoint_reads_a_secret(tmp_path):
    """The entrypoint drops the CR of a CRLF, and refuses a secret that no password can match."""
    program = tmp_path / "minitwitctl"
    program.write_text("#!/bin/sh\nprintf '[%s]' \"$PGPASSWORD\"\n")
    program.chmod(0o755)
    entrypoint = DOCKER / "image/usr/libexec/minitwit/entrypoint"
    for content, code, said in (
        (b"pass word\n", 0, "[pass word]"),
        (b"pass word", 0, "[pass word]"),
        (b"pass word\r\nmore\r\n", 0, "[pass word]"),
        (b"\xef\xbb\xbfpass word\r\n", 1, "standard input begins with a byte order mark"),
        ("pass word\n".encode("utf-16"), 1, "standard input begins with a byte order mark"),
        (b"\r\n", 1, "the first line of standard input is empty"),
        (b"", 1, "standard input is empty"),
    ):
        done = subprocess.run(
            [entrypoint, "minitwitctl"], input=content, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
            env={"PATH": f"{tmp_path}:/usr/bin:/bin", "MINITWIT_DATABASE_PASSWORD_FILE": "-"},
        )  # fmt: skip
        assert done.returncode == code and said in done.stdout.decode() and (code == 0 or b"word" not in done.stdout)


# ---- docker/swarm ----------------------------------------------------------------------------------------------------

# Replaces ssh. Each node's Docker keeps its state in a file. Like ssh, it runs the command in a shell.
SSH = r"""#!/bin/bash
while [ "$1" != -- ]; do shift; done
node=$2
printf '%s %s\n' "$node" "$3" >>"$FAKE/log"
[ "$node" != away ] || exit 255
docker() {
    case "$*" in
    "info --format {{.Swarm.LocalNodeState}} "*) cat "$FAKE/$node" 2>/dev/null || echo "inactive " ;;
    "info --format {{.Swarm.NodeID}}") echo "id-of-$node" ;;
    "swarm init "*) echo "active cluster" >"$FAKE/$node" ;;
    "swarm join-token --quiet manager") echo token-m ;;
    "swarm join-token --quiet worker") echo token-w ;;
    "swarm join --token token-m "*) echo "active cluster" >"$FAKE/$node" ;;
    "swarm join --token token-w "*) echo "active " >"$FAKE/$node" ;;
    "node ls --quiet --filter node.label="*) touch "$FAKE/labels" && sed -n "s/^${5#node.label=} //p" "$FAKE/labels" ;;
    "node update --label-add "*) echo "$4 $5" >>"$FAKE/labels" ;;
    "node ls") ;;
    *) exit 1 ;;
    esac
}
eval "$3"
"""
NODES = ("root@one=192.0.2.1", "two=192.0.2.2", "three=192.0.2.3", "four=192.0.2.4")


@pytest.fixture
def swarm(tmp_path):
    """Runs docker/swarm. Returns the exit status, the output, and (node, command) of each ssh."""
    ssh = tmp_path / "ssh"
    ssh.write_text(SSH)
    ssh.chmod(0o755)
    log = tmp_path / "log"

    def run(*arguments):
        log.write_text("")
        done = subprocess.run(
            [DOCKER / "swarm", *arguments], env=os.environ | {"PATH": f"{tmp_path}:{os.environ['PATH']}", "FAKE": str(tmp_path)},
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
        )  # fmt: skip
        return done.returncode, done.stdout, [tuple(line.split(" ", 1)) for line in log.read_text().splitlines()]

    run.folder = tmp_path
    return run


def changes(commands):
    """The commands that change something."""
    return [(node, command.strip()) for node, command in commands if not re.search(r" join-token | info | ls --quiet ", command)]


WHOLE = [
    ("root@one", "docker swarm init --advertise-addr 192.0.2.1"),
    ("two", "docker swarm join --token token-m --advertise-addr 192.0.2.2 192.0.2.1:2377"),
    ("three", "docker swarm join --token token-m --advertise-addr 192.0.2.3 192.0.2.1:2377"),
    ("four", "docker swarm join --token token-w --advertise-addr 192.0.2.4 192.0.2.1:2377"),
    ("root@one", "docker node update --label-add minitwit.database=yes id-of-four"),
    ("root@one", "docker node update --label-add minitwit.backup=yes id-of-root@one"),
    ("root@one", "docker node ls"),
]


def test_a_swarm_is_made_and_extended(swarm):
    code, said, commands = swarm("--managers", "3", *NODES)
    assert code == 0, said
    assert changes(commands) == WHOLE
    # A new machine joins. The labels stay with the data, although the new machine is the last one now.
    code, said, commands = swarm("--managers", "3", *NODES, "five=192.0.2.5")
    assert code == 0, said
    assert changes(commands) == [
        ("five", "docker swarm join --token token-w --advertise-addr 192.0.2.5 192.0.2.1:2377"), WHOLE[-1]
    ]  # fmt: skip
    code, said, commands = swarm("--managers", "3", "--database", "four", "--backup", "root@one", *NODES)
    assert (code, changes(commands)) == (0, WHOLE[-1:]), said
    for option in ("--database", "--backup"):
        code, said, commands = swarm("--managers", "3", option, "two", *NODES)
        assert code == 1 and "Move the data first" in said
        assert changes(commands) == []


def test_backups_and_database_have_different_nodes(swarm):
    """This also holds if the database is not on its default node."""
    code, said, _ = swarm("--database", "root@one", *NODES)
    assert code == 0, said
    labels = swarm.folder / "labels"
    assert labels.read_text().splitlines() == ["minitwit.database=yes id-of-root@one", "minitwit.backup=yes id-of-two"]
    labels.write_text("minitwit.database=yes id-of-root@one\n")
    code, said, _ = swarm(*NODES)
    assert code == 0 and labels.read_text().splitlines()[1:] == ["minitwit.backup=yes id-of-two"], said


def test_a_swarm_of_one(swarm):
    code, said, commands = swarm(NODES[0])
    assert code == 0, said
    assert [command.split()[-2:] for _, command in changes(commands)[1:-1]] == [
        ["minitwit.database=yes", "id-of-root@one"], ["minitwit.backup=yes", "id-of-root@one"]
    ]  # fmt: skip


def test_a_dry_run_of_the_swarm_does_nothing(swarm):
    code, said, commands = swarm("--dry-run", "--managers", "3", *NODES)
    assert code == 0 and commands == []
    printed = [line.removeprefix("ssh ").split(" ", 1) for line in said.splitlines()]
    wanted = [re.sub(r"\bid-of-\S+", "NODE-ID", re.sub(r"\btoken-[mw]\b", "TOKEN", command)) for _, command in WHOLE]
    assert [command for _, command in changes(printed)] == wanted


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "no node was named"),
        (("--managers", "2", *NODES), "an odd number"),
        (("--managers", "5", *NODES), "at most the number of nodes (4)"),
        (("--database", "six", *NODES), "six cannot get a label, because it is not among the nodes"),
        (("--backup", "six", *NODES), "six cannot get a label, because it is not among the nodes"),
        (("one=192.0.2.1", "one=192.0.2.2"), "named twice"),
        (("-oProxyCommand=x=192.0.2.1",), "unknown option"),
        (("a;reboot=192.0.2.1",), "not a host name"),
        (("one=somewhere",), "could not find an IP address"),
        (("away=192.0.2.1",), "away did not run the command"),
    ],
)
def test_a_swarm_that_cannot_be_made(swarm, arguments, said):
    code, text, commands = swarm(*arguments)
    assert code == 1 and said in text
    assert changes(commands) == []


def test_a_node_of_another_swarm_is_left_alone(swarm):
    (swarm.folder / "two").write_text("active another\n")
    code, said, commands = swarm("--managers", "3", *NODES)
    assert code == 1 and "two belongs to another swarm" in said
    assert changes(commands) == WHOLE[:1]
