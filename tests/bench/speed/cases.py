# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""The requests that are measured, as wrk sends them, and as they are recorded for pgbench."""

import dataclasses
import functools
import json
import random
import urllib.parse

from speed.data import BUSY, PROLIFIC, RARE_WORD, TAG
from support.client import authorization

WEB, API = "web", "api"  # listeners

MARK = "@N@"  # load.lua replaces it with a new number each time
MARK_VALUE = "900000000000001"

POSTS_A_SECOND = 50  # while others read

# A prolific user, and two users whom pgbench replaces with random ones.
_AUTHOR, _WHO, _WHOM = 7, 777, 888
_AUTHORIZATION = authorization()
_TEXT = 'It\'s a "fine" morning & the harbour smells of tar, coffee and rain'
# Different requests for wrk, enough for some seconds: to follow a user twice is less work.
_SPREAD = 50_000

# The simulator's actions, per thousand, as in a scenario of 50,000 actions and 1,000 users.
MIX = {"tweet": 882, "follow": 88, "unfollow": 10, "register": 20}


@dataclasses.dataclass(frozen=True)
class Request:
    method: str
    path: str
    headers: tuple = ()
    body: str = ""

    def numbered(self, number):
        """The request with this number in place of each mark."""
        return dataclasses.replace(self, path=self.path.replace(MARK, number), body=self.body.replace(MARK, number))

    def encode(self, path=None):
        """The bytes for load.lua, with another path if one is given. A mark counts as the 15 digits that replace it."""
        head = [f"{self.method} {path or self.path} HTTP/1.1", "Host: localhost", *self.headers]
        if self.method == "POST":
            length = len(self.body.replace(MARK, MARK_VALUE).encode())
            if not any(header.startswith("Content-Type:") for header in self.headers):
                head.append("Content-Type: application/json")
            head.append(f"Content-Length: {length}")
        return ("\r\n".join(head) + "\r\n\r\n" + self.body).encode()


@dataclasses.dataclass(frozen=True)
class Probe:
    """A request whose statements are recorded. pgbench repeats them with other values."""

    request: Request
    variables: dict = dataclasses.field(default_factory=dict)  # {value in the statements: expression of pgbench}
    weight: int = 1


@dataclasses.dataclass(frozen=True)
class Case:
    name: str
    title: str
    listener: str
    probes: list
    make_requests: object = None  # () -> list
    status: int = 200
    contains: str = ""  # in the answer to each probe
    writes: bool = False
    hashes: float = 0.0  # passwords hashed per request, on average
    compressed: bool = False
    searches: bool = False  # needs a complete index of the search

    def fits(self, answer):
        """Whether this is the expected answer to a probe."""
        return answer.status == self.status and self.contains.encode() in answer.body

    def requests(self):
        """The requests that wrk sends in turn."""
        return self.make_requests() if self.make_requests else [probe.request for probe in self.probes]


def _api(method, path, body=None, *headers):
    text = json.dumps(body) if body is not None else ""
    return Request(method, path, (_AUTHORIZATION, *headers), text)


def _session(reader):
    return f"Cookie: minitwit_session={reader.token}"


def _home(people, followees, silent=False):
    """One probe for each reader, because pgbench cannot make their tokens."""
    kind = "silent" if silent else "active"
    probes = [
        Probe(Request("GET", "/", (_session(reader),)))
        for reader in people.select(followees, silent)
    ]
    title = f"GET / signed in, following {followees:,} {kind}"
    return Case(f"home-{followees}-{kind}", title, WEB, probes, contains="My Timeline")


def _reads():
    """Reads of one URL each, because a static file has one URL."""
    for name, title, listener, request in (
        ("public", "GET /public", WEB, Request("GET", "/public")),
        ("user", "GET /<username>", WEB, Request("GET", f"/{_AUTHOR}")),
        ("msgs", "GET /msgs?no=100", API, _api("GET", "/msgs?no=100")),
        ("msgs-user", "GET /msgs/<username>", API, _api("GET", f"/msgs/{_AUTHOR}")),
    ):
        yield Case(name, title, listener, [Probe(request)])


