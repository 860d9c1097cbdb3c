# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""This version restores backups of the previous one. tests/faults/test_rolling_upgrade.py upgrades running nodes."""

from support import metrics
from support.database import SiteDatabase


def test_a_backup_of_the_previous_version_is_restored(own_cluster, make_httpd, previous, tmp_path):
    database = own_cluster.create_site_database("before", previous)
    database.sql("INSERT INTO users (username, email, password_hash) VALUES ('alice', 'alice@example.org', 'x')")
    database.add_message("alice", "from before")
    made = database.ctl("backup", "--dir", str(tmp_path), program=previous.ctl)
    assert made.returncode == 0, made.stdout
    (dump,) = tmp_path.glob("minitwit-*.dump")
    verified = database.ctl("backup", "verify", str(dump), dsn=own_cluster.connection_string("postgres", "postgres"))
    assert verified.returncode == 0 and "minitwitctl migrate" in verified.stdout, verified.stdout

    own_cluster.psql("CREATE DATABASE restored OWNER minitwit_owner")
    restored = SiteDatabase(own_cluster, "restored")
    done = restored.ctl("restore", str(dump))
    assert done.returncode == 0 and "minitwitctl migrate" in done.stdout, done.stdout
    restored.migrate()
    site = make_httpd(over=restored, ops=metrics.OPS)
    assert site.operator().get("/readyz").status_code == 200
    assert "from before" in site.browser().get("/public").text
