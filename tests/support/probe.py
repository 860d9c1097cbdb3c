# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""An honest client, which reads the public timeline and posts many times a second, and records each answer with its
time."""

import http.client
import itertools
import json
import math
import threading
import time
from dataclasses import dataclass

from support import installation
from support.client import authorization

AUTHOR = "probe"

# After this number of consecutive normal answers, the site has recovered.
_STREAK = 20

_HEADERS = dict([authorization().split(": ")]) | {"Connection": "close", "Content-Type": "application/json"}


@dataclass
class Sample:
    """A request. Times are seconds of the monotonic clock."""

    method: str
    started: float
    ended: float
    status: int | None  # None: no complete answer
    text: str | None  # of the message
    retry_after: str | None


class Probe(threading.Thread):
    """Reads and posts once per interval, from start() to finish(), each time with a new connection and a new text."""

    def __init__(self, httpd, interval=0.05):
        super().__init__()
        self.samples = []
        self._addresses = {"GET": httpd.web_port, "POST": httpd.api_port}
        self._interval = interval
        self._ending = threading.Event()
        # On a busy machine, the site may refuse it at first.
        installation.wait_until(lambda: httpd.simulator().register(AUTHOR).status_code in (204, 400), "an account")

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
        """Returns when a request that began since then failed."""
        failed = lambda: any(method in (None, sample.method) for sample in self.failures(since))  # noqa: E731
        installation.wait_until(failed, "a failure of the honest client")

    def wait_for_answers(self, since, count=_STREAK, method=None):
        """Returns when this number of requests that began since then were answered normally. Others may have failed."""
        enough = lambda: len(self.answers(since, method=method)) >= count  # noqa: E731
        installation.wait_until(enough, "the honest client to be served")

    def wait_for_recovery(self, since, count=_STREAK):
        """Returns when this number of consecutive requests that began since then were answered normally."""

        def is_well():
            newest = self.samples[-count:]
            return len(newest) == count and newest[0].started >= since and all(map(_is_normal, newest))

        installation.wait_until(is_well, "the site to recover")

    def recovered_after(self, moment, until=math.inf):
        """Seconds from moment until all requests were answered normally again. Ignores requests that began at until or
        later. Call wait_for_recovery() first."""
        samples = [sample for sample in self.samples if sample.started < until]
        bad = [sample.ended for sample in samples if sample.ended > moment and not _is_normal(sample)]
        good = [sample.ended for sample in samples if sample.ended > max(bad, default=moment)]
        assert good, "it never recovered"
        return min(good) - moment

    def failures(self, since=0, until=math.inf):
        """The requests that began in this time and were not answered normally."""
        return [sample for sample in self.samples if since <= sample.started < until and not _is_normal(sample)]

    def answers(self, since=0, until=math.inf, method=None):
        """The requests that began in this time and were answered normally. method: None for both."""
        samples = [
            sample for sample in self.samples if since <= sample.started < until and method in (None, sample.method)
        ]
        return [sample for sample in samples if _is_normal(sample)]

    def assert_honest(self, since=0, until=math.inf):
        """Asserts that each failure was a 503 with Retry-After, and that each request was answered."""
        for sample in self.failures(since, until):
            assert sample.status == 503 and int(sample.retry_after or 0) > 0, sample

    def slowest(self, since=0, until=math.inf):
        """Seconds that the slowest request of this time took."""
        return max(sample.ended - sample.started for sample in self.samples if since <= sample.started < until)

    def percentile(self, percent, since=0, until=math.inf):
        """Nearest-rank percentile, in seconds, of the page requests that began in this time."""
        times = self._times(since, until)
        return times[math.ceil(percent / 100 * len(times)) - 1]

    def usual(self, since=0, until=math.inf):
        """The median duration, in seconds, of page requests that began in that time, weighted by duration. A request
        that waits long counts for as long as it waits, even after many quick ones."""
        times = self._times(since, until)
        gone = list(itertools.accumulate(times))
        return next(seconds for seconds, sofar in zip(times, gone) if sofar >= gone[-1] / 2)

    def _times(self, since, until):
        samples = [sample for sample in self.samples if sample.method == "GET" and since <= sample.started < until]
        assert samples, "no page was requested in this time"
        return sorted(sample.ended - sample.started for sample in samples)

    def verify(self, database):
        """Asserts that each acknowledged message is stored once, and each other message at most once."""
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
