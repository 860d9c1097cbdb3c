# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""scripts/demo fills an empty site through the pages and the API."""

import subprocess

from support import installation


def test_the_demo_has_every_kind_of_content(site, httpd, database, tmp_path):
    credentials, password = tmp_path / "credentials", tmp_path / "password"
    credentials.write_text("simulator:super_safe!\n")
    filled = subprocess.run(
        [installation.SOURCE / "scripts" / "demo", httpd.web_url, httpd.api_url, credentials, password],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
    )  # fmt: skip
    assert filled.returncode == 0, filled.stdout
    answers = database.sql("SELECT m.text, a.text FROM messages m JOIN messages a ON a.id = m.answers_id")
    assert len(answers) >= 3 and len(database.mentions()) >= 3 and len(database.follows()) >= 10
    assert database.value("SELECT count(*) FROM users WHERE about <> ''") >= 3
    assert len(site.page("/-/tag/ferry").texts) >= 3
    site.sign_in("Mette", password.read_text().strip())
