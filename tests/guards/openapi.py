#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""docs/openapi.yaml agrees with the code of the API: paths and methods, limits and their directives, statuses and
sentences of failures."""

import ast
import re

import guard
import yaml

PAGE = "docs/openapi.yaml"
ROUTES = "mod_minitwit/routes.c"
DIRECTIVES = "mod_minitwit/directives.c"
VIEW = "mod_minitwit/api/contract.c"

# Files with functions that a request of the API calls. In the files of the first list, every sentence is for a client.
# In the files of the second list, only the arguments of mt_request_fail are for a client. Only the site has a login and
# a search.
API = [name for name in guard.sources() if re.fullmatch(r"mod_minitwit/api/\w+\.c", name)]
SENTENCES = [*API, "mod_minitwit/core/json.c", "mod_minitwit/core/name.c", "mod_minitwit/core/validate.c"]
FAILURES = [*API, *(name for name in guard.sources() if re.fullmatch(r"mod_minitwit/http/(?!login_|search_|throttle_)\w+\.c", name))]
# Only the forms of the site can have these failures.
OF_THE_SITE = {
    "The two passwords do not match",
    "A form must be sent as application/x-www-form-urlencoded.",
    "The form could not be read. It must be percent-encoded and valid UTF-8.",
}
STATUSES = {
    "HTTP_BAD_REQUEST": 400, "HTTP_FORBIDDEN": 403, "HTTP_NOT_FOUND": 404, "HTTP_METHOD_NOT_ALLOWED": 405,
    "HTTP_REQUEST_ENTITY_TOO_LARGE": 413, "HTTP_UNSUPPORTED_MEDIA_TYPE": 415, "HTTP_INTERNAL_SERVER_ERROR": 500,
    "HTTP_SERVICE_UNAVAILABLE": 503,
}  # fmt: skip

contract = yaml.safe_load(guard.read(PAGE))
problems = []


def nodes(part, path=""):
    """Yields each object of the description and its place."""
    if isinstance(part, dict):
        yield part, path
    for key, value in part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list) else ():
        yield from nodes(value, f"{path}/{key}")


def number(name, file):
    """The value of a #define, which may name another one."""
    found = re.search(rf"^#define {name} +(\S+)", guard.read(file), re.MULTILINE)
    return int(found[1].strip('"')) if found else problems.append(f"{file}: this guard does not find {name}")


# ---- paths and methods -----------------------------------------------------------------------------------------------

in_code = {}
for methods, path in re.findall(r'^    \{ API, ([A-Z_| ]+), "([^"]+)"', guard.read(ROUTES), re.MULTILINE):
    names = {"GET": {"get", "head"}, "POST": {"post"}}
    found = in_code.setdefault(path.replace("<", "{").replace(">", "}"), {"options"})
    found.update(*(names.get(method, set()) for method in methods.split(" | ")))
if len(in_code) < 2:
    problems.append(f"{ROUTES}: this guard does not find the routes of the API")
described = {path: set(item) - {"parameters"} for path, item in contract["paths"].items()}
for path in sorted(in_code.keys() | described.keys()):
    if in_code.get(path) != described.get(path):
        problems.append(f"{path}: {ROUTES} has {sorted(in_code.get(path, ()))}, {PAGE} has {sorted(described.get(path, ()))}")

operations = [(path, method, item[method]) for path, item in contract["paths"].items() for method in item if method != "parameters"]
ids = [operation["operationId"] for _, _, operation in operations]
problems += [f"{PAGE}: the operationId {name} occurs twice" for name in sorted({name for name in ids if ids.count(name) > 1})]
for path, item in contract["paths"].items():
    if "get" in item and item["get"]["responses"] != item["head"]["responses"]:
        problems.append(f"{PAGE}: HEAD {path} has other answers than GET")

# Each part is in use.
used = {node["$ref"] for node, _ in nodes(contract) if "$ref" in node}
for group, parts in contract["components"].items():
    for name in parts:
        if group != "securitySchemes" and f"#/components/{group}/{name}" not in used:
            problems.append(f"{PAGE}: nothing refers to components/{group}/{name}")

