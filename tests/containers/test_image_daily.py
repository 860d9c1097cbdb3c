# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""The daily services of docker/compose.yaml in containers of the image: they make and verify backups, and delete
expired sessions."""

import os
import pathlib
import re
import time

import pytest
import yaml

from containers.conftest import PASSWORD, WEB, needs_image
from support import installation

pytestmark = needs_image

ENTRYPOINT = "/usr/libexec/minitwit/entrypoint"
BACKUPS = "/var/backups/minitwit"
BOB = "INSERT INTO users (username, email, password_hash, avatar) VALUES ('bob', 'bob@example.org', 'x', '0123456789abcdef')"


def service(name):
    """The command of a service of docker/compose.yaml and the one of its health check, with the default values."""
    text = re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", (installation.SOURCE / "docker" / "compose.yaml").read_text())
    found = yaml.safe_load(text)["services"][name]
    assert found["healthcheck"]["test"][0] == "CMD"
    return found["command"], found["healthcheck"]["test"][1:]


def wait_for_success(container, check):
    """Returns once today's run has succeeded."""

    def is_done():
        assert container.process.poll() is None, container.stderr.read_text()
        return container.pid() and container.execute(*check)[0] == 0

    installation.wait_until(is_done, "the first success")


@pytest.fixture
def back_up(migrated, tmp_path):
    """Makes the container of the service backup. Its backups are in back_up.folder."""
    folder = tmp_path / "backups"
    folder.mkdir(mode=0o700)
    os.chown(folder, WEB, WEB)
    daily, check = service("backup")

    def make_one(name, command=None, **environment):
        return migrated(name, command or daily, mounts=[f"{folder}:{BACKUPS}"], **environment)

    make_one.folder, make_one.check = folder, check
    return make_one


def end(container):
    """Ends a daily container during its pause. Before the pause, its process 1 may not yet handle the signal, and the
    kernel drops signals that process 1 does not handle."""

    def pauses():
        return any(pathlib.Path(f"/proc/{pid}/comm").read_text() == "sleep\n" for pid in installation.children(container.pid()))

    installation.wait_until(pauses, "the pause until the next day")
    container.stop()
    assert container.wait() == 0


def test_a_backup_each_day(back_up, own_cluster):
    own_cluster.psql(BOB, "minitwit")
    with back_up("first") as container:
        wait_for_success(container, back_up.check)
        dumps = list(back_up.folder.glob("*.dump"))
        assert len(dumps) == 1 and dumps[0].with_suffix(".json").exists()
        assert {path.stat().st_mode & 0o777 for path in back_up.folder.glob("minitwit-*")} == {0o600}
        assert own_cluster.psql("SELECT now() - succeeded_at < '1 hour' FROM backup", "minitwit") == [(True,)]
        # An operator runs a command in the container.
        code, said = container.execute(ENTRYPOINT, "minitwitctl", "user", "list")
        assert code == 0 and "bob" in said, said
        end(container)
    # A new container continues the schedule of the previous one.
    mark = back_up.folder / "last"
    with back_up("second") as container:
        wait_for_success(container, back_up.check)
        assert list(back_up.folder.glob("*.dump")) == dumps
        end(container)
    # Date the backup to yesterday.
    succeeded = time.time() - 25 * 3600
    os.utime(mark, (succeeded, succeeded))
    yesterday = back_up.folder / time.strftime("minitwit-%Y%m%dT%H%M%SZ.dump", time.gmtime(succeeded))
    dumps[0].rename(yesterday)
    dumps[0].with_suffix(".json").rename(yesterday.with_suffix(".json"))
    with back_up("third") as container:
        # The last backup is 25 hours old. The health check fails after 26.
        wait_for_success(container, back_up.check)
        installation.wait_until(lambda: mark.stat().st_mtime > succeeded + 3600, "the next backup")
        kept = sorted(back_up.folder.glob("*.dump"))
        assert len(kept) == 2 and kept[0] == yesterday
        end(container)
    own_cluster.psql("CREATE DATABASE minitwit_restored OWNER minitwit_owner TEMPLATE template0 ENCODING 'UTF8'")
    try:
        there = "host=/run/postgresql dbname=minitwit_restored user=minitwit_owner"
        command = ["minitwitctl", "restore", f"{BACKUPS}/{yesterday.name}"]
        with back_up("restore", command, MINITWIT_DATABASE=there) as container:
            assert container.wait() == 0, container.stderr.read_text()
        assert own_cluster.psql("SELECT username FROM users", "minitwit_restored") == [("bob",)]
    finally:
        own_cluster.psql("DROP DATABASE minitwit_restored WITH (FORCE)")


