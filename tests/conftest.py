# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""The fixtures of all tests. One PostgreSQL and one httpd serve most tests, and the site is emptied before each. Tests
that break something, or that need another configuration, start their own servers with the fixtures make_httpd and
own_cluster. After each test, the error logs of all running httpds must hold only the expected lines, and
docs/openapi.yaml must describe each answer of the API."""

import contextlib
import itertools
import pathlib
import shutil
import subprocess

import pytest

# pytest then also shows the values of an assertion that fails in these modules.
pytest.register_assert_rewrite("support")

from support import backups, contract, errorlog, installation, metrics, version
from support.cluster import Cluster
from support.httpd import PATIENT, Httpd
from support.original import KEYLESS, LOOSE, Original
from support.shipped import KINDS

_httpds = []  # in use now
_numbers = itertools.count(1)
_LOG_LINES = 60  # of an error log that a failure shows


def pytest_terminal_summary(terminalreporter):
    """Shows each failure after which a test was repeated (--reruns). pytest shows only the last attempt."""
    for report in terminalreporter.stats.get("rerun", []):
        terminalreporter.section(f"{report.nodeid} was repeated")
        terminalreporter.write_line(report.longreprtext)


@pytest.fixture(scope="session")
def _built():
    for file in (installation.MODULE, installation.CTL):
        if not file.exists():
            pytest.exit(f"{file} does not exist. Build first, and set MINITWIT_BUILD to the build folder", 1)


@pytest.fixture(scope="session")
def cluster(_built):
    """A PostgreSQL that no test may stop."""
    yield from _running_cluster()


@pytest.fixture(scope="session")
def _shared_database(cluster):
    database = cluster.create_site_database("minitwit")
    database.keep_connection()
    return database


@pytest.fixture(scope="session")
def httpd(_shared_database):
    """An httpd with the usual mounts: the site, the API and health on three listeners."""
    # The queue is long enough for all users who register at once.
    kind = KINDS.get(installation.SITE, Httpd)
    queue = "MinitwitHashQueue 32\nMinitwitHashWait 30s\n"
    yield from _running_httpd(kind(_shared_database, directives=queue + PATIENT))


@pytest.fixture
def database(_shared_database):
    """The database of the shared site, emptied."""
    _shared_database.clear()
    return _shared_database


@pytest.fixture
def site(httpd, database):
    """A browser without cookies."""
    return httpd.browser()


@pytest.fixture
def api(httpd, database):
    """The simulator."""
    return httpd.simulator()


@pytest.fixture
def people(api):
    """Registers users with these names and the password "secret"."""

    def register(*names):
        for name in names:
            answer = api.register(name, email=f"{len(name)}-{name[0]}@example.org")
            assert answer.status_code == 204, answer.text

    return register


@pytest.fixture
def signed_in(httpd, people):
    """Registers a user and returns a browser that is signed in as this user."""

    def enter(name):
        people(name)
        return httpd.browser().sign_in(name)

    return enter


@pytest.fixture
def usual_kind():
    """The class of the site, unless a test names another one."""
    return KINDS.get(installation.SITE, Httpd)


@pytest.fixture
def make_httpd(database, request, usual_kind):
    """Starts an httpd for this test, with the arguments of Httpd. Options: over, a database instead of that of the
    shared site; kind, a subclass of Httpd instead of the usual one; start=False does not start it yet. Its deadlines
    are long, except in tests with the fixture faulty."""
    # _clean_logs reads the logs after this fixture has ended, so it removes the folders.
    with contextlib.ExitStack() as stack:

        def make(start=True, over=None, kind=None, **arguments):
            httpd = (kind or usual_kind)(over or database, **arguments)
            httpd.patience = "" if "faulty" in request.fixturenames else PATIENT
            stack.callback(httpd.stop)
            _httpds.append(httpd)
            return httpd.start() if start else httpd

        yield make


@pytest.fixture
def watched(make_httpd):
    """A site with metrics and server status, which reads the values of its database each second."""
    return make_httpd(ops=metrics.OPS, directives="MinitwitMetricsInterval 1s\n")


@pytest.fixture
def templates(tmp_path):
    """A copy of the templates, which a test may change."""
    return pathlib.Path(shutil.copytree(installation.TEMPLATES, tmp_path / "templates"))


@pytest.fixture
def original(tmp_path):
    """An empty SQLite database of the original program."""
    return Original(tmp_path / "minitwit.db")


@pytest.fixture
def loose(tmp_path):
    """The same, but each column may be null."""
    return Original(tmp_path / "loose.db", LOOSE)


@pytest.fixture
def keyless(tmp_path):
    """The same, but two rows may also have the same id."""
    return Original(tmp_path / "keyless.db", KEYLESS)


@pytest.fixture(scope="session")
def certificate(tmp_path_factory):
    """A self-signed certificate and its key."""
    folder = tmp_path_factory.mktemp("tls")
    certificate_file, key_file = folder / "certificate.pem", folder / "key.pem"
    subprocess.run(
        [
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
            "-keyout", key_file, "-out", certificate_file, "-days", "1", "-subj", "/CN=localhost",
            "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
        ],
        check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    return certificate_file, key_file


@pytest.fixture(scope="module")
def own_cluster(_built):
    """A PostgreSQL that the tests of one file may stop, kill and freeze. Each test leaves it running."""
    yield from _running_cluster()


@pytest.fixture(scope="module")
def source_cluster(own_cluster):
    """A PostgreSQL that the system's pg_dump can read: own_cluster, or a server of the system's version if own_cluster
    is newer than pg_dump. own_cluster can restore its backups."""
    if backups.why_not() is None:
        yield own_cluster
    else:
        yield from _running_cluster(installation.postgresql_clients())


@pytest.fixture(scope="session")
def previous():
    """The last version that needed the previous schema. It is built once."""
    try:
        return version.build_previous()
    except FileNotFoundError as error:
        pytest.skip(str(error))


@pytest.fixture
def own_database(own_cluster):
    """The database of a new site in own_cluster."""
    return own_cluster.create_site_database(f"site{next(_numbers)}")


class Expectations:
    """Patterns of lines that the error log may hold after a test."""

    def __init__(self):
        self.expected = []
        self.allowed = []

    def __call__(self, *patterns):
        """Lines that the test causes. Each pattern must occur."""
        self.expected.extend(patterns)

    def allow(self, *patterns):
        """Lines that the test may cause."""
        self.allowed.extend(patterns)


@pytest.fixture
def expect_log():
    """Declares expected lines of the error log, as the marker of the same name does."""
    return Expectations()


# Lines of the module, mod_dbd and libpq while the database is down. libpq prints the last one itself, when the server
# stops while libpq connects.
_AWAY = (
    r"minitwit:(error|notice|warn).*database",
    r"dbd:(error|warn)",
    r"dbd_pgsql|DBD:",
    r"^(WARNING|FATAL):  terminating connection",
)


@pytest.fixture
def faulty(expect_log):
    """Allows the log lines of a database that is down. None of them has to occur."""
    expect_log.allow(*_AWAY)


@pytest.fixture(autouse=True)
def _clean_logs(request, expect_log):
    """Is set up before and torn down after all other fixtures."""
    yield
    expected = list(expect_log.expected)
    for marker in request.node.iter_markers("expect_log"):
        expected.extend(marker.args)
    undescribed = contract.take_violations()
    lines = []
    reports = []
    for httpd in list(_httpds):
        lines += httpd.error_log.take_news()
        reports += httpd.sanitizer_reports()
        if httpd.process is None:
            _httpds.remove(httpd)
            httpd.destroy()
    # With the shipped configurations, slow requests of a busy machine are logged. They have fewer children, so that
    # httpd notices when a test kills all of them.
    shipped = ["slow request: ", "AH10392: children are killed successively"] if installation.SITE else []
    _check(lines, reports, expected, expect_log.allowed + shipped)
    assert not undescribed, "answers of the API that docs/openapi.yaml does not describe:\n" + "\n".join(undescribed)


def _check(lines, reports, expected=(), allowed=()):
    bad, missing = errorlog.unexpected(lines, expected, allowed)
    assert not reports, "sanitizer:\n" + "\n".join(reports)
    assert not bad, "unexpected in the error log:\n" + "\n".join(bad)
    assert not missing, f"not in the error log: {missing}\n" + "\n".join(lines)


def _running_cluster(server=None):
    cluster = Cluster(server)
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.destroy()


def _running_httpd(httpd):
    _httpds.append(httpd)
    try:
        yield httpd.start()
        httpd.stop()
        _check(httpd.error_log.take_news(), httpd.sanitizer_reports())
    finally:
        _httpds.remove(httpd)
        httpd.destroy()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport():
    """Shows the last lines of the error logs below a failure. The servers' folders do not outlive their tests."""
    outcome = yield
    report = outcome.get_result()
    if report.failed:
        for httpd in _httpds:
            lines = httpd.error_log.text.splitlines()[-_LOG_LINES:]
            report.sections.append((f"error log of {httpd.root}", "\n".join(lines)))


def pytest_report_header():
    return (
        f"module: {installation.MODULE}, MPM: {installation.MPM}, sanitized: {installation.SANITIZE},"
        f" PostgreSQL: {installation.server_version()}"
    )
