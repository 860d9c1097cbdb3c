# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""The container image: it serves a site under its own account from a read-only root, its health check reports the
state, it stops gracefully, and its secrets come from files."""

import json
import os
import re
import shutil
import signal
import socket
import threading
import time

import pytest

from containers.conftest import CREDENTIALS, PASSWORD, WEB, needs_image, ready
from support import errorlog, installation

pytestmark = needs_image


def accepts_connections(container):
    try:
        socket.create_connection(("127.0.0.1", container.ports[0]), installation.PATIENCE).close()
    except ConnectionRefusedError:
        return False
    return True


def test_labels_and_settings(image):
    labels = image.settings["Labels"]
    assert labels["org.opencontainers.image.version"] == image.version
    assert re.match(r"[0-9a-f]{40}|unknown", labels["org.opencontainers.image.revision"])
    assert image.settings["User"] == "www-data"
    assert image.settings["StopSignal"] == "SIGWINCH"
    assert set(image.settings["ExposedPorts"]) == {"5000/tcp", "5001/tcp", "5002/tcp"}


def test_the_image_has_no_build_tools_and_few_writable_folders(image):
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


def test_a_new_site(migrated):
    with migrated("site") as container:
        ready(container)
        processes = container.processes()
        # pytest -s shows this.
        print("\nprocesses: pid inside, account, bounding set of capabilities, no_new_privs, command")
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
        # Each secret is copied for one reader.
        code, listed = container.execute("sh", "-c", "cd /run/minitwit && stat -c '%a %u' pgpass-* api-credentials")
        assert (code, listed.split()) == (0, ["600", "33"] * 2)
        assert container.execute("touch", "/etc/minitwit/conf.d/x")[0] != 0
        lines = [json.loads(line) for line in container.stdout.read_text().splitlines()]
        assert {"/register", "/add_message"} <= {line["path"] for line in lines}
        errors = container.stderr.read_text()
        assert "resuming normal operations" in errors
        # The API has refused a post above.
        alarms = [line for line in errors.splitlines() if not errorlog.is_refusal(line)]
        assert not re.search(r":(error|crit|alert|emerg|warn)\]", "\n".join(alarms)), errors
        assert PASSWORD not in errors + container.stdout.read_text()


@pytest.mark.expect_log
def test_the_health_check_reports_a_stopped_database(migrated, own_cluster):
    with migrated("site") as container:
        ready(container)
        assert container.execute("/usr/libexec/minitwit/healthcheck", "rollout") == (0, "")
        own_cluster.stop()
        try:
            # A finding of readyz counts for a second.
            unhealthy = lambda: (found := container.health())[0] != 0 and found  # noqa: E731
            code, said = installation.wait_until(unhealthy, "the container to be unhealthy")
            assert code == 1 and "503" in said and "database" in said
            assert container.execute("/usr/libexec/minitwit/healthcheck", "livez") == (0, "")
            # This container was ready once, and a new one would not be ready either.
            assert container.execute("/usr/libexec/minitwit/healthcheck", "rollout") == (0, "")
        finally:
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


def test_the_health_check_ends_if_httpd_is_frozen(migrated):
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


def test_a_stop_waits_for_requests_in_progress(migrated, own_cluster, tmp_path):
    patient = tmp_path / "conf.d"
    patient.mkdir()
    (patient / "patience.conf").write_text("MinitwitDatabaseTimeout 30s\n")
    # The lock below lasts longer than the default timeout.
    with migrated("site", mounts=[f"{patient}:/etc/minitwit/conf.d"]) as container:
        ready(container)
        assert container.browser().register("bob").status_code == 302
        answers = []
        with own_cluster.connect("minitwit") as locked:
            locked.autocommit = False
            locked.cursor().execute("LOCK TABLE users IN ACCESS EXCLUSIVE MODE")
            client = threading.Thread(target=lambda: answers.append(container.browser().register("late").status_code))
            client.start()
            installation.wait_until(
                lambda: own_cluster.psql("SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'"), "the request to wait"
            )
            container.stop()
            # httpd accepts no connection while the request still waits.
            installation.wait_until(lambda: not accepts_connections(container), "httpd to stop listening")
            assert not answers
            locked.rollback()
        client.join(installation.PATIENCE)
        assert answers == [302]
        assert container.wait() == 0
        assert "shutting down gracefully" in container.stderr.read_text()


def test_log_files_and_own_directives_and_templates(migrated, tmp_path):
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
        # The agent that ships the logs has another account.
        assert (logs / "error.log").stat().st_mode & 0o004 and (logs / "access.log").stat().st_mode & 0o004
        # The engine gets the logs, too.
        assert "resuming" in container.stdout.read_text()
        assert '"/public"' in container.stdout.read_text()


@pytest.mark.parametrize(
    ("environment", "message"),
    [
        ({"MINITWIT_DATABASE_PASSWORD_FILE": "/run/secrets/none"}, "/run/secrets/none does not exist"),
        ({"MINITWIT_API_CREDENTIALS_FILE": "/run/secrets/none"}, "MINITWIT_API_CREDENTIALS_FILE"),
        ({"MINITWIT_THREADS": "many"}, "MINITWIT_THREADS must be a whole number"),
        ({"MINITWIT_DATABASE": "nonsense=1"}, "DBDParams"),
    ],
)
def test_mistakes_are_reported(make, environment, message):
    with make("site", **environment) as container:
        assert container.wait() == 1
        assert message in container.stderr.read_text()


def test_without_the_api(migrated):
    with migrated("site", MINITWIT_API_CREDENTIALS_FILE="") as container:
        ready(container)
        # Without the API, this is the page of a user who does not exist.
        assert container.browser().get("/api").status_code == 404
        with pytest.raises(OSError):
            container.simulator(CREDENTIALS).get("/latest")
