# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""What one measurement found, and what several of them amount to."""

import dataclasses
import statistics


@dataclasses.dataclass
class Sample:
    """One measurement. Times in seconds; None where nothing can be said."""

    rate: float  # a second
    requests: int = 0
    p50: float = None
    p99: float = None
    mean: float = None
    answer_bytes: float = None  # a request, headers too
    httpd_cpu: float = None  # a request
    postgresql_cpu: float = None
    database_alone: float = None  # what a single client of the database waits for the statements of a request
    problems: list = dataclasses.field(default_factory=list)


_NUMBERS = ("rate", "p50", "p99", "mean", "httpd_cpu", "postgresql_cpu", "database_alone")


def median(values):
    """Of those that are known; None when there is none."""
    known = [value for value in values if value is not None]
    return statistics.median(known) if known else None


def summarise(samples):
    """The medians of several rounds, for JSON; spread is half of what lies between the slowest and the fastest, as a share."""
    rates = [sample.rate for sample in samples]
    middle = median(rates)
    summary = {name: median(getattr(sample, name) for sample in samples) for name in _NUMBERS}
    summary["spread"] = (max(rates) - min(rates)) / 2 / middle if middle else None
    summary["rates"] = rates
    summary["problems"] = sorted({problem for sample in samples for problem in sample.problems})
    return summary


def ratio(samples, others):
    """The median of what was measured in the same rounds, side by side."""
    return median(one.rate / other.rate if other.rate else None for one, other in zip(samples, others))


def compose(*samples):
    """What needs one thing after another on the same processors: the times add up."""
    if not all(sample.rate for sample in samples):
        return Sample(rate=0.0)
    return Sample(rate=1 / sum(1 / sample.rate for sample in samples))


def smaller(*samples):
    return Sample(rate=min(sample.rate for sample in samples))
