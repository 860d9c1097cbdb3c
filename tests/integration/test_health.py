# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""livez and readyz of a healthy site: their paths, methods and answers."""

import re

import pytest

from support import installation, metrics, programs
from support.client import allow
from support.mounts import mount


@pytest.mark.smoke
@pytest.mark.parametrize("path", ["/livez", "/readyz"])
def test_a_healthy_site(httpd, database, path):
    answer = httpd.operator().get(path)
    assert answer.status_code == 200
    assert "no-store" in answer.headers["Cache-Control"]
    assert re.search(r"\d+\.\d+", answer.text)


@pytest.mark.smoke
def test_all_parts_name_the_same_build(make_httpd, database):
    """A deployment waits until livez and readyz name the new build."""
    httpd = make_httpd(ops=metrics.OPS)
    code, said = programs.run(installation.CTL, "--version")
    version, revision = re.fullmatch(r"minitwitctl (\S+) \((\S+)\)\n", said).groups()
    assert code == 0 and revision.encode() + b"\0" in installation.MODULE.read_bytes()
    for path in ("/livez", "/readyz"):
        answer = httpd.operator().get(path).json()
        assert (answer["version"], answer["revision"]) == (version, revision)
    ((labels, _),) = metrics.scrape(httpd).select("minitwit_build_info")
    assert (labels["version"], labels["revision"]) == (version, revision)
    # The site's pages show the version only.
    page = httpd.browser().get("/public").text
    assert version in page and revision not in page


def test_the_last_segment_of_the_path_decides(make_httpd, database):
    mounts = ("/livez", "/health", "/deep/down/readyz")
    httpd = make_httpd(
        ops="".join(mount(path, "minitwit-health") for path in mounts),
        web=mount("/", "minitwit-web") + mount("/livez", "minitwit-health"),
    )
    assert "alive" in httpd.browser().get("/livez").text
    operator = httpd.operator()
    for path in ("/health/livez", "/health/readyz", "/health/a/b/livez", "/deep/down/readyz"):
        assert operator.get(path).status_code == 200, path
    for path in ("/health", "/health/", "/health/other", "/livez/x", "/health/livez/"):
        assert operator.get(path).status_code == 404, path


def test_methods(httpd, database):
    operator = httpd.operator()
    for path in ("/livez", "/readyz"):
        head = operator.head(path)
        assert (head.status_code, head.content) == (200, b"")
        answer = operator.post(path, {})
        assert answer.status_code == 405
        assert allow(answer) == {"GET", "HEAD", "OPTIONS"}
