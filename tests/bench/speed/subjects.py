# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""The subjects of a run. Each has measurements that are compared with each other, side by side in several rounds."""

import dataclasses
import statistics

from speed import cases, measure
from speed.measure import Sample
from speed.posting import Posting
from speed.sites import check_limit

_SIZE_OF_LIMITS = 1_000_000  # messages of the site that is compared with limits, if there is such a site
_HEADERS_MAX = 2000  # bytes, more than the headers of any answer
_NUMBERS = ("rate", "p50", "p99", "mean", "httpd_cpu", "postgresql_cpu", "database_alone")


@dataclasses.dataclass
class Line:
    """One line of the table."""

    name: str
    title: str
    measure: object = None  # () -> Sample
    derive: object = None  # instead: (samples of this round by name) -> Sample
    messages: int = None  # on the site
    samples: list = dataclasses.field(default_factory=list)


@dataclasses.dataclass
class Subject:
    """The lines of a case. The first is compared with each of the others, or the others with the first in growth."""

    name: str
    group: str
    lines: list

    def run_round(self, number, tell):
        # Each measurement is first equally often, because other load on the machine may come and go.
        order = [line for line in self.lines if line.measure]
        for line in order if number % 2 == 0 else reversed(order):
            line.samples.append(line.measure())
            tell(self, line)
        current = {line.name: line.samples[-1] for line in order}
        for line in self.lines:
            if line.derive:
                line.samples.append(line.derive(current))

    def rows(self):
        """The rows for the report and the JSON."""
        first = self.lines[0]
        is_growth = self.group == "growth"
        for line in self.lines:
            sides = (line, first) if is_growth else (first, line)
            yield {
                "name": self.name if line is first and not is_growth else f"{self.name}/{line.name}",
                "of": None if line is first else self.name,
                "group": self.group,
                "title": line.title,
                "ratio": None if line is first else ratio(*(side.samples for side in sides)),
                "messages": line.messages,
                **summarise(line.samples),
            }


def run(subjects, rounds, tell, warm_up):
    """Runs all rounds, and calls tell(subject, line) after each measurement."""
    if warm_up:
        for line in (line for subject in subjects for line in subject.lines if line.measure):
            line.measure()
    for number in range(rounds):
        for subject in subjects:
            subject.run_round(number, tell)


def _median(values):
    known = [value for value in values if value is not None]
    return statistics.median(known) if known else None


def summarise(samples):
    """The medians of all rounds."""
    rates = [sample.rate for sample in samples]
    summary = {name: _median(getattr(sample, name) for sample in samples) for name in _NUMBERS}
    summary["spread"] = (max(rates) - min(rates)) / 2 / summary["rate"] if summary["rate"] else None
    summary["rates"] = rates
    summary["problems"] = sorted({problem for sample in samples for problem in sample.problems})
    return summary


def ratio(samples, others):
    """The median of the ratios within each round."""
    return _median(one.rate / other.rate if other.rate else None for one, other in zip(samples, others))


def _compose(found):
    """The rate of a request that needs first a static file and then pgbench on the same processors."""
    rates = [found[name].rate for name in ("static", "pgbench")]
    return Sample(1 / sum(1 / rate for rate in rates) if all(rates) else 0.0)


def checking_length(load, body, share):
    """Adds a problem if answers have the wrong length: a refusal would be fast, and a longer limit slow. share: the
    smallest and, inverted, the largest length, as a share of the body."""

    def act():
        sample = load()
        if not body * share <= sample.answer_bytes <= body / share + _HEADERS_MAX:
            sample.problems.append(f"answers have {sample.answer_bytes:.0f} bytes, but must have {body} and headers")
        return sample

    return act