# Each has a description and an example. A body has an example in its content.
for group in ("parameters", "headers"):
    for name, part in contract["components"][group].items():
        problems += [f"{PAGE}: components/{group}/{name} has no {key}" for key in ("description", "example") if key not in part]
for node, place in nodes(contract):
    if re.search(r"/content/\w+/[^/]+$", place) and not {"example", "examples"} & node.keys():
        problems.append(f"{PAGE}: {place} has no example")

# ---- limits ----------------------------------------------------------------------------------------------------------

code = guard.read(DIRECTIVES)
presets = {name: int(value) for name, value in re.findall(r'NUMBER\("(\w+)",[^"]*?RANGE\([^()]*\),\s*RANGE\([^()]*\),\s*(\d+),', code)}
page = guard.read("docs/directives.md")
view = set(re.findall(r'FIELD\("(Minitwit\w+)"', guard.read(VIEW)))
stated = set()
for node, place in nodes(contract):
    for keyword, directive in node.get("x-directive", {}).items():
        stated.add(directive)
        if keyword in ("oneOf", "examples"):
            words = [part["title"] for part in node["oneOf"]] if keyword == "oneOf" else list(node["examples"])
            if f"`{directive} {chr(92)}|".replace(" \\|", " " + "\\|".join(words)) + "`" not in page:
                problems.append(f"{PAGE}: {place} has the values {', '.join(words)}, but docs/directives.md has others")
            if f"`{directive} {words[0]}`" not in page:
                problems.append(f"{PAGE}: {place} begins with {words[0]}, which is not the default of {directive}")
        elif node.get(keyword) != presets.get(directive):
            problems.append(f"{PAGE}: {place} has the {keyword} {node.get(keyword)}, {directive} is {presets.get(directive)}")
    for directive, value in re.findall(r"(Minitwit\w+) (?:allows )?\(([\d,]+)[^)]* by default\)", str(node.get("description", ""))):
        stated.add(directive)
        if presets.get(directive) != int(value.replace(",", "")):
            problems.append(f"{PAGE}: {place} states {value}, but {directive} is {presets.get(directive)}")
for directive in sorted(view ^ stated):
    problems.append(f"{directive}: {VIEW} has it {directive in view}, {PAGE} has it {directive in stated}")

schemas = contract["components"]["schemas"]
registration = schemas["Registration"]["properties"]
about = " ".join(contract["info"]["description"].split())
for what, value, wanted in (
    ("the default of no", contract["components"]["parameters"]["no"]["schema"]["default"], number("DEFAULT_LIMIT", "mod_minitwit/api/answer.c")),
    ("the length of a name", registration["username"]["maxLength"], number("MT_NAME_MAX", "mod_minitwit/core/name.h")),
    ("the length of an address", registration["email"]["maxLength"], number("MT_VALIDATE_EMAIL_MAX", "mod_minitwit/core/validate.h")),
    ("the depth of JSON", int(re.search(r"at most (\d+) levels", about)[1]), number("DEPTH_MAX", "mod_minitwit/core/json.c")),
    ("the parts of JSON", int(re.search(r"at most ([\d,]+) members", about)[1].replace(",", "")), number("PARTS_MAX", "mod_minitwit/core/json.c")),
    ("Retry-After", contract["components"]["headers"]["Retry-After"]["schema"]["enum"],
     [number(name, "mod_minitwit/http/request.c") for name in ("RETRY_AFTER", "RETRY_AFTER_LASTING")]),
):  # fmt: skip
    if value != wanted:
        problems.append(f"{PAGE}: {what} is {value}, but the code has {wanted}")

# ---- sentences of failures -------------------------------------------------------------------------------------------

LITERAL = r'"(?:[^"\\]|\\.)*"'


def pattern(text):
    """A regular expression for the sentences that a C expression makes: literals and macros in a row."""
    parts = re.findall(rf"{LITERAL}|\w+", text)
    expression = ""
    for part in parts:
        if part.startswith('"'):
            expression += re.sub(r"%\w*", "(.+)", re.escape(ast.literal_eval(part)).replace("\\%", "%"))
        else:
            expression += "(.+)"
    return expression


