# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""An honest client, who looks at the public timeline and posts, many times a second, and remembers what he got and when."""

import base64
import http.client
import itertools
import json
import math
import threading
import time
from dataclasses import dataclass

from support import installation
from support.client import SIMULATOR

AUTHOR = "probe"

# After so many normal answers one after another, all is well again.
_STREAK = 20

_HEADERS = {
    "Authorization": "Basic " + base64.b64encode(":".join(SIMULATOR).encode()).decode(),
    "Connection": "close",
    "Content-Type": "application/json",
}


@dataclass
class Sample:
    """One request. Times are seconds on the monotonic clock."""

    method: str
    started: float
    ended: float
    status: int | None  # None: no answer, or not a whole one
    text: str | None  # what was posted
    retry_after: str | None


class Probe(threading.Thread):
    """Asks once every so many seconds, on a new connection each time; each text is posted once. Between start() and finish()."""

    def __init__(self, httpd, interval=0.05):
        super().__init__()
        self.samples = []
        self._addresses = {"GET": httpd.web_port, "POST": httpd.api_port}
        self._interval = interval
        self._ending = threading.Event()
        registered = httpd.simulator().register(AUTHOR)
        assert registered.status_code in (204, 400), registered.text

    def run(self):
        number = 0
        while not self._ending.wait(self._interval):
            number += 1
            self._ask("GET", "/public")
            self._ask("POST", f"/msgs/{AUTHOR}", f"{time.time_ns()} {number}")

    def finish(self):
        self._ending.set()
        self.join()
        return self

    def wait_for_failure(self, since, method=None):
        """Returns once a request begun since then was not answered normally."""
        failed = lambda: any(method in (None, sample.method) for sample in self.failures(since))  # noqa: E731
        installation.wait_until(failed, "the honest client to notice")

    def wait_for_answers(self, since, count=_STREAK, method=None):
        """Returns once so many requests begun since then were answered normally, whatever became of others."""
        enough = lambda: len(self.answers(since, method=method)) >= count  # noqa: E731
        installation.wait_until(enough, "the honest client to be served")

    def wait_for_recovery(self, since, count=_STREAK):
        """Returns once so many requests in a row, all begun since then, were answered normally."""

        def is_well():
            newest = self.samples[-count:]
            return len(newest) == count and newest[0].started >= since and all(map(_is_normal, newest))

        installation.wait_until(is_well, "the site to be as before")

    def recovered_after(self, moment, until=math.inf):
        """Seconds from moment until all requests were answered normally again. Requests that began at until or later are ignored. Wait
        for the recovery first."""
        samples = [sample for sample in self.samples if sample.started < until]
        bad = [sample.ended for sample in samples if sample.ended > moment and not _is_normal(sample)]
        good = [sample.ended for sample in samples if sample.ended > max(bad, default=moment)]
        assert good, "it never recovered"
        return min(good) - moment

    def failures(self, since=0, until=math.inf):
        """Those requests begun in that time that were not answered normally."""
        return [sample for sample in self.samples if since <= sample.started < until and not _is_normal(sample)]

    def answers(self, since=0, until=math.inf, method=None):
        """Those requests begun in that time, of that method or of both, that were answered normally."""
        samples = [sample for sample in self.samples if since <= sample.started < until and method in (None, sample.method)]
        return [sample for sample in samples if _is_normal(sample)]

    def assert_honest(self, since=0, until=math.inf):
        """Whoever was not answered normally was told to come back, and when: no other failure, no request without an answer."""
        for sample in self.failures(since, until):
            assert sample.status == 503 and int(sample.retry_after or 0) > 0, sample

    def slowest(self, since=0, until=math.inf):
        """Seconds that the slowest request took of those begun in that time."""
        return max(sample.ended - sample.started for sample in self.samples if since <= sample.started < until)

    def percentile(self, percent, since=0, until=math.inf):
        """Nearest-rank, in seconds, over requests for a page that were begun in that time."""
        times = self._times(since, until)
        return times[math.ceil(percent / 100 * len(times)) - 1]

    def usual(self, since=0, until=math.inf):
        """The median duration, in seconds, of page requests that began in that time, weighted by duration. A request that waits long
        counts for as long as it waits, even after many quick ones."""
        times = self._times(since, until)
        gone = list(itertools.accumulate(times))
        return next(seconds for seconds, sofar in zip(times, gone) if sofar >= gone[-1] / 2)

    def _times(self, since, until):
        samples = [sample for sample in self.samples if sample.method == "GET" and since <= sample.started < until]
        assert samples, "nothing to judge by"
        return sorted(sample.ended - sample.started for sample in samples)

    def verify(self, database):
        """Every acknowledged message is there once, every other one once or not at all."""
        posts = {sample.text: sample.status for sample in self.samples if sample.text}
        stored = [text for author, text in database.messages() if author == AUTHOR]
        assert len(stored) == len(set(stored)), "stored twice"
        assert {text for text, status in posts.items() if status == 204} <= set(stored), "acknowledged, but lost"
        refused = {text for text, status in posts.items() if status not in (204, 503, None)}
        assert not refused & set(stored), "refused, but stored"

    def _ask(self, method, path, text=None, headers=None):
        started = time.monotonic()
        connection = http.client.HTTPConnection("127.0.0.1", self._addresses[method], timeout=installation.PATIENCE)
        status = retry_after = None
        try:
            body = json.dumps({"content": text}) if text else None
            connection.request(method, path, body=body, headers=_HEADERS | (headers or {}))
            answer = connection.getresponse()
            answer.read()
            status, retry_after = answer.status, answer.getheader("Retry-After")
        except (OSError, http.client.HTTPException):
            pass
        finally:
            connection.close()
        self.samples.append(Sample(method, started, time.monotonic(), status, text, retry_after))


def _is_normal(sample):
    return sample.status == (200 if sample.method == "GET" else 204)
