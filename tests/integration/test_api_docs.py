# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""The description of the API: /openapi.json, the page /docs, and its style sheet and icon."""

import gzip
import importlib.util
import os
import re
import subprocess

import jsonschema
import pytest
import yaml

from support import installation
from support.client import Client, Simulator, allow, raw_request, refusal
from support.configtest import line_of, refused
from support.mounts import mount
from support.page import Page

_PATHS = {
    "/openapi.json": "application/json",
    "/docs": "text/html; charset=utf-8",
    "/docs/style.css": "text/css; charset=utf-8",
    "/docs/icon.svg": "image/svg+xml",
}
_SOURCE = yaml.safe_load((installation.SOURCE / "docs" / "openapi.yaml").read_text(encoding="utf-8"))


@pytest.fixture
def stranger(httpd, database):
    """A client of the API without credentials."""
    return Simulator(httpd.api_url, None)


def _without_extensions(part):
    if isinstance(part, dict):
        return {key: _without_extensions(value) for key, value in part.items() if not key.startswith("x-")}
    return [_without_extensions(item) for item in part] if isinstance(part, list) else part


def _of_site(part):
    """The part with the text that states the values of directives as on a site with the defaults."""
    if isinstance(part, dict):
        return {key: _of_site(value) for key, value in part.items()}
    if isinstance(part, list):
        return [_of_site(item) for item in part]
    if isinstance(part, str):
        return re.sub(r"\(([\d,]+)( MiB)? by default\)", lambda found: f"({found[1].replace(',', '')}{found[2] or ''} on this site)", part)
    return part


@pytest.mark.smoke
def test_they_need_no_credentials_and_are_revalidated(stranger, database):
    """This holds for GET, HEAD, both forms, and 304. They record no action, unlike the other routes."""
    Simulator(stranger.base).get("/msgs", params={"latest": 7})
    with database.unchanged():
        for path, content_type in _PATHS.items():
            plain = stranger.get(path, params={"latest": 8}, headers={"Accept-Encoding": "identity"})
            packed = stranger.get(path, params={"latest": 9}, headers={"Accept-Encoding": "gzip"}, stream=True)
            data = packed.raw.read()
            assert plain.status_code == 200 and gzip.decompress(data) == plain.content and len(data) < len(plain.content)
            assert packed.headers["Content-Encoding"] == "gzip"
            assert plain.headers["ETag"] != packed.headers["ETag"]
            for answer in (plain, packed):
                assert answer.headers["Content-Type"] == content_type
                assert answer.headers["Cache-Control"] == "no-cache"
                assert answer.headers["Vary"] == "Accept-Encoding"
                for tag in (answer.headers["ETag"], f'"x", {answer.headers["ETag"]}', "*"):
                    headers = {"If-None-Match": tag, "Accept-Encoding": answer.headers.get("Content-Encoding", "identity")}
                    again = stranger.get(path, headers=headers)
                    assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", answer.headers["ETag"])
            # Only the page's links name the version of a file, so only files have one.
            version = re.search("[0-9a-f]{32}", plain.headers["ETag"])[0]
            caching = stranger.get(path, params={"v": version}).headers["Cache-Control"]
            assert ("immutable" in caching) == (path in ("/docs/style.css", "/docs/icon.svg"))
            head = stranger.head(path, headers={"Accept-Encoding": "identity"})
            assert (head.status_code, head.content) == (200, b"")
            for name in ("Content-Type", "ETag", "Content-Length", "Cache-Control"):
                assert head.headers[name] == plain.headers[name]
            assert stranger.get(path, headers={"If-None-Match": '"other"', "Range": "bytes=0-3"}).status_code == 200
            refusal(stranger.get(path, headers={"If-Match": '"other"'}), 412)
            for method in ("POST", "PUT"):
                answer = stranger.request(method, path, params={"latest": 10})
                refusal(answer, 405)
                assert allow(answer) == {"GET", "HEAD", "OPTIONS"}
            refusal(stranger.get(path + "/"), 404)
        assert stranger.latest() == 7