def arguments(text):
    """The arguments of a call, of which text is the rest after the opening parenthesis."""
    depth, begin, result = 0, 0, []
    for found in re.finditer(rf"{LITERAL}|[(),]", text):
        mark = found[0]
        if mark == "," and depth == 0:
            result.append(text[begin : found.start()])
            begin = found.end()
        depth += {"(": 1, ")": -1}.get(mark, 0)
        if depth < 0:
            return [*result, text[begin : found.start()]]
    return result


# Pattern of a sentence -> the statuses that it may have. None: any.
sentences = {}
for file in SENTENCES:
    text = re.sub(r"/\*.*?\*/", "", guard.read(file), flags=re.DOTALL)
    for found in re.findall(rf"(?:{LITERAL}(?:\s|APR_STRINGIFY\(\w+\)|\w+_FMT)*)+", text):
        if re.match(r'"[A-Z][a-z]* ', found) and "mt_request_fail" not in found:
            sentences.setdefault(pattern(re.sub(r"APR_STRINGIFY\((\w+)\)", r"\1", found)), {400})
for file in FAILURES:
    text = guard.read(file)
    for call in re.finditer(r"\bmt_request_fail\(", text):
        _, status, problem = map(str.strip, arguments(text[call.end() :])[:3])
        literals = re.match(r"apr_psprintf\([^,]*,(.*)", problem, re.DOTALL)
        if '"' in problem:
            words = pattern("".join(re.findall(LITERAL, literals[1] if literals else problem)).replace('""', ""))
            sentences.setdefault(words, set()).add(STATUSES.get(status))
    for found in re.findall(rf'apr_psprintf\(\s*request->pool,\s*((?:"The request [^"]*"\s*)+)', text):
        sentences.setdefault(pattern("".join(re.findall(LITERAL, found)).replace('""', "")), {503})
if len(sentences) < 25:
    problems.append(f"tests/guards/openapi.py: this guard finds only {len(sentences)} sentences of failures in the code")

causes = " ".join(guard.read(name) for name in guard.sources() if re.match(r"mod_minitwit/(store|http)/.*\.c$", name))
examples = {}
for name, answer in contract["components"]["responses"].items():
    for part in answer.get("content", {}).get("application/json", {}).get("examples", {}).values():
        if isinstance(part["value"], dict) and "error_msg" in part["value"]:
            examples.setdefault((part["value"]["status"], part["value"]["error_msg"]), name)
for (status, sentence), name in examples.items():
    fitting = [words for words in sentences if re.fullmatch(words, sentence)]
    if not fitting:
        problems.append(f"{PAGE}: {name} has a sentence that the code does not have: {sentence}")
    elif not any(sentences[words] & {status, None} for words in fitting):
        problems.append(f"{PAGE}: {name} has the status {status} with: {sentence}")
    cause = re.search(r"because (.*?)\. ", sentence)
    if cause and f'"{cause[1]}"' not in causes:
        problems.append(f"{PAGE}: {name} names a cause that the code does not have: {cause[1]}")
for words in sentences:
    if not any(re.fullmatch(words, sentence) for _, sentence in examples) and not any(re.fullmatch(words, text) for text in OF_THE_SITE):
        problems.append(f"{PAGE}: no example has this sentence of the code: {words}")
for text in sorted(OF_THE_SITE):
    if not any(re.fullmatch(words, text) for words in sentences) or text in [sentence for _, sentence in examples]:
        problems.append(f"tests/guards/openapi.py: this sentence is not one of the site alone: {text}")

# The statuses of an operation and those of the answers' examples agree.
for path, method, operation in operations:
    for status, answer in operation["responses"].items():
        name = answer["$ref"].rpartition("/")[2] if "$ref" in answer else ""
        others = {str(number) for (number, _), where in examples.items() if where == name} - {status}
        if others:
            problems.append(f"{PAGE}: {method.upper()} {path} has {name} as {status}, but its examples have {', '.join(others)}")

guard.report(problems, f"make {PAGE} and the code agree")
