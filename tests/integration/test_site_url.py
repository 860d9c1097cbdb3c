# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""MinitwitSiteURL, the only source of absolute URLs."""

import re

import pytest

from support.configtest import refused

_NOTICE = re.compile(r"minitwit:notice\].*MinitwitSiteURL is not set, so .*set it to the address of the site")


def test_addresses_that_no_site_has(configured):
    """The message states the fault and the right form."""
    httpd = configured()
    for value, fault in (
        ("minitwit.example", "http://"),
        ("//minitwit.example", "http://"),
        ("ftp://minitwit.example", "http://"),
        ("javascript:alert(1)", "http://"),
        ("https://", "no host|not a URL"),
        ("https:///public", "no host|not a URL"),
        ("https://:8080", "no host|not a URL"),
        ("https://alice@minitwit.example", "user or a password"),
        ("https://alice:secret@minitwit.example", "user or a password"),
        ("https://mini twit.example", "valid name"),
        ("https://minitwit..example", "valid name"),
        ("https://-minitwit.example", "valid name"),
        ("https://minitwit.example.", "valid name"),
        ("https://minitwit_.example\\\\x", "valid name"),
        ("https://<script>", "valid name"),
        ("https://bücher.example", "Punycode"),
        ("https://" + "a" * 64 + ".example", "valid name"),
        ("https://" + "a." * 127 + "example", "valid name"),
        ("https://[::g]", "valid name"),
        ("https://minitwit.example:0", "port|not a URL"),
        ("https://minitwit.example:65536", "port|not a URL"),
        ("https://minitwit.example:http", "port|not a URL"),
        ("https://minitwit.example?x=1", "query"),
        ("https://minitwit.example/#x", "fragment"),
        ("https://minitwit.example/twit", "path of the <Location>"),
    ):
        httpd.directives = f"MinitwitSiteURL '{value}'"
        said = refused(httpd, rf"MinitwitSiteURL .*({fault}).*Use the form https://HOST", r"line \d+ of ")
        assert "notice" not in said


def test_addresses_of_sites(configured):
    httpd = configured()
    for value in (
        "https://minitwit.example", "HTTPS://MiniTwit.Example/", "http://127.0.0.1:5000", "http://[::1]:8080/",
        "https://xn--bcher-kva.example", "http://localhost",
    ):  # fmt: skip
        httpd.directives = f"MinitwitSiteURL {value}"
        said = httpd.configtest()
        assert (said.returncode, said.stdout.strip()) == (0, "Syntax OK")


@pytest.mark.smoke
def test_the_log_says_once_at_start_that_there_is_no_address(configured, database):
    """httpd -t stays silent, and so does a host that mounts no site."""
    httpd = configured()
    assert "MinitwitSiteURL" not in httpd.configtest().stdout
    httpd.start()
    assert len(_NOTICE.findall(httpd.error_log.text)) == 1
    mark = httpd.error_log.mark()
    httpd.directives = "MinitwitSiteURL https://minitwit.example\n"
    assert httpd.graceful().returncode == 0
    assert "MinitwitSiteURL" not in httpd.error_log.since(mark)