def test_the_description_is_that_of_the_source(stranger):
    """With the usual limits, it differs only in the parts that depend on the site."""
    served = stranger.get("/openapi.json").json()
    expected = _of_site(_without_extensions(_SOURCE))
    expected["components"]["schemas"]["Date"] = {
        "description": "seconds since 1970", "title": "epoch", "type": "integer", "format": "int64", "examples": [1575201600],
    }  # fmt: skip
    del expected["components"]["responses"]["Messages"]["content"]["application/json"]["examples"]["text"]
    assert served == expected
    assert served["servers"][0]["url"] == "/"


def test_it_has_the_settings_of_the_site(make_httpd):
    directives = (
        "MinitwitMessageLimit 280\nMinitwitApiRowLimit 500\nMinitwitApiSizeLimit 2\nMinitwitBodyLimit 7000\n"
        "MinitwitApiDates text\n"
    )
    httpd = make_httpd(directives=directives)
    served = Client(httpd.api_url).get("/openapi.json").json()["components"]
    assert served["schemas"]["NewMessage"]["properties"]["content"]["maxLength"] == 280
    assert "MinitwitApiRowLimit (500 on this site)" in served["parameters"]["no"]["description"]
    assert "MinitwitApiSizeLimit (2 MiB on this site)" in served["responses"]["Messages"]["description"]
    assert served["schemas"]["Date"]["type"] == "string"
    example = served["responses"]["Messages"]["content"]["application/json"]["examples"]["text"]["value"][0]["pub_date"]
    assert re.fullmatch(served["schemas"]["Date"]["pattern"], example)
    page = Page(Client(httpd.api_url).get("/docs").text).text
    for words in ("at most 280 characters", "(500 on this site)", "MinitwitBodyLimit allows (7000 on this site)", example):
        assert words in page


def test_mounts_with_different_paths(make_httpd):
    """Each has its own path in the description and in the links of the page. The paths may have special characters."""
    paths = {"/api": "/api", "/a \"b'<&>{{c}}/d": "/a%20%22b%27%3C%26%3E%7B%7Bc%7D%7D/d"}
    sections = "".join(mount(path.replace('"', '\\"'), "minitwit-api") for path in paths)
    httpd = make_httpd(web=mount("/", "minitwit-web") + sections)
    site = Client(httpd.web_url)
    for url in paths.values():
        assert site.get(f"{url}/openapi.json").json()["servers"] == [{"url": url, "description": "This server"}]
        page = Page(site.get(f"{url}/docs").text)
        links = [element["href"] for element in page.select("a") + page.select("link") if element["href"][0] != "#"]
        assert len(links) >= 3
        for link in links:
            assert link.startswith(f"{url}/")
            assert site.get(link).status_code == 200
        style = site.get(page.one("link[rel=stylesheet]")["href"])
        assert "immutable" in style.headers["Cache-Control"]
        assert style.content == site.get("/static/style.css").content
    assert Client(httpd.api_url).get("/openapi.json").json()["servers"][0]["url"] == "/"


def test_no_part_of_a_request_and_no_secret_is_in_them(make_httpd, database):
    httpd = make_httpd(start=False)
    httpd.credentials.write_text("secretuser:secretword\n")
    httpd.start()
    site = Client(httpd.api_url)
    for path in _PATHS:
        usual = site.get(path)
        for secret in ("secretuser", "secretword", "127.0.0.1", "localhost", str(httpd.api_port), str(httpd.root)):
            assert secret not in usual.text
        for host in ("evil.example", "evil.example:81", "localhost"):
            answer = raw_request(httpd.api_port, f"GET {path} HTTP/1.1", f"X-Forwarded-Host: {host}", f"Forwarded: host={host}")
            assert answer.body == usual.content
            assert site.get(path, headers={"Host": host}).content == usual.content


def test_the_page_is_protected_like_those_of_the_site(stranger, site):
    """In addition, the page runs no script."""
    page, other = stranger.get("/docs").headers, site.get("/public").headers
    for name in ("X-Frame-Options", "Referrer-Policy", "X-Content-Type-Options"):
        assert page[name] == other[name]
    policy = "Content-Security-Policy"
    assert page[policy] == other[policy].replace("script-src 'self'; connect-src 'self'; ", "")
    assert "script" not in page[policy] and "script" in other[policy]
    assert "Set-Cookie" not in page


