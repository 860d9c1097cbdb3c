# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""Containers of the image that scripts/image build made, over a PostgreSQL that requires passwords."""

import os

import pytest

from support import installation
from support.container import Container, Image

needs_image = pytest.mark.skipif(
    os.environ.get("MINITWIT_IMAGE") != "1" or os.geteuid() != 0,
    reason="./check --long builds the image and tests it, as root",
)

PASSWORD = r"pass:word\with'signs"
CREDENTIALS = ("simulator", "of the test")
WEB = 33  # www-data, in the image and on Debian


@pytest.fixture(scope="session")
def image(tmp_path_factory):
    made = Image(tmp_path_factory.mktemp("image"))
    yield made
    made.remove()


@pytest.fixture
def make(image, own_cluster, tmp_path):
    """Makes containers over a database that requires the password: make(NAME, command=..., VARIABLE=...)."""
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    # docker/make-secrets creates the secrets with this mode, and so do engines in a container.
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
    def is_healthy():
        if container.process.poll() is not None:
            raise RuntimeError(container.stderr.read_text())
        return container.pid() and container.health()[0] == 0

    installation.wait_until(is_healthy, "the container to be healthy")
