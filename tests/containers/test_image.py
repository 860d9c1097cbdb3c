# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""The container image, built by scripts/image build: it serves a site as its own account from a read-only root, its health
check tells the truth, it stops gracefully, and its secrets come from files."""

import json
import os
import pathlib
import re
import shutil
import signal
import socket
import threading
import time

import pytest
import yaml

from support import installation
from support.container import Container, Image

pytestmark = pytest.mark.skipif(
    os.environ.get("MINITWIT_IMAGE") != "1" or os.geteuid() != 0,
    reason="the image is built, and tried, by ./check --long, as root",
)

ENTRYPOINT = "/usr/libexec/minitwit/entrypoint"
BACKUPS = "/var/backups/minitwit"
PASSWORD = r"pass:word\with'signs"
CREDENTIALS = ("simulator", "of the test")
WEB = 33


@pytest.fixture(scope="module")
def image(tmp_path_factory):
    made = Image(tmp_path_factory.mktemp("image"))
    yield made
    made.remove()


@pytest.fixture
def make(image, own_cluster, tmp_path):
    """Makes containers over a database that wants the password: make(NAME, command=..., VARIABLE=...)."""
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    # As docker/make-secrets leaves them, and as secrets are in a container: anybody there can read them.
    for name, content in (("password", PASSWORD), ("api_credentials", ":".join(CREDENTIALS))):
        (secrets / name).write_text(content)
        (secrets / name).chmod(0o444)
    tmp_path.chmod(0o755)
    own_cluster.psql_file(installation.ROLES)
    for role in ("minitwit_owner", "minitwit_site"):
        own_cluster.psql(f"ALTER ROLE {role} PASSWORD '{PASSWORD.replace(chr(39), chr(39) * 2)}'")
    own_cluster.psql("CREATE DATABASE minitwit OWNER minitwit_owner")
    rules = own_cluster.data / "pg_hba.conf"
    before = rules.read_text()
    rules.write_text("local minitwit minitwit_owner,minitwit_site scram-sha-256\n" + before)
    own_cluster.psql("SELECT pg_reload_conf()")

    def make_one(name, command=(), mounts=(), **environment):
        role = "minitwit_owner" if command and command[0] in ("migrate", "minitwitctl", "daily") else "minitwit_site"
        environment.setdefault("MINITWIT_DATABASE", f"host=/run/postgresql dbname=minitwit user={role} connect_timeout=2")
        environment.setdefault("MINITWIT_DATABASE_PASSWORD_FILE", "/run/secrets/password")
        given = (f"{own_cluster.socket_folder}:/run/postgresql", f"{secrets}:/run/secrets", *mounts)
        return Container(image, tmp_path / name, given, command, **environment)

    yield make_one
    own_cluster.psql("DROP DATABASE minitwit WITH (FORCE)")
    rules.write_text(before)
    own_cluster.psql("SELECT pg_reload_conf()")


@pytest.fixture
def migrated(make):
    with make("migrate", ["migrate"]) as migration:
        assert migration.wait() == 0, migration.stderr.read_text()
    return make


def ready(container):
    def asks():
        if container.process.poll() is not None:
            raise RuntimeError(container.stderr.read_text())
        return container.pid() and container.health()[0] == 0

    installation.wait_until(asks, "the container to be healthy")


def answers_at(container):
    try:
        socket.create_connection(("127.0.0.1", container.ports[0]), installation.PATIENCE).close()
    except ConnectionRefusedError:
        return False
    return True


def test_what_the_image_says_of_itself(image):
    labels = image.settings["Labels"]
    assert labels["org.opencontainers.image.version"] == image.version
    assert re.match(r"[0-9a-f]{40}|unknown", labels["org.opencontainers.image.revision"])
    assert image.settings["User"] == "www-data"
    assert image.settings["StopSignal"] == "SIGWINCH"
    assert set(image.settings["ExposedPorts"]) == {"5000/tcp", "5001/tcp", "5002/tcp"}


def test_nothing_that_builds_or_that_gives_rights(image):
    for name in ("gcc", "make", "apxs", "curl", "wget", "git"):
        assert not list(image.root.glob(f"usr/*bin/{name}")), name
    assert not list(image.root.glob("source")) and not list(image.root.glob("tmp/*"))
    writable = [
        path for path in image.root.rglob("*")
        if not path.is_symlink() and path.exists() and path.lstat().st_uid == WEB and "/proc/" not in str(path)
    ]  # fmt: skip
    assert {path.relative_to(image.root).as_posix() for path in writable} == {
        "run/minitwit", "var/backups/minitwit", "var/log/minitwit",
    }  # fmt: skip


def test_a_site_from_nothing(migrated):
    with migrated("site") as container:
        ready(container)
        processes = container.processes()
        # Shown by pytest -s.
        print("\nprocesses: pid inside, account, capabilities that it could get, no_new_privs, command")
        for process in processes:
            print("  {:4} {:4} {:#x} {} {}".format(*process))
        assert processes[0][0] == 1 and processes[0][4].startswith("/usr/sbin/apache2 ")
        assert {process[1:4] for process in processes} == {(WEB, 0, 1)}
        bob = container.browser()
        assert bob.register("bob").status_code == 302
        assert bob.login("bob").status_code == 302
        assert bob.share("from a container").status_code == 302
        assert "from a container" in bob.get("/public").text
        simulator = container.simulator(CREDENTIALS)
        assert simulator.register("alice").status_code == 204
        assert simulator.tweet("alice", "by the API").status_code == 204
        assert container.simulator(("simulator", "super_safe!")).tweet("alice", "no").status_code == 403
        # The API is there on the site's own port, too, which is the only one that compose.yaml publishes.
        assert container.browser().get("/api/latest").json() == {"latest": -1}
        assert "minitwit_build_info" in container.operator().get("/metrics").text
        assert container.execute("minitwitctl", "--version")[0] == 0
        # The secrets are copied for one reader each.
        code, listed = container.execute("sh", "-c", "cd /run/minitwit && stat -c '%a %u' pgpass-* api-credentials")
        assert (code, listed.split()) == (0, ["600", "33"] * 2)
        assert container.execute("touch", "/etc/minitwit/conf.d/x")[0] != 0
        lines = [json.loads(line) for line in container.stdout.read_text().splitlines()]
        assert {"/register", "/add_message"} <= {line["path"] for line in lines}
        errors = container.stderr.read_text()
        assert "resuming normal operations" in errors
        assert not re.search(r":(error|crit|alert|emerg|warn)\]", errors), errors
        assert PASSWORD not in errors + container.stdout.read_text()


@pytest.mark.expect_log
def test_the_health_check_tells_when_the_database_is_away(migrated, own_cluster):
    with migrated("site") as container:
        ready(container)
        assert container.execute("/usr/libexec/minitwit/healthcheck", "rollout") == (0, "")
        own_cluster.stop()
        code, said = container.health()
        assert code == 1 and "503" in said and "database" in said
        assert container.execute("/usr/libexec/minitwit/healthcheck", "livez") == (0, "")
        # It was ready once, and another container would not be.
        assert container.execute("/usr/libexec/minitwit/healthcheck", "rollout") == (0, "")
        own_cluster.start()
        ready(container)


def test_a_container_that_was_never_ready_is_not_rolled_out(make):
    with make("site") as container:
        installation.wait_until(
            lambda: container.pid() and container.execute("/usr/libexec/minitwit/healthcheck", "livez")[0] == 0, "httpd"
        )
        # Without a schema.
        code, said = container.execute("/usr/libexec/minitwit/healthcheck", "rollout")
        assert code == 1 and "schema" in said


def test_the_health_check_of_a_frozen_httpd_ends(migrated):
    with migrated("site") as container:
        ready(container)
        frozen = [container.pid(), *installation.children(container.pid())]
        for pid in frozen:
            os.kill(pid, signal.SIGSTOP)
        began = time.monotonic()
        code, said = container.health()
        assert code == 1 and "no answer" in said
        assert time.monotonic() - began < installation.PATIENCE
        for pid in frozen:
            os.kill(pid, signal.SIGCONT)


def test_it_stops_when_what_it_serves_is_served(migrated, own_cluster, tmp_path):
    patient = tmp_path / "conf.d"
    patient.mkdir()
    (patient / "patience.conf").write_text("MinitwitDatabaseTimeout 30s\n")
    # Longer than a statement may take otherwise: the lock below lasts until the container was told to stop.
    with migrated("site", mounts=[f"{patient}:/etc/minitwit/conf.d"]) as it:
        ready(it)
        assert it.browser().register("bob").status_code == 302
        answers = []
        with own_cluster.connect("minitwit") as locked:
            locked.autocommit = False
            locked.cursor().execute("LOCK TABLE users IN ACCESS EXCLUSIVE MODE")
            asker = threading.Thread(target=lambda: answers.append(it.browser().register("late").status_code))
            asker.start()
            installation.wait_until(
                lambda: own_cluster.psql("SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'"), "the request to wait"
            )
            it.stop()
            # Nobody new gets in, while that request still waits.
            installation.wait_until(lambda: not answers_at(it), "httpd to stop listening")
            assert not answers
            locked.rollback()
        asker.join(installation.PATIENCE)
        # httpd has ended by itself, after the answer.
        assert answers == [302]
        assert it.wait() == 0
        assert "shutting down gracefully" in it.stderr.read_text()


def test_logs_in_files_and_directives_of_ones_own(migrated, tmp_path):
    logs, own, templates = tmp_path / "logs", tmp_path / "conf.d", tmp_path / "templates"
    logs.mkdir()
    os.chown(logs, WEB, WEB)
    own.mkdir()
    (own / "limit.conf").write_text("MinitwitMessageLimit 5\n")
    shutil.copytree(installation.TEMPLATES, templates)
    layout = templates / "layout.html"
    layout.write_text(layout.read_text().replace("</body>", "<!-- of my own --></body>"))
    mounts = (f"{logs}:/var/log/minitwit", f"{own}:/etc/minitwit/conf.d", f"{templates}:/usr/share/minitwit/templates")
    with migrated("site", mounts=mounts, MINITWIT_LOG_DIR="/var/log/minitwit") as container:
        ready(container)
        bob = container.browser()
        assert "<!-- of my own -->" in bob.get("/public").text
        bob.register("bob")
        bob.login("bob")
        assert bob.share("too long").status_code != 302
        installation.wait_until(lambda: "resuming" in (logs / "error.log").read_text(), "the error log")
        assert "/public" in (logs / "access.log").read_text()
        # An agent has another account.
        assert (logs / "error.log").stat().st_mode & 0o004 and (logs / "access.log").stat().st_mode & 0o004
        # Also where the engine looks.
        assert "resuming" in container.stdout.read_text()
        assert '"/public"' in container.stdout.read_text()


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"MINITWIT_DATABASE_PASSWORD_FILE": "/run/secrets/none"}, "/run/secrets/none does not exist"),
        ({"MINITWIT_API_CREDENTIALS_FILE": "/run/secrets/none"}, "MINITWIT_API_CREDENTIALS_FILE"),
        ({"MINITWIT_THREADS": "many"}, "MINITWIT_THREADS must be a whole number"),
        ({"MINITWIT_DATABASE": "nonsense=1"}, "DBDParams"),
    ],
)
def test_what_is_wrong_is_said(make, environment, said):
    with make("site", **environment) as container:
        assert container.wait() == 1
        assert said in container.stderr.read_text()


def test_without_the_api(migrated):
    with migrated("site", MINITWIT_API_CREDENTIALS_FILE="") as container:
        ready(container)
        # A user's page, of a user whom there is not.
        assert container.browser().get("/api").status_code == 404
        with pytest.raises(OSError):
            container.simulator(CREDENTIALS).get("/latest")


def test_minitwitctl(migrated):
    with migrated("status", ["minitwitctl", "status", "--json"]) as container:
        assert container.wait() == 0, container.stderr.read_text()
        assert json.loads(container.stdout.read_text())


# ---- what is done once a day -----------------------------------------------------------------------------------------

BOB = "INSERT INTO users (username, email, password_hash, avatar) VALUES ('bob', 'bob@example.org', 'x', '0123456789abcdef')"


def service(name):
    """The command of a service of docker/compose.yaml, and that of its health check, as they are when no variable is set."""
    text = re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", (installation.SOURCE / "docker" / "compose.yaml").read_text())
    found = yaml.safe_load(text)["services"][name]
    assert found["healthcheck"]["test"][0] == "CMD"
    return found["command"], found["healthcheck"]["test"][1:]


def every_day(container, check):
    """Waits until it has been done today."""

    def is_done():
        assert container.process.poll() is None, container.stderr.read_text()
        return container.pid() and container.execute(*check)[0] == 0

    installation.wait_until(is_done, "the first success")


@pytest.fixture
def back_up(migrated, tmp_path):
    """Makes the container that docker/compose.yaml calls backup; back_up.folder has its backups."""
    folder = tmp_path / "backups"
    folder.mkdir(mode=0o700)
    os.chown(folder, WEB, WEB)
    daily, check = service("backup")

    def make_one(name, command=None, **environment):
        return migrated(name, command or daily, mounts=[f"{folder}:{BACKUPS}"], **environment)

    make_one.folder, make_one.check = folder, check
    return make_one


def end(container):
    """Ends a container that does something every day, in its pause. Before that its process 1 may not handle the signal yet, and a
    process 1 gets no signal that it does not handle."""

    def pauses():
        return any(pathlib.Path(f"/proc/{pid}/comm").read_text() == "sleep\n" for pid in installation.children(container.pid()))

    installation.wait_until(pauses, "the pause until the next day")
    container.stop()
    assert container.wait() == 0


def test_a_backup_a_day(back_up, own_cluster):
    own_cluster.psql(BOB, "minitwit")
    with back_up("first") as container:
        every_day(container, back_up.check)
        dumps = list(back_up.folder.glob("*.dump"))
        assert len(dumps) == 1 and dumps[0].with_suffix(".json").exists()
        assert {path.stat().st_mode & 0o777 for path in back_up.folder.glob("minitwit-*")} == {0o600}
        assert own_cluster.psql("SELECT now() - succeeded_at < '1 hour' FROM backup", "minitwit") == [(True,)]
        # By hand, beside it.
        code, said = container.execute(ENTRYPOINT, "minitwitctl", "user", "list")
        assert code == 0 and "bob" in said, said
        end(container)
    # A container that is made anew goes on where the one before has been.
    mark = back_up.folder / "last"
    with back_up("second") as container:
        every_day(container, back_up.check)
        assert list(back_up.folder.glob("*.dump")) == dumps
        end(container)
    # As if all that had been yesterday.
    succeeded = time.time() - 25 * 3600
    os.utime(mark, (succeeded, succeeded))
    yesterday = back_up.folder / time.strftime("minitwit-%Y%m%dT%H%M%SZ.dump", time.gmtime(succeeded))
    dumps[0].rename(yesterday)
    dumps[0].with_suffix(".json").rename(yesterday.with_suffix(".json"))
    (back_up.folder / "minitwit-20200101T000000Z.dump").touch()
    with back_up("third") as container:
        # Not yet too late.
        every_day(container, back_up.check)
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
def test_a_backup_is_verified_by_somebody_with_more_rights(back_up, own_cluster):
    """As docs/containers.md has it: whoever does it gives his password by standard input. The container's own one stays."""
    own_cluster.psql(BOB, "minitwit")
    own_cluster.psql("CREATE ROLE verifier SUPERUSER LOGIN PASSWORD 'of another'")
    rules = own_cluster.data / "pg_hba.conf"
    rules.write_text("local all verifier scram-sha-256\n" + rules.read_text())
    own_cluster.psql("SELECT pg_reload_conf()")
    verify = {"MINITWIT_DATABASE": "host=/run/postgresql dbname=postgres user=verifier", "MINITWIT_DATABASE_PASSWORD_FILE": "-"}
    try:
        with back_up("backup") as container:
            every_day(container, back_up.check)
            dump = next(back_up.folder.glob("*.dump"))
            command = (ENTRYPOINT, "minitwitctl", "backup", "verify", f"{BACKUPS}/{dump.name}")
            code, said = container.execute(*command, given="of another\n", **verify)
            assert code == 0, said
            code, said = container.execute(*command, given="wrong\n", **verify)
            assert code == 1 and "password authentication failed" in said
            code, said = container.execute(*command, **verify)
            assert code == 1 and "standard input is empty" in said
            # Of what was given, nothing is left.
            code, files = container.execute("sh", "-c", "cd /run/minitwit && stat -c '%a %u' pgpass-*")
            assert (code, files.split()) == (0, ["600", "33"])
            assert container.execute("grep", "-rE", "of another|wrong", "/run/minitwit", "/tmp") == (1, "")
            code, said = container.execute(ENTRYPOINT, "minitwitctl", "user", "list")
            assert code == 0 and "bob" in said, said
            # What the service itself goes by is of its own role still.
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
def test_a_backup_that_fails_is_said_and_ends_when_told(back_up):
    with back_up("fails", MINITWIT_DATABASE="host=/run/postgresql dbname=none user=minitwit_owner connect_timeout=2") as container:
        installation.wait_until(lambda: "it runs again in ten minutes" in container.stderr.read_text(), "the failure")
        assert PASSWORD not in container.stderr.read_text()
        code, said = container.execute(*back_up.check)
        assert code == 1 and "26 hours" in said
        assert not list(back_up.folder.iterdir())
        end(container)


def test_expired_sessions_go_every_day(migrated, own_cluster):
    own_cluster.psql(BOB, "minitwit")
    for token, hours in (("old", -1), ("new", 1)):
        own_cluster.psql(
            "INSERT INTO sessions SELECT sha256(%s), id, now() - interval '1 day', now() + %s * interval '1 hour' FROM users",
            "minitwit", (token.encode(), hours),
        )  # fmt: skip
    command, check = service("prune")
    with migrated("prune", command) as container:
        every_day(container, check)
        assert own_cluster.psql("SELECT token_hash = sha256('new') FROM sessions", "minitwit") == [(True,)]
        end(container)


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (["daily", "/run/minitwit/last"], "a command of minitwitctl"),
        (["daily", "/nowhere/last", "prune"], "cannot make /nowhere/last"),
    ],
)
def test_what_is_not_done_every_day(make, command, said):
    with make("daily", command) as container:
        assert container.wait() == 1
        assert said in container.stderr.read_text()
