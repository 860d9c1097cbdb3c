# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""Compares the answers of the API with docs/openapi.yaml: status, headers, content type and body.

The clients of the tests call check() with each answer. tests/conftest.py fails a test after which take_violations()
returns any. A body must have exactly the described fields, even where a schema allows others."""

import functools
import json
import re
import threading
import urllib.parse
import zlib
from typing import NamedTuple

import jsonschema
import yaml

from support import installation, mounted

DOCUMENT = installation.SOURCE / "docs" / "openapi.yaml"

# HTTP and the configuration of httpd decide about these headers. The contract does not describe them.
_OF_THE_SERVER = {
    "accept-ranges", "connection", "content-length", "content-type", "date", "keep-alive", "server",
    "strict-transport-security", "transfer-encoding", "upgrade",
}  # fmt: skip

# The module sends these with each answer. The contract cannot demand them of a status that httpd may answer with, too.
_OF_THE_MODULE = {"cache-control", "x-content-type-options", "x-request-id"}

_violations = []
_lock = threading.Lock()


class Answer(NamedTuple):
    method: str
    path: str  # below the mount, decoded
    status: int
    headers: dict  # name in lower case -> value
    body: bytes | None  # None: it was not read
    dates: str  # the value of MinitwitApiDates

    @property
    def content_type(self):
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def is_by_httpd(self):
        """Whether httpd itself refused the request, before it reached the module."""
        return self.status >= 400 and self.content_type == "text/html"


class Contract:
    """The description, with a compiled validator for each schema that was used."""

    def __init__(self, document):
        self.document = document
        self.paths = [(_pattern(path), path, item) for path, item in document["paths"].items()]
        self._validators = {}
        # The answers that have only a page of httpd. The title of this page begins with the status.
        common = [answer for answer in document["components"]["responses"].values() if set(answer.get("content", {})) == {"text/html"}]
        titles = [re.match(r"<title>(\d+) ", answer["content"]["text/html"]["example"]) for answer in common]
        self._by_httpd = {title[1]: answer for title, answer in zip(titles, common) if title}

    def resolve(self, part):
        """The part of the description that a $ref names, or the part itself."""
        while "$ref" in part:
            names = part["$ref"].removeprefix("#/").split("/")
            part = functools.reduce(lambda whole, name: whole[name], names, self.document)
        return part

    def responses(self, method, path):
        """The described answers to this request, by status, and the name of the operation."""
        for pattern, name, item in self.paths:
            if pattern.fullmatch(path):
                if method.lower() in item:
                    return item[method.lower()]["responses"], f"{method} {name}"
                other = {"405": self.document["x-other-method"]}
                return self._by_httpd | other, f"{name} with a method that is not described"
        return self._by_httpd | {"404": self.document["x-other-path"]}, "a path that is not described"

    def problems(self, answer):
        """The differences between an answer and the description."""
        responses, operation = self.responses(answer.method, answer.path)
        if str(answer.status) not in responses:
            return [f"{operation}: the status {answer.status} is not described, {answer.body!r:.200}"]
        response = self.resolve(responses[str(answer.status)])
        found = [*self._wrong_headers(answer, response), *self._wrong_body(answer, response.get("content", {}))]
        return [f"{operation}, status {answer.status}: {problem}" for problem in found]

    def _wrong_headers(self, answer, response):
        described = {name.lower(): self.resolve(header) for name, header in response.get("headers", {}).items()}
        for name in sorted(set(answer.headers) - set(described) - _OF_THE_SERVER):
            yield f"the header {name} is not described: {answer.headers[name]}"
        for name, header in described.items():
            value = answer.headers.get(name)
            if value is not None:
                is_number = header["schema"].get("type") == "integer" and re.fullmatch(r"-?\d+", value)
                for problem in self._errors(header["schema"], int(value) if is_number else value, answer):
                    yield f"the header {name}: {problem}"
            elif (header.get("required") or name in _OF_THE_MODULE) and not answer.is_by_httpd:
                yield f"the header {name} is missing"

    def _wrong_body(self, answer, contents):
        kind = answer.content_type
        if not contents:
            if answer.body or kind:
                yield f"there is a body, although none is described: {kind}, {answer.body!r:.200}"
        elif kind not in contents:
            yield f"the content type {kind or 'without a name'} is not described: {answer.body!r:.200}"
        elif answer.body is not None and answer.method != "HEAD":
            body = answer.body
            if kind == "application/json":
                try:
                    value = json.loads(body)
                except ValueError as error:
                    yield f"the body is not JSON: {error}, {body!r:.200}"
                else:
                    yield from self._errors(contents[kind]["schema"], value, answer)
            elif answer.is_by_httpd and contents[kind]["example"].encode() not in body:
                yield f"the page of httpd is not the described one: {body!r:.200}"

    def _errors(self, schema, value, answer):
        """The differences between a value and its schema."""
        key = id(schema), answer.dates
        if key not in self._validators:
            self._validators[key] = jsonschema.Draft202012Validator(self._closed(schema, answer.dates))
        # One check is enough for rows with the same fields of the same types. Long answers have thousands of them.
        rows = [value]
        if isinstance(value, list) and len(value) > 100:
            rows = value[:50], list({str({key: type(row[key]) for key in sorted(row)}): row for row in value}.values())
        for row in rows:
            for error in self._validators[key].iter_errors(row):
                place = "/".join(map(str, error.absolute_path))
                yield f"{place or 'the whole value'}: {error.message:.300}"

    def _closed(self, schema, dates):
        """The same schema without $ref, in which no object has other fields than the described ones. pub_date has only
        the form that the mount has."""
        if isinstance(schema, list):
            return [self._closed(part, dates) for part in schema]
        if not isinstance(schema, dict):
            return schema
        schema = self.resolve(schema)
        if schema.get("x-directive") == {"oneOf": "MinitwitApiDates"}:
            return next(form for form in schema["oneOf"] if form["title"] == dates)
        result = {key: self._closed(part, dates) for key, part in schema.items()}
        if isinstance(result.get("properties"), dict):
            result.setdefault("additionalProperties", False)
        return result


@functools.cache
def load():
    with open(DOCUMENT, encoding="utf-8") as file:
        return Contract(yaml.load(file, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)))


def check(port, method, target, host, status, headers, body, coding=None):
    """Records the differences between an answer and the description, if it is an answer of the API. target: the path of
    the request, as the client sent it; host: its header Host; headers: (name, value); body: in this content coding, or
    None if it was not read."""
    path = _normalize(target)
    found = mounted.find(port, host, path)
    # httpd itself answers TRACE, if TraceEnable is on.
    if found is None or status < 200 or method == "TRACE":
        return
    mount, dates = found
    if coding == "gzip" and body:
        body = zlib.decompress(body, zlib.MAX_WBITS | 16)
    merged = {}
    for name, value in headers:
        merged[name.lower()] = f"{merged[name.lower()]}, {value}" if name.lower() in merged else value
    answer = Answer(method, path[len(mount) :] or "/", status, merged, body, dates)
    with _lock:
        for problem in load().problems(answer):
            _violations.append(f"{method} {target}: {problem}")


def take_violations():
    """The differences since the last call, each once."""
    with _lock:
        found = list(dict.fromkeys(_violations))
        _violations.clear()
    return found


def _pattern(path):
    parts = re.findall(r"\{\w+\}|[^{]+", path)
    return re.compile("".join("[^/]+" if part[0] == "{" else re.escape(part) for part in parts), re.DOTALL)


def _normalize(target):
    """The decoded path as httpd sees it: without scheme, host, query, double slashes and dot segments."""
    if not target.startswith("/"):
        target = urllib.parse.urlsplit(target).path
    path = target.partition("?")[0]
    segments = []
    for segment in path.split("/")[1:]:
        segment = urllib.parse.unquote(segment, errors="replace").replace("/", "%2F")
        if segment == "..":
            segments = segments[:-1]
        elif segment not in ("", "."):
            segments.append(segment)
    ends_in_slash = segments and re.search(r"/\.{0,2}$", path)
    return "/" + "/".join(segments) + ("/" if ends_in_slash else "")