class _Meter:
    """Makes functions without arguments that return a Sample, all on one site."""

    def __init__(self, sites, messages, seconds):
        self.sites = sites
        self.messages = messages
        self._seconds = seconds

    def ours(self, case, is_cached=True, module=None, share=None):
        """share: as for checking_length."""
        httpd = self.sites.httpd(self.messages, is_cached, module)
        load = self._load(httpd, httpd.url(case.listener), case, "ours", postgresql=self.sites.cluster.process.pid)
        body = len(self.sites.answers[self.messages, case.name].body)
        # Pages of different users have different lengths.
        act = checking_length(load, body, share or (1 if len(case.probes) == 1 else 0.5))
        return self._restoring(act) if case.writes else act

    def ours_while_posting(self, case):
        httpd = self.sites.httpd(self.messages)
        requests = cases.posted_meanwhile(self.sites.people)
        # The new messages are longer or shorter than the old ones.
        read = self.ours(case, share=0.5)

        def act():
            with Posting(httpd.api_url, requests, cases.POSTS_A_SECOND) as posting:
                sample = read()
            sample.problems += posting.problems()
            return sample

        return self._restoring(act)

    def limit(self, served, case, listener):
        """The same requests to another host, which answers with the bytes of the site."""
        httpd, paths = served
        path = paths[case.name]
        answer = self.sites.answers[self.messages, case.name]
        check_limit(httpd.url(listener), case.probes[0].request, path, answer)
        return checking_length(self._load(httpd, httpd.url(listener), case, listener, path), len(answer.body), 1)

    def _load(self, httpd, url, case, name, path=None, **pids):
        file = self.sites.folder / f"{case.name}-{self.messages}-{name}.requests"
        measure.write_requests(file, [request.encode(path) for request in case.requests()])
        pids["httpd"] = httpd.process.pid
        return lambda: measure.with_processor_time(lambda: measure.wrk(url, file, self._seconds), **pids)

    def pgbench(self, case, clients=measure.CONNECTIONS, threads=measure.THREADS):
        folder = self.sites.folder / f"{case.name}-{self.messages}"
        folder.mkdir(exist_ok=True)
        recorded = self.sites.recorded[self.messages, case.name]
        load = measure.prepare_pgbench(self.sites.database(self.messages), recorded, self.sites.settings, folder)
        pid = self.sites.cluster.process.pid

        def act():
            return measure.with_processor_time(lambda: load(clients, threads, self._seconds), postgresql=pid)

        return self._restoring(act) if case.writes else act

    def hashes(self, hashes):
        load = measure.prepare_hashing(hashes)
        return lambda: load(self._seconds)

    def growth(self, case):
        """Without the cache: the load of all clients, then the statements of a single client."""
        load, alone = self.ours(case, is_cached=False), self.pgbench(case, 1, 1)

        def act():
            sample, of_one = load(), alone()
            sample.database_alone = of_one.mean
            sample.problems += of_one.problems
            return sample

        return act

    def _restoring(self, act):
        def restoring():
            try:
                return act()
            finally:
                self.sites.restore(self.messages)

        return restoring


def names(people):
    """Everything that can be measured, in the order of the table."""
    return [*(case.name for found in cases.all_cases(people).values() for case in found), "idle"]


def size_of_limits(sizes):
    return max([size for size in sizes if size <= _SIZE_OF_LIMITS] or [sizes[0]])


def make(options, sites, chosen):
    """The subjects of these names, and without "idle"."""
    groups = {
        group: [case for case in found if case.name in chosen] for group, found in cases.all_cases(sites.people).items()
    }
    meter = _Meter(sites, size_of_limits(options.sizes), options.seconds)
    subjects = []
    if singles := groups["limits"] + groups["posting"]:
        sites.record(meter.messages, singles)
        served = sites.limits(meter.messages, singles)
        subjects += [_limited(meter, case, served, options.against) for case in groups["limits"]]
        subjects += [_posting(meter, case, served) for case in groups["posting"]]
    if groups["growth"]:
        meters = [_Meter(sites, messages, options.seconds) for messages in options.sizes]
        for meter in meters:
            sites.record(meter.messages, groups["growth"])
        for case in groups["growth"]:
            lines = [
                Line(f"{m.messages}", f"{case.title}, {m.messages:,} messages", m.growth(case), messages=m.messages)
                for m in meters
            ]
            subjects.append(Subject(case.name, "growth", lines))
    return subjects


def _limited(meter, case, served, module):
    messages = meter.messages
    lines = []
    if case.hashes < 1:
        statements = measure.describe_statements(meter.sites.recorded[messages, case.name])
        statements = "its statements" if " | " in statements else statements
        lines.append(Line("static", "static file of the same size", meter.limit(served, case, "static")))
        if not case.writes:
            lines.append(Line("bare", "bare handler, the same bytes", meter.limit(served, case, "bare")))
        lines.append(Line("pgbench", f"pgbench: {statements}", meter.pgbench(case)))
    if case.hashes:
        lines.append(Line("hash", "password hashing alone", meter.hashes(case.hashes)))
    limits = [line.name for line in lines]
    if not case.writes:
        lines.append(Line("composed", "static file and pgbench composed", derive=_compose))
    elif case.hashes < 1:
        lines.append(
            Line("limit", "smallest of these", derive=lambda found: Sample(min(found[name].rate for name in limits)))
        )
    if module and meter.sites.has(messages, module, case):
        # Its pages may be longer or shorter.
        lines.append(Line("against", "the other module", meter.ours(case, module=module, share=0.5)))
    ours = Line("ours", f"{case.title}, {messages:,} messages", meter.ours(case), messages=messages)
    return Subject(case.name, "limits", [ours, *lines])


def _posting(meter, case, served):
    ours = Line("ours", case.title, meter.ours_while_posting(case), messages=meter.messages)
    static = Line("static", "static file of the same size", meter.limit(served, case, "static"))
    return Subject(case.name, "posting", [ours, static])


def statements(sites):
    """{name of the case: its statements}, on the largest of its sites."""
    return {name: measure.describe_statements(recorded) for (_, name), recorded in sorted(sites.recorded.items())}
