# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""What is measured, and held against what."""

import os

from speed import cases, pgbench, programs, wrk
from speed.data import People
from speed.options import size_of_limits
from speed.posting import Posting
from speed.processes import ProcessorTime
from speed.rounds import Line, Subject
from speed.sample import Sample, compose, smaller
from speed.servers import hash_rate_program
from speed.sites import check_limit

LIMITED, POSTING, GROWTH = "limits", "posting", "growth"  # groups


def names(options):
    """Of everything that can be measured, in the order of the table."""
    people = People(options.followees)
    found = [*cases.limited(people, options.followees[0]), *cases.posting(), *cases.growing(people, options.followees)]
    return [*(case.name for case in found), "idle"]


class Meter:
    """How each thing is measured: methods that make functions without arguments, which return a Sample."""

    def __init__(self, options, sites):
        self._options = options
        self._sites = sites

    def ours(self, case, messages, is_cached=True, module=None, share=None):
        """share: of the first answer's length, how much answers have at least. All of it where all requests are the same."""
        httpd = self._sites.httpd(messages, is_cached, module)
        load = self._load(httpd, httpd.url(case.listener), case, f"{case.name}-{messages}")
        body = len(self._sites.answers[messages, case.name].body)
        measure = checking_length(load, body, share or (1 if len(case.requests) == 1 else 0.5))
        return self._restoring(measure, case.writes, messages)

    def ours_while_posting(self, case, messages):
        httpd = self._sites.httpd(messages)
        requests = cases.meanwhile(self._sites.people)
        # What was posted is longer or shorter than what was there.
        read = self.ours(case, messages, share=0.5)

        def measure():
            with Posting(httpd.api_port, requests, cases.POSTS_A_SECOND) as posting:
                sample = read()
            if posting.problem:
                sample.problems.append(posting.problem)
            # The others are to have met as many writes as they are said to.
            if posting.rate < cases.POSTS_A_SECOND * 0.9:
                sample.problems.append(f"only {posting.rate:.0f} posts a second")
            return sample

        return self._restoring(measure, True, messages)

    def against(self, case, messages):
        """Lines for the other module, if there is one."""
        module = self._options.against
        title = "the module held against"
        return [Line("against", title, self.ours(case, messages, module=module))] if module else []

    def limit(self, httpd, listener, case, path, messages):
        """The same requests, sent to another path of that httpd, which answers with the bytes of the site."""
        answer = self._sites.answers[messages, case.name]
        check_limit(httpd.url(listener), case.requests[0], path, answer)
        load = self._load(httpd, httpd.url(listener), case, f"{case.name}-{listener}", path)
        return checking_length(load, len(answer.body), 1)

    def _load(self, httpd, url, case, name, path=None):
        file = self._sites.folder / f"{name}.requests"
        wrk.write_requests(file, [request.encode(path) for request in case.requests])
        options = self._options
        pids = {"httpd": httpd.process.pid}
        if path is None:
            pids["postgresql"] = self._sites.cluster.process.pid

        def measure():
            with ProcessorTime(**pids) as spent:
                sample = wrk.measure(url, file, options.load, options.seconds)
            _share(sample, spent)
            return sample

        return measure

    def pgbench(self, case, messages, is_alone=False):
        """The statements of a case; alone: by a single client."""
        folder = self._sites.folder / f"{case.name}-{messages}"
        folder.mkdir(exist_ok=True)
        recorded = self._sites.recorded[messages, case.name]
        benchmark = pgbench.Benchmark(self._sites.database(messages), recorded, self._sites.settings, folder)
        options = self._options
        clients, threads = (1, 1) if is_alone else (options.load.connections, options.load.threads)
        # A few are enough to see that it works.
        bound = {"transactions": 5} if is_alone and options.quick else {"seconds": options.seconds}

        def measure():
            with ProcessorTime(postgresql=self._sites.cluster.process.pid) as spent:
                sample = benchmark.measure(clients, threads, **bound)
            _share(sample, spent)
            return sample

        return self._restoring(measure, case.writes, messages)

    def _restoring(self, measure, writes, messages):
        def act():
            try:
                return measure()
            finally:
                self._sites.restore(messages)

        return act if writes else measure

    def hashes(self):
        program = hash_rate_program()
        seconds = self._options.seconds

        def measure():
            # As many at once as the site has: the default of MinitwitHashLimit is the number of cores.
            done, took = programs.run([program, seconds, os.cpu_count()], seconds + 60).split()
            return Sample(rate=int(done) / float(took), requests=int(done))

        return measure


