# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""Reads the metrics of a site in OpenMetrics, with the strict parser of Prometheus' Python library."""

import re

from prometheus_client.openmetrics import parser

from support import metrics

TYPE = "application/openmetrics-text; version=1.0.0; charset=utf-8"

# The header Accept of Prometheus 2.42 (Debian 12), 2.53 (Debian 13) and 3.
ACCEPT = {
    "2.42": "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
    "text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
    "2.53": "application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,"
    "text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
    "3": "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
    "application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,"
    "text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
}


class Exposition:
    """One scrape."""

    def __init__(self, text):
        self.text = text
        self.families = {family.name: family for family in parser.text_string_to_metric_families(text)}

    def samples(self):
        return [sample for family in self.families.values() for sample in family.samples]

    def exemplars(self, **labels):
        """[(upper bound, exemplar)] of the durations of requests with these labels."""
        return [
            (float(sample.labels["le"]), sample.exemplar)
            for sample in self.families[metrics.DURATION].samples
            if sample.exemplar and labels.items() <= sample.labels.items()
        ]

    def ids(self, **labels):
        return [exemplar.labels["request_id"] for _, exemplar in self.exemplars(**labels)]


def scrape(httpd):
    answer = httpd.operator().get("/metrics", headers={"Accept": ACCEPT["2.42"]})
    assert answer.status_code == 200 and answer.headers["Content-Type"] == TYPE
    return Exposition(answer.text)


def as_text(name, labels):
    """The name and labels of a sample as the text format has them."""
    return name, frozenset((label, re.sub(r"^(\d+)\.0$", r"\1", value) if label == "le" else value) for label, value in labels.items())
