# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""Mistakes that httpd would accept without a message if this module did not check them: names of handlers, two handlers
for one path, and values in a wrong unit."""

import collections
import re

import pytest

from support import installation
from support.configtest import line_of, refused
from support.httpd import Httpd
from support.mounts import mount
from support.shipped import ImageSite, RunSite

EXAMPLES = ("minitwit-site.conf", "minitwit-site-tls.conf")
HANDLERS = "minitwit-web, minitwit-api, minitwit-health, minitwit-metrics"


@pytest.mark.smoke
@pytest.mark.parametrize("kind", [RunSite, ImageSite])
def test_the_configurations_that_ship(configured, kind):
    """httpd accepts the configurations of ./run and of the image without a warning. test_children.py uses them. The
    guard conf checks those of conf/."""
    said = configured(kind=kind).configtest()
    assert (said.returncode, said.stdout.strip()) == (0, "Syntax OK")


# The tests' own configuration differs from those that ship in these directives, for these reasons. The tests of the
# faults, and the smoke tests with MINITWIT_SITE, use the shipped ones.
ONLY_IN_TESTS = {
    "DocumentRoot TypesConfig": "Debian's own files set them for the examples",
    "LogLevel": "some tests expect messages of the level info",
    "MinitwitCacheLifetime": "tests that change rows by SQL do not wait for a second",
    "MinitwitLoginLimit": "most tests come from one address, with many wrong passwords",
    "MinitwitPasswordMemory MinitwitPasswordPasses": "hashes are cheap",
    "MinitwitSearch": "its background task has a database session, and many tests count the sessions",
    "MinitwitSlowRequest": "no request counts as slow on a busy machine",
}
NOT_IN_TESTS = {
    "AddOutputFilterByType DeflateAlterETag": "many tests compare the module's own bytes and headers",
    "AllowOverride": "some tests have .htaccess files",
    "DBDExptime": "it is httpd's default",
    "ErrorLogFormat GlobalLog": "the tests read httpd's usual format and one access log",
    "ExtendedStatus": "test_server_status.py reads the requests in progress",
    "Header Protocols Redirect": "they belong to TLS: test_tls_example.py",
    "SSLCertificateFile SSLCertificateKeyFile SSLEngine": "test_tls_example.py has them",
    "SSLCipherSuite SSLHonorCipherOrder SSLProtocol SSLSessionTickets": "test_tls_example.py has them",
    "Include IncludeOptional": "they name files beside the configuration",
    "LimitRequestFieldSize LimitRequestFields LimitRequestLine": "test_site_example.py has them",
    "ServerTokens TraceEnable": "test_site_example.py has them",
    "MinitwitHashQueue": "test_passwords.py has it",
    "MinitwitSiteURL": "test_site_url.py and test_discovery.py have it",
    "MaxMemFree MinitwitCacheSize MinitwitHashLimit": "they limit the memory of a large site",
    "MinitwitProxyTLS RemoteIPHeader RemoteIPInternalProxy": "tests of proxies set them",
    "Mutex": "httpd's default is the same in Debian: test_children.py has all of them",
    "RequestReadTimeout": "test_slow_clients.py and test_site_example.py have it",
}


if installation.MPM == "prefork":
    ONLY_IN_TESTS["MinSpareServers MaxSpareServers"] = "the examples have the sizes of the other MPMs"
    NOT_IN_TESTS["MinSpareThreads MaxSpareThreads ThreadLimit ThreadsPerChild"] = "a child has one thread"


# Each configuration that ships differs from minitwit-site.conf only in these directives or their values.
DIFFERENCES = {
    "tls": {
        "AddOutputFilterByType Listen": "the API is below /api of the site",
        "CustomLog Redirect": "it has a host that redirects",
        "Header Protocols RequestReadTimeout": "they belong to TLS",
        "MinitwitSiteURL": "its address begins with https",
        "SSLCertificateFile SSLCertificateKeyFile SSLCipherSuite SSLEngine SSLHonorCipherOrder SSLProtocol SSLSessionTickets": "they belong to TLS",
        "SetHandler": "it shows the state of mod_md",
    },
    "image": {
        "AddOutputFilterByType": "the API is also below /api of the site",
        "AllowOverride DefaultRuntimeDir LoadModule PidFile Require ServerRoot": "there is no configuration of a distribution",
        "CustomLog Define ErrorLog GlobalLog LogFormat": "the logs go to the engine",
        "DBDKeep DBDMax DBDParams MaxRequestWorkers MaxSpareThreads MinSpareThreads ServerLimit StartServers ThreadLimit ThreadsPerChild": "variables set them",
        "IncludeOptional Listen MinitwitApiCredentials MinitwitSiteURL MinitwitTemplates ServerName": "variables set them, or places of the image",
        "GracefulShutdownTimeout": "the engine kills a container that does not stop in time",
        "MinitwitCacheSize MinitwitHashLimit": "the container's memory is limited",
        "MinitwitProxyTLS RemoteIPHeader RemoteIPInternalProxy": "it is usually behind a proxy",
        "Mutex": "Debian's own files set it for a site",
    },
    "run": {
        "AddOutputFilterByType": "the main server has one for all hosts",
        "AllowOverride DefaultRuntimeDir LoadModule PidFile Require ServerRoot": "there is no configuration of a distribution",
        "CustomLog Define ErrorLog Include": "one access log for all hosts",
        "DBDParams Listen MinitwitApiCredentials MinitwitTemplates ServerName": "places of its folder, or options",
        "MaxRequestWorkers MaxSpareThreads MinSpareThreads ServerLimit ThreadLimit ThreadsPerChild": "it serves a small machine",
        "MinitwitHashQueue": "half of its few workers",
        "MinitwitSiteURL": "it has no address that others know",
        "Mutex": "Debian's own files set it for a site",
    },
}  # fmt: skip


def values_in(text):
    """The values of each directive of a configuration, which may occur several times."""
    found = collections.defaultdict(set)
    for name, value in re.findall(r"^[ \t]*([A-Z]\w+)[ \t]+(.*)$", text, re.MULTILINE):
        found[name].add(" ".join(value.split()))
    return found


def test_the_configurations_that_ship_differ_for_a_reason(configured):
    """A directive that one of them lacks, or another value, needs a reason above."""
    site, tls = (values_in((installation.SOURCE / "conf" / name).read_text()) for name in EXAMPLES)
    others = {
        "tls": tls,
        "image": values_in((installation.SOURCE / "docker/image/etc/minitwit/httpd.conf").read_text()),
        "run": values_in(configured(kind=RunSite).shipped_text()),
    }
    for name, other in others.items():
        different = {directive for directive in {*site, *other} if site[directive] != other[directive]}
        different -= {"User", "Group"}  # only root's
        assert different == set(" ".join(DIFFERENCES[name]).split()), name


def names_in(text):
    """The directives of a configuration, without those that every configuration has."""
    return set(re.findall(r"^\s*([A-Z]\w+)\s", text, re.MULTILINE)) - {"LoadModule", "SetHandler", "Require", "Define"}


def test_the_differences_from_the_configurations_that_ship(configured):
    """A new difference needs a reason above."""
    own = configured(kind=Httpd)
    own.cache = "MinitwitCacheLifetime 20ms\n"
    sites = own, configured(kind=RunSite), configured(kind=ImageSite)
    for site in sites:
        site.patience = ""
        site.write_configuration()
    tested, *shipped = (names_in(site.configuration.read_text()) for site in sites)
    shipped += [names_in((installation.SOURCE / "conf" / name).read_text()) for name in EXAMPLES]
    assert tested - set.union(*shipped) == set(" ".join(ONLY_IN_TESTS).split())
    assert set.union(*shipped) - tested == set(" ".join(NOT_IN_TESTS).split())


def test_a_handler_that_does_not_exist(configured):
    """In each section, SetHandler and AddHandler refuse the handler, and name the valid ones."""
    httpd = configured()
    usual = httpd.web
    for section, directive in (
        ('<Location "/">', "SetHandler minitwit-wep"),
        ('<Location "/">', "SetHandler minitwit"),
        ('<Location "/">', "SetHandler Minitwit-Web"),
        ('<Location "/">', 'SetHandler "expr=minitwit-%{tolower:WEB}"'),
        ('<LocationMatch "^/x">', "SetHandler minitwit-wep"),
        ('<Directory "/srv">', "SetHandler minitwit-wep"),
        ('<If "true">', "SetHandler minitwit-wep"),
        ("", "SetHandler minitwit-wep"),
        ("", "AddHandler minitwit-wep .mt"),
        # It would never serve a request, because a mount belongs to no file.
        ('<Directory "/srv">', "AddHandler minitwit-web .mt"),
    ):
        end = f"</{section[1:].split()[0]}>\n" if section else ""
        httpd.web = f"{section}\n{directive}\n{end}"
        said = refused(httpd, re.escape(directive.removesuffix(" .mt").replace('"', "")), HANDLERS)
        line = int(re.search(rf"line (\d+) of {re.escape(str(httpd.configuration))}", said)[1])
        assert httpd.configuration.read_text().splitlines()[line - 1] == directive
    httpd.web = usual + "AddHandler default-handler .txt\nAddHandler server-parsed .shtml\n"
    assert httpd.configtest().returncode == 0
    # The configuration of ./run does not load mod_mime.
    refused(configured(kind=RunSite, directives="AddHandler server-parsed .shtml\n"), "AddHandler needs mod_mime")


def test_two_handlers_for_one_path(configured):
    """httpd would use only the last one."""
    httpd = configured()
    usual = httpd.web
    for text in (
        mount("/", "minitwit-web", "  SetHandler minitwit-api\n"),
        mount("/", "minitwit-web", "  SetHandler none\n"),
        mount("/", "server-status", "  SetHandler minitwit-api\n"),
        mount("/x", "minitwit-web") + mount("/x/", "minitwit-api"),
        "SetHandler minitwit-web\nSetHandler minitwit-api\n",
    ):
        httpd.web = text
        said = refused(httpd, "SetHandler", "for the same path", "remove one of the two")
        line = int(re.search(rf"line (\d+) of {re.escape(str(httpd.configuration))}", said)[1])
        whole = httpd.configuration.read_text().splitlines()
        first = int(re.search(rf"{re.escape(str(httpd.configuration))}:(\d+) sets", said)[1])
        assert first < line and "SetHandler" in whole[line - 1] and "SetHandler" in whole[first - 1]
    for text in (
        mount("/", "minitwit-web", "  SetHandler minitwit-web\n"),
        mount("/", "minitwit-web") + mount("/api", "minitwit-api") + mount("/", "server-status"),
        mount("/", "minitwit-web", '<If "true">\n  SetHandler none\n</If>\n'),
        mount("/", "server-status", "  SetHandler none\n"),
    ):
        httpd.web = text
        assert httpd.configtest().returncode == 0, text
    # A host may replace the mount of the main server.
    httpd.web = usual
    httpd.directives = mount("/", "minitwit-api")
    assert httpd.configtest().returncode == 0


def test_values_that_are_probably_meant_in_another_unit(configured):
    """httpd accepts them with a warning, which names the place and the usual values."""
    httpd = configured()
    httpd.slow_request = httpd.password_cost = httpd.login_limit = httpd.cache = httpd.patience = ""
    for directive, meaning in (
        ("MinitwitApiRowLimit 50", "50"),
        ("MinitwitApiRowLimit 5000000", "5000000"),
        ("MinitwitBodyLimit 1024", "1024"),
        ("MinitwitMessageLimit 5", "5"),
        ("MinitwitSessionLifetime 1440", "1440 seconds"),
        ("MinitwitDatabaseTimeout 60", "60 seconds"),
        ("MinitwitPoolTimeout 50", "50 seconds"),
        ("MinitwitSlowRequest 300", "300 seconds"),
        ("MinitwitPasswordMemory 1", "1 MiB"),
        ("MinitwitPasswordMemory 6", "6 MiB"),
        ("MinitwitPasswordPasses 16", "16"),
        ("MinitwitHashLimit 1000", "1000"),
        ("MinitwitHashQueue 16000", "16000"),
        ("MinitwitHashWait 60", "60 seconds"),
        ("MinitwitLoginLimit 1000", "1000"),
        ("MinitwitCacheLifetime 1000", "1000 seconds"),
        ("MinitwitCacheSize 4096", "4096 MiB"),
        ("MinitwitMetricsInterval 1500", "1500 seconds"),
        ("DBDMax 800", "800"),
    ):
        httpd.directives = directive
        said = httpd.configtest()
        warnings = [line for line in said.stdout.splitlines() if "usual values are from" in line]
        assert said.returncode == 0 and len(warnings) == 1, said.stdout
        assert "minitwit:warn] " in warnings[0] and f"{directive} means {meaning}, " in warnings[0]
        assert f"({line_of(httpd, directive)})" in warnings[0]
    for directive in (
        "MinitwitSlowRequest 1h", "MinitwitSlowRequest 300ms", "MinitwitSlowRequest 2", "MinitwitSessionLifetime 24min",
        "MinitwitDatabaseTimeout 60s", "MinitwitHashQueue 0", "MinitwitLoginLimit 0", "MinitwitCacheSize 4",
        "MinitwitPasswordMemory 46\nMinitwitPasswordPasses 1",
    ):  # fmt: skip
        httpd.directives = directive
        assert httpd.configtest().stdout.strip() == "Syntax OK", directive
    # A host's own values; where nothing is mounted, there is nothing to warn about.
    httpd.directives = ""
    httpd.web += "MinitwitMessageLimit 3\n"
    assert httpd.configtest().stdout.count("usual values are from") == 1
    httpd.web, httpd.api, httpd.ops = "MinitwitMessageLimit 3\n", "", "# nothing\n"
    assert httpd.configtest().stdout.strip() == "Syntax OK"


def test_locks_that_a_killed_process_keeps(configured):
    httpd = configured()
    for value in ("sem", "posixsem", "Sem default"):
        httpd.directives = f"Mutex {value}"
        said = httpd.configtest()
        assert said.returncode == 0 and f"{line_of(httpd, 'Mutex ')})" in said.stdout
        assert "POSIX semaphores, which stay locked" in said.stdout and 'use "Mutex pthread"' in said.stdout
    httpd.directives = "Mutex sysvsem default\nMutex pthread watchdog-callback"
    assert httpd.configtest().stdout.strip() == "Syntax OK"
