# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""Reads the metrics of a site, in Prometheus' text format."""

import re

from support import installation

REQUESTS = "minitwit_http_requests_total"
DURATION = "minitwit_http_request_duration_seconds"

# For Httpd(ops=...): all that an operator's listener serves.
OPS = """
<Location "/metrics">
  SetHandler minitwit-metrics
</Location>
<Location "/livez">
  SetHandler minitwit-health
</Location>
<Location "/readyz">
  SetHandler minitwit-health
</Location>
<Location "/server-status">
  SetHandler server-status
  Require all granted
</Location>
"""

_SAMPLE = re.compile(r"(?P<name>\w+)(?:\{(?P<labels>.*)\})? (?P<value>\S+)")
_LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')


class Metrics:
    """The samples of one scrape."""

    def __init__(self, text):
        self.text = text
        self.samples = {}
        for line in text.splitlines():
            if line.startswith("#"):
                continue
            found = _SAMPLE.fullmatch(line)
            assert found, f"no sample: {line}"
            key = (found["name"], frozenset(_LABEL.findall(found["labels"] or "")))
            assert key not in self.samples, f"twice: {line}"
            self.samples[key] = float(found["value"])

    def get(self, name, default=0, **labels):
        """The value of the sample with exactly these labels."""
        return self.samples.get((name, frozenset(labels.items())), default)

    def select(self, name, **labels):
        """(labels, value) of each sample of this name that has these labels, and perhaps others."""
        wanted = set(labels.items())
        return [(dict(key[1]), value) for key, value in self.samples.items() if key[0] == name and wanted <= key[1]]

    def total(self, name, **labels):
        return sum(value for _, value in self.select(name, **labels))


def scrape(httpd):
    answer = httpd.operator().get("/metrics")
    assert answer.status_code == 200, answer.text
    return Metrics(answer.text)


def count(httpd, handler, route, method, code):
    """The number of these requests that the site counted."""
    return scrape(httpd).get(REQUESTS, handler=handler, route=route, method=method, code=str(code))


def wait_for(httpd, name, value, **labels):
    """Waits until the sample has this value; None: until there is no such sample."""
    installation.wait_until(lambda: scrape(httpd).get(name, default=None, **labels) == value, f"{name} to be {value}")


def cache_lookups(httpd):
    """Hits and misses of the cache of rendered answers."""
    shown = scrape(httpd)
    return tuple(shown.get("minitwit_cache_lookups_total", outcome=outcome) for outcome in ("hit", "miss"))


def capacity(httpd):
    """The connections that all children together may open, by the default of Httpd.database_pool."""
    return len(httpd.children()) * (1 if installation.MPM == "prefork" else 4)