def _compressed_reads():
    """The larger pages as browsers request them."""
    for case in list(_reads())[::2]:
        request = case.probes[0].request
        request = dataclasses.replace(request, headers=(*request.headers, "Accept-Encoding: gzip"))
        changes = {"name": f"{case.name}-gzip", "title": f"{case.title}, gzip", "compressed": True}
        yield dataclasses.replace(case, probes=[Probe(request)], **changes)


def _pages(people):
    """Pages for everybody, which the cache keeps, except the searches."""
    for name, title, path, contains in (
        ("thread", "GET /<username>/<id>", f"/{people.busy_author}/{BUSY}", "messages parent"),
        ("tag", "GET /-/tag/<tag>", f"/-/tag/{TAG}", "<li id="),
        ("followers", "GET /<username>/followers", f"/{people.famous}/followers", "<ul class=\"people\">"),
        ("following", "GET /<username>/following", f"/{people.readers[-1].id}/following", "<ul class=\"people\">"),
        ("feed", "GET /-/feed", "/-/feed", "<entry>"),
        ("feed-user", "GET /<username>/feed", f"/{_AUTHOR}/feed", "<entry>"),
        ("feed-tag", "GET /-/tag/<tag>/feed", f"/-/tag/{TAG}/feed", "<entry>"),
        ("sitemap", "GET /-/sitemap.xml", "/-/sitemap.xml", "<sitemapindex"),
        ("sitemap-users", "GET /-/sitemap.xml?page=1", "/-/sitemap.xml?page=1", "<urlset"),
    ):
        yield Case(name, title, WEB, [Probe(Request("GET", path))], contains=contains)
    for name, title, words, contains in (
        ("common", "a common word", "harbour", "<li id="),
        ("rare", "a rare word", RARE_WORD, "<li id="),
        ("nothing", "an unknown word", "xylophone", "Nothing matches your search."),
        # No message has both, because of their places in data.py's sentence. A search may end before it is complete.
        ("apart", "two common words, never in one message", "ferry quay", "<form class=\"search\""),
    ):
        request = Request("GET", "/-/search?q=" + urllib.parse.quote_plus(words))
        title = f"GET /-/search, {title}"
        yield Case(f"search-{name}", title, WEB, [Probe(request)], contains=contains, searches=True)


def _personal_pages(people):
    """Pages of a signed-in visitor, which the cache does not keep."""
    for name, title, path, contains in (
        ("mentions", "GET /-/mentions", "/-/mentions", "<li id="),
        ("user-signed-in", "GET /<username> signed in", f"/{_AUTHOR}", "<li id="),
        ("profile", "GET /-/profile", "/-/profile", "<form"),
    ):
        request = Request("GET", path, (_session(people.mentioned),))
        yield Case(name, title, WEB, [Probe(request)], contains=contains)


def _form_posts(people):
    """Messages from the pages' forms, as browsers send them."""
    draw = random.Random(4)
    headers = (
        "Content-Type: application/x-www-form-urlencoded", "Origin: http://localhost", "Sec-Fetch-Site: same-origin",
        "Sec-Fetch-Mode: navigate", "Sec-Fetch-User: ?1", "Sec-Fetch-Dest: document",
    )  # fmt: skip

    def post(reader, **fields):
        return Request("POST", "/add_message", (_session(reader), *headers), urllib.parse.urlencode(fields))

    def plain(reader):
        return post(reader, text=_TEXT)

    def marked(reader):
        return post(reader, text=f"@{draw.randint(1, people.active)} {_TEXT} #{TAG}")

    def answer(reader):
        # Message 997 is the first flagged one.
        return post(reader, text=_TEXT, answers=draw.randint(1, 996))

    for name, title, make in (
        ("form", "POST /add_message", plain),
        ("form-marked", "POST /add_message, with a name and a tag", marked),
        ("form-answer", "POST /add_message, an answer", answer),
    ):
        probes = [Probe(make(reader)) for reader in people.readers]
        requests = [make(reader) for _ in range(100) for reader in people.readers]
        yield Case(name, title, WEB, probes, functools.partial(list, requests), status=302, writes=True)


