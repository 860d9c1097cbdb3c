# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""The sites of a run, and their servers. They are made when they are needed, and restored after each measurement that
writes."""

import dataclasses
import http.client
import itertools
import pathlib
import sys
import tempfile
import urllib.parse

from speed import cases
from speed.data import Keeper, fill, fill_search, freeze_search
from speed.servers import Database, Limits, Site, build_bare
from support.recorder import Recorder
from support.statements import by_label

# Headers that httpd itself adds to any answer.
_HTTPD_HEADERS = {"date", "server", "content-length", "content-type", "connection", "keep-alive", "vary"}


@dataclasses.dataclass
class Answer:
    status: int
    headers: dict  # without _HTTPD_HEADERS
    content_type: str
    body: bytes


def ask(url, request):
    """The answer to a request of cases.py."""
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(url).netloc, timeout=60)
    try:
        # The same host as in Request.encode(), because a browser's Origin must be that of the site.
        headers = {"Host": "localhost"} | dict(header.split(": ", 1) for header in request.headers)
        connection.request(request.method, request.path, request.body.encode(), headers)
        answer = connection.getresponse()
        own = {name: value for name, value in answer.getheaders() if name.lower() not in _HTTPD_HEADERS}
        return Answer(answer.status, own, answer.getheader("Content-Type", ""), answer.read())
    finally:
        connection.close()


def check_limit(url, request, path, answer):
    """Raises an error unless this path gives the bytes of the site's answer."""
    given = ask(url, dataclasses.replace(request.numbered(cases.MARK_VALUE), path=path))
    if given.status != 200 or given.body != answer.body:
        raise RuntimeError(
            f"{url}{path} gives {len(given.body)} bytes with {given.status}, not the site's {len(answer.body)}"
        )


def say(text):
    print(text, file=sys.stderr, flush=True)


class Sites:
    """Lives in an ExitStack, which stops and removes all servers."""

    def __init__(self, people, stack):
        self._stack = stack
        self.folder = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="mt-bench-", dir="/tmp")))
        self.people = people
        self.cluster = Database()
        stack.callback(self.cluster.destroy)
        self.cluster.start()
        self.recorded = {}  # {(messages, name of the case): [(probe, pipelines)]}
        self.settings = {}  # of the module's connections
        self.answers = {}  # {(messages, name of the case): Answer to its first probe}
        self.lacking = []  # titles of the cases that the other module does not have
        self._databases = {}
        self._searchable = set()  # messages of the sites whose index of the search is complete
        self._keepers = {}
        self._httpds = {}
        self._limits = None
        self._numbers = itertools.count(int(cases.MARK_VALUE))

    def database(self, messages):
        if messages not in self._databases:
            say(f"making a site of {messages:,} messages")
            database = self.cluster.create_site_database(f"site_{messages}")
            fill(database, self.people, messages)
            freeze_search(database)
            self._databases[messages] = database
            self._keepers[messages] = Keeper(database)
        return self._databases[messages]

    def _make_searchable(self, messages):
        if messages not in self._searchable:
            say(f"making the index of the search for {messages:,} messages")
            fill_search(self.database(messages), by_label())
            self._searchable.add(messages)

    def restore(self, messages):
        """Deletes everything that was written since the site was made."""
        self._keepers[messages].restore()

    def httpd(self, messages, is_cached=True, module=None):
        key = messages, is_cached, module
        if key not in self._httpds:
            self._httpds[key] = self._start(Site(self.database(messages), is_cached, module))
        return self._httpds[key]

    def idle(self, messages):
        """{description: httpd} for the measurement of idle connections."""
        worn = self._httpds.get((messages, True, None))
        fresh = {"an httpd that has just started": self._start(Site(self.database(messages)))}
        return fresh | ({"the httpd of the measurements above": worn} if worn else {})

    def limits(self, messages, chosen):
        """Starts the httpd with the limits of these cases. Returns it, and {name of the case: path}."""
        self._limits = httpd = Limits(self.database(messages), build_bare(self.folder))
        for case in chosen:
            if case.compressed:
                # The recorded answer came without the cache, so mod_deflate compressed it.
                answer = ask(self.httpd(messages).url(case.listener), case.probes[0].request)
                if answer.headers.get("Content-Encoding") != "gzip":
                    raise RuntimeError(f"{case.title}: the answer is not compressed")
                self.answers[messages, case.name] = answer
        paths = {case.name: httpd.add(case.name, self.answers[messages, case.name]) for case in chosen}
        return self._start(httpd), paths

    def has(self, messages, module, case):
        """Whether the other module answers the request of this case as the measured one does."""
        request = case.probes[0].request.numbered(str(next(self._numbers)))
        answer = ask(self.httpd(messages, module=module).url(case.listener), request)
        if case.writes:
            self.restore(messages)
        if not case.fits(answer):
            say(f"{case.name:28} {'against':10} the other module does not have it")
            self.lacking.append(case.title)
        return case.fits(answer)

    def _start(self, httpd):
        self._stack.callback(httpd.destroy)
        return httpd.start()

    def alarms(self):
        """The errors in the logs."""
        httpds = [*self._httpds.values(), *filter(None, [self._limits])]
        return [line for httpd in httpds for line in httpd.alarms()]

    def record(self, messages, chosen):
        """Records the statements of each case. Without the cache, each request needs the database."""
        database = self.database(messages)
        if any(case.searches for case in chosen):
            self._make_searchable(messages)
        with Recorder(self.cluster.socket_folder) as recorder:
            through = f"host={recorder.folder} dbname={database.name} user=minitwit_site connect_timeout=2"
            httpd = Site(through, is_cached=False)
            try:
                httpd.start()
                for case in chosen:
                    url = httpd.url(case.listener)
                    pipelines = [self._record_probe(recorder, url, case, probe, messages) for probe in case.probes]
                    self.recorded[messages, case.name] = list(zip(case.probes, pipelines))
            finally:
                httpd.destroy()
            self.settings = recorder.settings
        self.restore(messages)

    def _record_probe(self, recorder, url, case, probe, messages):
        number = ""

        def send():
            nonlocal number
            number = str(next(self._numbers))
            request = probe.request.numbered(number)
            answer = ask(url, request)
            if not case.fits(answer):
                raise RuntimeError(
                    f"{case.title}: {request.path} was answered with {answer.status}:\n{answer.body[:500]}"
                )
            self.answers.setdefault((messages, case.name), answer)

        pipelines = recorder.record(send)
        return [[call.replace(number, cases.MARK_VALUE) for call in pipeline] for pipeline in pipelines]
