# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""What is measured: the requests of each case, as wrk sends them, and as they are recorded for pgbench."""

import base64
import dataclasses
import json
import random

from speed.data import PROLIFIC
from support.client import SIMULATOR

WEB, API = "web", "api"  # listeners

MARK = "@N@"  # in whose place load.lua puts a number of its own
MARK_VALUE = "900000000000001"

POSTS_A_SECOND = 50  # while others read

# Somebody who writes much, and two others for whom pgbench puts anybody.
_AUTHOR, _WHO, _WHOM = 7, 777, 888
_AUTHORIZATION = "Basic " + base64.b64encode(":".join(SIMULATOR).encode()).decode()
_TEXT = "It's a \"fine\" morning & the harbour smells of tar, coffee and rain"
# Different requests for wrk to send in turn: as many as it needs for some seconds, since to follow somebody twice is less work.
_SPREAD = 50_000

# The simulator's actions, of a thousand: about what a scenario of 50,000 actions and 1,000 users has.
MIX = {"tweet": 882, "follow": 88, "unfollow": 10, "register": 20}


@dataclasses.dataclass(frozen=True)
class Request:
    method: str
    path: str
    headers: tuple = ()
    body: str = ""

    def numbered(self, number):
        """With that number in the place of each mark."""
        return dataclasses.replace(self, path=self.path.replace(MARK, number), body=self.body.replace(MARK, number))

    def encode(self, path=None):
        """Its bytes, also as sent to another path. Marks count as the 15 digits that will stand there."""
        head = [f"{self.method} {path or self.path} HTTP/1.1", "Host: localhost", *self.headers]
        if self.method == "POST":
            length = len(self.body.replace(MARK, MARK_VALUE).encode())
            head += ["Content-Type: application/json", f"Content-Length: {length}"]
        return ("\r\n".join(head) + "\r\n\r\n" + self.body).encode()


@dataclasses.dataclass(frozen=True)
class Probe:
    """One request that stands for many: what it makes the site ask the database is recorded, and repeated by pgbench, with other
    values in the place of its own."""

    request: Request
    variables: dict = dataclasses.field(default_factory=dict)  # {value as the database sees it: expression of pgbench}
    weight: int = 1


@dataclasses.dataclass(frozen=True)
class Case:
    name: str
    title: str
    listener: str
    requests: list
    probes: list
    status: int = 200
    contains: str = ""  # in the answer to each probe
    writes: bool = False
    hashes: float = 0.0  # passwords that each request hashes, on the average
    compressed: bool = False  # the answer is


def _get(path, *headers):
    return Request("GET", path, headers)


def _api(method, path, body=None, *headers):
    text = json.dumps(body) if body is not None else ""
    return Request(method, path, (f"Authorization: {_AUTHORIZATION}", *headers), text)


def _session(reader):
    return _get("/", f"Cookie: minitwit_session={reader.token}")


def _register(*headers, query=""):
    body = {"username": MARK, "email": "somebody@example.org", "pwd": "correct horse"}
    return Request("POST", "/register" + query, headers, json.dumps(body))


def home(people, followees, silent=False):
    readers = people.select(followees, silent)
    # A script for each: pgbench can make numbers, but no tokens.
    requests = [_session(reader) for reader in readers]
    kind = "silent" if silent else "active"
    return Case(
        f"home-{followees}-{kind}", f"GET / signed in, following {followees:,} {kind}", WEB,
        requests, [Probe(request) for request in requests], contains="My Timeline",
    )  # fmt: skip


def _single_reads():
    """Each of one URL, as a static file is one file."""
    for name, title, listener, request in (
        ("public", "GET /public", WEB, _get("/public")),
        ("user", "GET /<username>", WEB, _get(f"/{_AUTHOR}")),
        ("msgs", "GET /msgs?no=100", API, _api("GET", "/msgs?no=100")),
        ("msgs-user", "GET /msgs/<username>", API, _api("GET", f"/msgs/{_AUTHOR}")),
    ):
        yield Case(name, title, listener, [request], [Probe(request)])


def _compressed_reads():
    """As browsers ask."""
    public, _, msgs, _ = _single_reads()
    for case in (public, msgs):
        (request,) = case.requests
        asked = dataclasses.replace(request, headers=(*request.headers, "Accept-Encoding: gzip"))
        yield dataclasses.replace(
            case, name=f"{case.name}-gzip", title=f"{case.title}, gzip", requests=[asked], probes=[Probe(asked)], compressed=True
        )