def _tweet(who, _whom, *headers, query=""):
    return _api("POST", f"/msgs/{who}{query}", {"content": _TEXT}, *headers)


def _follow(who, whom, *headers, query="", how="follow"):
    return _api("POST", f"/fllws/{who}{query}", {how: str(whom)}, *headers)


def _register(_who, _whom, *headers, query=""):
    body = {"username": MARK, "email": "somebody@example.org", "pwd": "correct horse"}
    return Request("POST", "/register" + query, headers, json.dumps(body))


def _writes(people):
    half = people.active // 2
    # Two different users, and a name that is not taken.
    variables = {
        str(_WHO): f"random(1, {half})", str(_WHOM): f"random({half + 1}, {people.active})",
        MARK_VALUE: "random(100000000000000, 899999999999999)",
    }  # fmt: skip

    def spread(make):
        """Requests of many users, the same in each run."""
        draw = random.Random(1)
        return [make(draw.randint(1, half), draw.randint(half + 1, people.active)) for _ in range(_SPREAD)]

    def case(name, title, make, requests=None, hashes=0.0):
        probes = [Probe(make(_WHO, _WHOM), variables)]
        requests = requests or (lambda: spread(make))
        return Case(name, title, API, probes, requests, status=204, writes=True, hashes=hashes)

    yield case("post-msgs", "POST /msgs/<username>", _tweet)
    yield case("post-fllws", "POST /fllws/<username>", _follow)
    yield case("register", "POST /register", _register, lambda: [_register(None, None)], hashes=1.0)

    unfollow = functools.partial(_follow, how="unfollow")
    kinds = {"tweet": _tweet, "follow": _follow, "unfollow": unfollow, "register": _register}

    def close(kind, who, whom):
        return kinds[kind](who, whom, "Connection: close", query=f"?latest={MARK}")

    def mix():
        drawn = iter(random.Random(2).choices(list(MIX), MIX.values(), k=_SPREAD))
        return spread(lambda who, whom: close(next(drawn), who, whom))

    probes = [Probe(close(kind, _WHO, _WHOM), variables, weight) for kind, weight in MIX.items()]
    hashes = MIX["register"] / sum(MIX.values())
    title = "the simulator's mix, Connection: close"
    yield Case("mix", title, API, probes, mix, status=204, writes=True, hashes=hashes)


def posted_meanwhile(people):
    """The posts of one second while others read. The user whose messages are read also posts once per second."""
    others = random.Random(3).sample(range(PROLIFIC + 1, people.active + 1), POSTS_A_SECOND - 1)
    return [_tweet(who, None) for who in (_AUTHOR, *others)]


def all_cases(people):
    """{group: cases}, in the order of the table."""
    followees = sorted({reader.followees for reader in people.readers})
    reads = list(_reads())
    compressed, writes = list(_compressed_reads()), list(_writes(people))
    homes = [_home(people, count, silent) for count in followees for silent in (False, True)]
    pages = [*_pages(people), *_personal_pages(people), *_form_posts(people)]
    return {
        "limits": [reads[0], homes[0], *reads[1:], *compressed, *writes, *pages],
        "posting": [
            dataclasses.replace(
                case, name=f"{case.name}-posting", title=f"{case.title}, {POSTS_A_SECOND} posts per second"
            )
            for case in (*reads, *compressed)
        ],
        "growth": [dataclasses.replace(case, name=f"growth-{case.name}") for case in (*reads, *homes, *writes, *pages)],
    }