# More than the headers of any answer.
_HEADERS_MAX = 2000


def checking_length(load, body, share):
    """A refusal would be fast, and a limit that sends more would be slow. share: of the body, how much there is at least."""

    def measure():
        sample = load()
        most = body / share + _HEADERS_MAX
        if not body * share <= sample.answer_bytes <= most:
            sample.problems.append(f"answers have {sample.answer_bytes:.0f} bytes, not {body} and headers")
        return sample

    return measure


def _share(sample, spent):
    """Processor time for each request."""
    for name, seconds in spent.seconds.items():
        setattr(sample, f"{name}_cpu", seconds / sample.requests if sample.requests else None)


def make(options, sites, chosen):
    """The subjects of these names, all but idle."""
    messages = size_of_limits(options.sizes)
    limited, posting, growing = (
        [case for case in found if case.name in chosen]
        for found in (
            cases.limited(sites.people, options.followees[0]),
            cases.posting(),
            cases.growing(sites.people, options.followees),
        )
    )
    meter = Meter(options, sites)
    subjects = []
    if limited or posting:
        singles = [*limited, *posting]
        sites.record(messages, singles)
        served = sites.limits(messages, singles)
        subjects += [_limited(meter, case, messages, served, _describe(sites, case, messages)) for case in limited]
        subjects += [_posting(meter, case, messages, served) for case in posting]
    for size in options.sizes if growing else ():
        sites.record(size, growing)
    subjects += [_growth(meter, case, options.sizes) for case in growing]
    return subjects


def _describe(sites, case, messages):
    return pgbench.describe(sites.recorded[messages, case.name])


def _limited(meter, case, messages, served, statements):
    ours = Line("ours", f"{case.title}, {messages:,} messages", meter.ours(case, messages), notes={"messages": messages})
    if case.hashes == 1:
        alone = Line("hash", "passwords that are only hashed", meter.hashes())
        return Subject(case.name, LIMITED, [ours, alone, *meter.against(case, messages)])
    httpd, paths = served
    path = paths[case.name]
    static = Line("static", "static file of as many bytes", meter.limit(httpd, "static", case, path, messages))
    named = statements if " | " not in statements else "its statements"
    database = Line("pgbench", f"pgbench: {named}", meter.pgbench(case, messages))
    if not case.writes:
        bare = Line("bare", "bare handler, the same bytes", meter.limit(httpd, "bare", case, path, messages))
        both = Line(
            "composed", "static file and pgbench composed", derive=lambda found: compose(found["static"], found["pgbench"])
        )
        return Subject(case.name, LIMITED, [ours, static, bare, database, both, *meter.against(case, messages)])
    lines = [ours, static, database]
    if case.hashes:
        lines.append(Line("hash", "as passwords are only hashed", _scaled(meter.hashes(), 1 / case.hashes)))
    smallest = Line("limit", "smallest of these", derive=lambda found: smaller(*(found[line.name] for line in lines[1:])))
    return Subject(case.name, LIMITED, [*lines, smallest, *meter.against(case, messages)])


def _scaled(measure, factor):
    def act():
        sample = measure()
        return Sample(rate=sample.rate * factor, requests=sample.requests)

    return act


def _posting(meter, case, messages, served):
    httpd, paths = served
    ours = Line("ours", case.title, meter.ours_while_posting(case, messages), notes={"messages": messages})
    static = Line("static", "static file of as many bytes", meter.limit(httpd, "static", case, paths[case.name], messages))
    return Subject(case.name, POSTING, [ours, static])


def _growth(meter, case, sizes):
    lines = []
    for messages in sizes:
        alone = meter.pgbench(case, messages, is_alone=True)
        lines.append(_growth_line(case, messages, meter.ours(case, messages, is_cached=False), alone))
    return Subject(case.name, GROWTH, lines, is_growth=True)


def _growth_line(case, messages, measure, measure_alone):
    """One of both: under load, and what a single client of the database waits for the same statements."""

    def act():
        sample = measure()
        alone = measure_alone()
        sample.database_alone = alone.mean
        sample.problems += alone.problems
        return sample

    return Line(str(messages), f"{case.title}, {messages:,} messages", act, notes={"messages": messages})