@pytest.mark.expect_log
def test_a_superuser_verifies_a_backup(back_up, own_cluster):
    """As docs/containers.md describes, a superuser enters their password on standard input. The container keeps its own
    password."""
    own_cluster.psql(BOB, "minitwit")
    own_cluster.psql("CREATE ROLE verifier SUPERUSER LOGIN PASSWORD 'of another'")
    rules = own_cluster.data / "pg_hba.conf"
    rules.write_text("local all verifier scram-sha-256\n" + rules.read_text())
    own_cluster.psql("SELECT pg_reload_conf()")
    verify = {"MINITWIT_DATABASE": "host=/run/postgresql dbname=postgres user=verifier", "MINITWIT_DATABASE_PASSWORD_FILE": "-"}
    try:
        with back_up("backup") as container:
            wait_for_success(container, back_up.check)
            dump = next(back_up.folder.glob("*.dump"))
            command = (ENTRYPOINT, "minitwitctl", "backup", "verify", f"{BACKUPS}/{dump.name}")
            code, said = container.execute(*command, given="of another\n", **verify)
            assert code == 0, said
            code, said = container.execute(*command, given="wrong\n", **verify)
            assert code == 1 and "password authentication failed" in said
            code, said = container.execute(*command, **verify)
            assert code == 1 and "standard input is empty" in said
            # No copy of the password is left.
            code, files = container.execute("sh", "-c", "cd /run/minitwit && stat -c '%a %u' pgpass-*")
            assert (code, files.split()) == (0, ["600", "33"])
            assert container.execute("grep", "-rE", "of another|wrong", "/run/minitwit", "/tmp") == (1, "")
            code, said = container.execute(ENTRYPOINT, "minitwitctl", "user", "list")
            assert code == 0 and "bob" in said, said
            # The service still uses the password of its own role.
            code, said = container.execute(
                "sh", "-c", "PGPASSFILE=$(tr '\\0' '\\n' </proc/1/environ | sed -n s/^PGPASSFILE=//p) minitwitctl status --dsn \"$MINITWIT_DATABASE\""
            )
            assert code == 0, said
            with dump.open("r+b") as file:
                file.seek(-1, os.SEEK_END)
                file.write(b"x")
            code, said = container.execute(*command, given="of another\n", **verify)
            assert code == 1, said
            end(container)
    finally:
        own_cluster.psql("DROP ROLE verifier")


@pytest.mark.expect_log
def test_a_failed_backup_is_reported_and_the_container_can_be_stopped(back_up):
    with back_up("fails", MINITWIT_DATABASE="host=/run/postgresql dbname=none user=minitwit_owner connect_timeout=2") as container:
        installation.wait_until(lambda: "it runs again in ten minutes" in container.stderr.read_text(), "the failure")
        assert PASSWORD not in container.stderr.read_text()
        code, said = container.execute(*back_up.check)
        assert code == 1 and "26 hours" in said
        assert not list(back_up.folder.iterdir())
        end(container)


def test_expired_sessions_are_deleted_each_day(migrated, own_cluster):
    own_cluster.psql(BOB, "minitwit")
    for token, hours in (("old", -1), ("new", 1)):
        own_cluster.psql(
            "INSERT INTO sessions SELECT sha256(%s), id, now() - interval '1 day', now() + %s * interval '1 hour' FROM users",
            "minitwit", (token.encode(), hours),
        )  # fmt: skip
    command, check = service("prune")
    with migrated("prune", command) as container:
        wait_for_success(container, check)
        assert own_cluster.psql("SELECT token_hash = sha256('new') FROM sessions", "minitwit") == [(True,)]
        end(container)


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (["daily", "/run/minitwit/last"], "a command of minitwitctl"),
        (["daily", "/nowhere/last", "prune"], "cannot make /nowhere/last"),
    ],
)
def test_mistakes_in_a_daily_command_are_reported(make, command, message):
    with make("daily", command) as container:
        assert container.wait() == 1
        assert message in container.stderr.read_text()