def _spread_reads():
    """The same, of several users in turn."""
    public, user, msgs, msgs_user = _single_reads()
    anybody = {str(_AUTHOR): f"random(1, {PROLIFIC})"}
    yield public
    for case, path, ask in ((user, "/%d", _get), (msgs_user, "/msgs/%d", lambda path: _api("GET", path))):
        requests = [ask(path % number) for number in range(1, PROLIFIC + 1)]
        yield dataclasses.replace(case, requests=requests, probes=[Probe(ask(path % _AUTHOR), anybody)])
    yield msgs


def _spread(people, make):
    """Requests of many users, the same each time. make(who, whom)."""
    draw = random.Random(1)
    half = people.active // 2
    return [make(draw.randint(1, half), draw.randint(half + 1, people.active)) for _ in range(_SPREAD)]


def _pair(people):
    """For pgbench: two users who are not the same."""
    half = people.active // 2
    return {str(_WHO): f"random(1, {half})", str(_WHOM): f"random({half + 1}, {people.active})"}


def _tweet(who, *headers, query=""):
    return _api("POST", f"/msgs/{who}{query}", {"content": _TEXT}, *headers)


def _follow(who, whom, *headers, query="", how="follow"):
    return _api("POST", f"/fllws/{who}{query}", {how: str(whom)}, *headers)


def posts(people):
    """Of many users, to whom pgbench adds all others."""
    both = _pair(people)
    yield Case(
        "post-msgs", "POST /msgs/<username>", API, _spread(people, lambda who, _: _tweet(who)),
        [Probe(_tweet(_WHO), both)], status=204, writes=True,
    )  # fmt: skip
    yield Case(
        "post-fllws", "POST /fllws/<username>", API, _spread(people, _follow), [Probe(_follow(_WHO, _WHOM), both)],
        status=204, writes=True,
    )  # fmt: skip


def _register_case():
    return Case(
        "register", "POST /register", API, [_register()], [Probe(_register(), _FRESH)], status=204, writes=True, hashes=1.0
    )


_FRESH = {MARK_VALUE: "random(100000000000000, 899999999999999)"}


def _mix(people):
    latest = {"query": f"?latest={MARK}"}
    kinds = {
        "tweet": lambda who, whom: _tweet(who, "Connection: close", **latest),
        "follow": lambda who, whom: _follow(who, whom, "Connection: close", **latest),
        "unfollow": lambda who, whom: _follow(who, whom, "Connection: close", how="unfollow", **latest),
        "register": lambda who, whom: _register("Connection: close", **latest),
    }
    drawn = iter(random.Random(2).choices(list(MIX), MIX.values(), k=_SPREAD))
    requests = _spread(people, lambda who, whom: kinds[next(drawn)](who, whom))
    variables = _pair(people) | _FRESH
    return Case(
        "mix", "the simulator's mix, Connection: close", API, requests,
        [Probe(make(_WHO, _WHOM), variables, MIX[kind]) for kind, make in kinds.items()],
        status=204, writes=True, hashes=MIX["register"] / sum(MIX.values()),
    )  # fmt: skip


def limited(people, followees):
    """Those that are held against limits. followees: of the reader of the home timeline."""
    public, *others = _single_reads()
    reads = [public, home(people, followees), *others, *_compressed_reads()]
    return [*reads, *posts(people), _register_case(), _mix(people)]


def posting():
    """Those that are tried while others write."""
    return [
        dataclasses.replace(case, name=f"{case.name}-posting", title=f"{case.title}, {POSTS_A_SECOND} posted a second")
        for case in (*_single_reads(), *_compressed_reads())
    ]


def meanwhile(people):
    """What is posted then, in turn: a second's worth. Whose messages are read writes too, once a second."""
    draw = random.Random(3)
    others = draw.sample(range(PROLIFIC + 1, people.active + 1), POSTS_A_SECOND - 1)
    return [_tweet(who) for who in (_AUTHOR, *others)]


def growing(people, followees):
    """Those that are tried on sites of several sizes."""
    homes = [home(people, count, silent) for count in followees for silent in (False, True)]
    found = [*_spread_reads(), *homes, *posts(people), _register_case(), _mix(people)]
    return [dataclasses.replace(case, name=f"growth-{case.name}") for case in found]


def idle():
    """The request of clients who then keep their connection."""
    return _get("/public")
