# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""Requests that are generated from docs/openapi.yaml: each operation with values that its schemas allow and values that
they do not. The API gives only answers that the file describes, and no 5xx. Each run sends the same requests."""

import base64
import collections
import json
import urllib.parse

import hypothesis
import hypothesis.configuration
from hypothesis import strategies as st

from support import contract
from support.client import SIMULATOR, raw_request

NAMES = ["alice", "Roger Histand", "\u00e6\u00f8\u00e5"]
EXAMPLES = {"GET": 25, "HEAD": 8, "POST": 80, "OPTIONS": 8}

# All of these must occur, so that the requests reach all parts of the API.
WANTED = {200, 204, 400, 403, 404, 405, 413, 415}

RIGHT = "Basic " + base64.b64encode(":".join(SIMULATOR).encode()).decode()

# The clock does not count, and no file remembers the examples that failed.
SETTINGS = {
    "derandomize": True, "database": None, "deadline": None, "report_multiple_bugs": False,
    "suppress_health_check": [
        hypothesis.HealthCheck.too_slow, hypothesis.HealthCheck.data_too_large, hypothesis.HealthCheck.filter_too_much
    ],
}  # fmt: skip

TEXT = st.text(st.characters(blacklist_categories=["Cs"]), max_size=40)
ANYTHING = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), TEXT,
    st.lists(TEXT, max_size=2), st.dictionaries(TEXT, st.integers(), max_size=2),
)  # fmt: skip


def valid(schema):
    """A strategy for the values that a schema of a request allows."""
    description = contract.load()
    schema = description.resolve(schema)
    if schema["type"] == "integer":
        return st.integers(schema.get("minimum"), schema.get("maximum"))
    if schema["type"] == "string":
        least, most = schema.get("minLength", 0), schema.get("maxLength", 2000)
        text = st.one_of(st.sampled_from(NAMES), TEXT, st.text("x\u00e9\U0001f499", min_size=least, max_size=most))
        if "pattern" in schema:
            text = text.map(lambda value: value[: most - 1] + schema["pattern"])
            assert schema["pattern"] == "@", "this test knows no other pattern"
        return text.filter(lambda value: least <= len(value) <= most)
    assert schema["type"] == "object", f"this test does not know schemas like {schema}"
    members = {name: valid(member) for name, member in schema["properties"].items()}
    required = {name: members.pop(name) for name in schema.get("required", [])}
    return st.fixed_dictionaries(required, optional=members)


@st.composite
def bodies(draw, operation):
    """The bytes of a body. Half of them follow the schema."""
    media = operation["requestBody"]["content"]["application/json"]
    value = draw(valid(media["schema"]))
    if draw(st.booleans()):
        return json.dumps(value, ensure_ascii=draw(st.booleans())).encode()
    names = st.sampled_from(sorted(contract.load().resolve(media["schema"])["properties"]))
    if draw(st.booleans()):
        value[draw(names)] = draw(ANYTHING)
    if draw(st.booleans()):
        value.pop(draw(names), None)
    if draw(st.booleans()):
        value[draw(TEXT)] = draw(ANYTHING)
    body = json.dumps(value, ensure_ascii=draw(st.booleans())).encode()
    return draw(
        st.one_of(
            st.just(body), st.just(body + b" " * 70000), st.binary(max_size=60),
            ANYTHING.map(lambda other: json.dumps(other).encode()),
            st.sampled_from([b"\xef\xbb\xbf" + body, body[:-1], body + body, body.replace(b'"', b'"\\ud800')]),
        )
    )  # fmt: skip


@st.composite
def queries(draw, parameters):
    """A query string with some of the parameters, some of which are invalid."""
    pairs = []
    for parameter in parameters:
        for _ in range(draw(st.sampled_from([0, 1, 1, 2]))):
            pairs.append((parameter["name"], draw(st.one_of(valid(parameter["schema"]), TEXT))))
    if draw(st.integers(0, 9)) == 0:
        pairs.append((draw(TEXT), draw(TEXT)))
    return "?" + urllib.parse.urlencode(pairs) if pairs else ""


@st.composite
def headers(draw, has_body):
    """Fields of the request. Half of the requests have only the right credentials."""
    if draw(st.booleans()):
        return [f"Authorization: {RIGHT}"]
    pairs = {
        "Authorization": [RIGHT] * 8 + [None, "Basic", RIGHT + "x", RIGHT.replace("Basic", "bASIC"), "Bearer x"],
        "Accept-Encoding": [None, "gzip", "identity"],
        "If-None-Match": [None, None, "*", '"x"'],
        "If-Match": [None] * 5 + ["*", '"x"'],
        "Range": [None] * 5 + ["bytes=0-1", "bytes=5-,0-1", "x"],
        "Expect": [None] * 9 + ["x"],
        "X-Request-Id": [None, None, "an-id", "x" * 300, "\u00e6"],
    }
    if has_body:
        pairs["Content-Type"] = [None, "application/json", "text/plain"]
        pairs["Content-Encoding"] = [None, None, "identity", "gzip"]
        pairs["Origin"] = [None] * 6 + ["http://localhost", "http://evil.example", "null"]
        pairs["Sec-Fetch-Site"] = [None] * 6 + ["same-origin", "cross-site"]
    chosen = {name: draw(st.sampled_from(values)) for name, values in pairs.items()}
    return [f"{name}: {value}" for name, value in chosen.items() if value is not None]


@st.composite
def segments(draw):
    """A value of a parameter of the path, percent-encoded. Half of them are names of users."""
    name = draw(st.one_of(st.sampled_from(NAMES), TEXT.filter(bool)))
    return urllib.parse.quote(name, safe=draw(st.sampled_from(["", "+&=@"])))


@st.composite
def requests(draw, method, path, item):
    """(request line, headers, body) of an operation."""
    description = contract.load()
    operation = item[method.lower()]
    parameters = map(description.resolve, [*item.get("parameters", []), *operation.get("parameters", [])])
    places = {place: [] for place in ("path", "query")}
    for parameter in parameters:
        places[parameter["in"]].append(parameter)
    for parameter in places["path"]:
        path = path.replace("{" + parameter["name"] + "}", draw(segments()))
    has_body = "requestBody" in operation
    line = f"{method} {path}{draw(queries(places['query']))} HTTP/1.1"
    return line, draw(headers(has_body)), draw(bodies(operation)) if has_body else b""


@st.composite
def others(draw):
    """A request with a method or a path that the file does not describe."""
    method = draw(st.sampled_from(["GET", "POST", "PUT", "DELETE", "PATCH", "PROPFIND", "HEAD", "OPTIONS", "BREW"]))
    known = [path.replace("{username}", "alice") for path in contract.load().document["paths"]]
    unknown = TEXT.map(lambda text: "/" + urllib.parse.quote(text, safe="/"))
    path = draw(st.one_of(st.sampled_from([*known, "/", "/msgs/", "/msgs/alice/x"]), unknown))
    return f"{method} {path} HTTP/1.1", draw(headers(False)), b""


def _run(examples, strategy, send):
    hypothesis.settings(max_examples=examples, **SETTINGS)(hypothesis.given(strategy)(send))()


def test_requests_that_are_made_from_the_contract(make_httpd, people, expect_log, tmp_path):
    hypothesis.configuration.set_hypothesis_home_dir(tmp_path)
    # httpd logs requests that it refuses itself, such as those with a slash in a segment.
    expect_log.allow(r"\[(core|http):(error|warn|info)\]")
    people(*NAMES)
    httpd = make_httpd(directives="MinitwitHashQueue 32\nMinitwitHashWait 30s\n")
    counts = collections.Counter()

    def send(request):
        line, fields, body = request
        # hypothesis shows them if the test fails.
        hypothesis.note(f"{line}\n{fields}\n{body!r:.1000}")
        answer = raw_request(httpd.api_port, line, *[field.encode() for field in fields], body=body)
        counts[answer.status] += 1
        violations = contract.take_violations()
        assert not violations, "\n".join(violations)
        assert answer.status < 500, answer.body

    for path, item in contract.load().document["paths"].items():
        for method, examples in EXAMPLES.items():
            if method.lower() in item:
                _run(examples, requests(method, path, item), send)
    _run(50, others(), send)
    assert set(counts) >= WANTED, counts