def test_the_page_describes_each_operation(stranger):
    page = Page(stranger.get("/docs").text)
    titles = [element.text for element in page.select("h3[id]")]
    operations = {f"{method.upper()} {path}" for path, item in _SOURCE["paths"].items() for method in item if method in ("get", "post")}
    assert set(titles) == operations and len(titles) == len(operations)
    targets = {element["id"] for element in page.descendants() if element.get("id")}
    assert {element["href"][1:] for element in page.select("a") if element["href"][0] == "#"} <= targets
    assert not page.select("script") and not page.select("[style]") and not page.select("img")
    for status in ("408", "414", "417"):
        assert f"<strong>{status}</strong>" in page.source
    for name in ("Retry-After", "Accept-Encoding", "ETag"):
        assert f"Header <code>{name}</code>: {_SOURCE['components']['headers'][name]['description'].strip()}" in page.source


def test_the_commands_of_the_page_work(httpd, api, people, database):
    """A shell executes each curl line, with the two variables that the page names."""
    people("Mellie Yost")
    page = Page(Client(httpd.api_url).get("/docs").text)
    commands = [line for element in page.select("pre > code") for line in element.raw_text.split("\n") if line.startswith("curl ")]
    commands.sort(key=lambda command: "/register" not in command)
    assert len(commands) >= 10
    environment = os.environ | {"MINITWIT_URL": httpd.api_url, "MINITWIT_API": ":".join(api.session.auth), "no_proxy": "*"}
    for command in commands:
        done = subprocess.run(["sh", "-c", command], env=environment, capture_output=True, text=True, check=True)
        assert re.match(r"HTTP/1\.1 20[04] ", done.stdout), (command, done.stdout)
        needs_credentials = not re.search(r"/(latest|register|openapi|docs)", command)
        assert ('-u "$MINITWIT_API"' in command) == needs_credentials
    assert database.messages() == [("Roger Histand", "Hello, world!")]
    assert api.latest() == 1337


def test_parts_of_answers_are_never_sent(api, people):
    people("alice")
    for path in ("/latest", "/msgs", "/msgs/alice", "/fllws/alice", *_PATHS):
        for part in ("bytes=0-3", "bytes=900000-"):
            assert api.get(path, headers={"Range": part}).status_code == 200


def test_without_its_files_httpd_does_not_start(configured, templates):
    """This also holds if no page of the site is mounted."""
    httpd = configured(web="", directives=f"MinitwitTemplates {templates}")
    assert httpd.configtest().returncode == 0
    for name in ("layout.html", "timeline.html", "login.html", "register.html", "failure.html", "messages.html"):
        (templates / name).unlink()
    assert httpd.configtest().returncode == 0
    for name in ("favicon.svg", "style.css"):
        (templates / "static" / name).unlink()
        said = refused(httpd, re.escape(f"{templates}/static/{name}"))
        assert f"(MinitwitTemplates at {line_of(httpd, str(templates))})" in said


# ---- the description itself


def test_the_examples_fit_their_schemas():
    def resolve(node):
        while "$ref" in node:
            target = _SOURCE
            for part in node["$ref"].removeprefix("#/").split("/"):
                target = target[part]
            node = target
        return node

    def look(node):
        nonlocal count
        if isinstance(node, dict):
            if "schema" in node and ("example" in node or "examples" in node):
                schema = {**resolve(node["schema"]), "components": _SOURCE["components"]}
                jsonschema.Draft202012Validator.check_schema(schema)
                for value in [part["value"] for part in node.get("examples", {}).values()] or [node["example"]]:
                    jsonschema.Draft202012Validator(schema).validate(value)
                    count += 1
        for value in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
            look(value)

    count = 0
    look(_SOURCE)
    assert count > 50


def test_the_description_is_valid(stranger):
    """A validator of OpenAPI 3.1, which includes the keywords of OpenAPI itself, finds no error in it."""
    if importlib.util.find_spec("openapi_spec_validator") is None:
        pytest.skip("python3-openapi-spec-validator is not installed. Debian 12 does not have this package")
    from openapi_spec_validator import OpenAPIV31SpecValidator

    for description in (_SOURCE, stranger.get("/openapi.json").json()):
        assert [error.message for error in OpenAPIV31SpecValidator(description).iter_errors()] == []
