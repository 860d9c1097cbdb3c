#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""GitHub's workflows call scripts that are there, with least rights, limits of time and pinned actions, and repeat no list of
packages; the steps that scripts/ci names are those of ./check."""

import os
import re

import guard
import yaml

# A container without git cannot check out.
BOOTSTRAP = "apt-get update && apt-get install -y --no-install-recommends ca-certificates git"
SCRIPT = re.compile(r"(?:\./check|(?:scripts|tests|docker|deploy)/[\w/-]+)(?![\w./-])")
OWN = {"check.yml", "codeql.yml", "deploy.yml", "release.yml"}

problems = []
folder = guard.SOURCE / ".github" / "workflows"
files = sorted(folder.glob("*.y*ml"))
if not OWN <= {file.name for file in files}:
    problems.append(f".github/workflows: not all of {', '.join(sorted(OWN))} are there")
called = set()
for file in files:
    text = file.read_text(encoding="utf-8")
    workflow = yaml.safe_load(text)
    name = f".github/workflows/{file.name}"
    # YAML takes the key "on" for a truth value.
    if not {"name", True, "permissions", "concurrency", "jobs"} <= set(workflow):
        problems.append(f"{name}: it needs name, on, permissions and concurrency")
        continue
    if workflow["permissions"] != {"contents": "read"}:
        problems.append(f"{name}: the whole workflow has more rights than to read; give them to the job that needs them")
    for title, job in workflow["jobs"].items():
        where = f"{name}, {title}"
        if "uses" in job:
            if not (guard.SOURCE / job["uses"]).is_file():
                problems.append(f"{where}: {job['uses']} does not exist")
            continue
        if "timeout-minutes" not in job:
            problems.append(f"{where}: no timeout-minutes")
        if job["runs-on"].endswith("-latest"):
            problems.append(f"{where}: runs-on changes by itself; name a release")
        for step in job["steps"]:
            action, command = step.get("uses", ""), step.get("run", "")
            # A tag can be moved, by whoever takes an author's account over.
            if action and not re.search(rf"uses: {re.escape(action)}  # v\d+\.\d+\.\d+$", text, re.M):
                problems.append(f"{where}: {action} has no version behind it, like: uses: NAME@HASH  # v1.2.3")
            if action and not re.search(r"@[0-9a-f]{40}$", action):
                problems.append(f"{where}: {action} is not pinned to a hash")
            if action.startswith("actions/checkout@") and step.get("with", {}).get("persist-credentials") is not False:
                problems.append(f"{where}: the checkout leaves its token behind; persist-credentials: false")
            if "${{" in command:
                problems.append(f"{where}: a value becomes part of a command; hand it over in env")
            if re.search(r"\b(apt|apt-get|pip|npm)\b", command) and command != BOOTSTRAP:
                problems.append(f"{where}: it installs packages by itself; scripts/install-packages knows which")
            for part in filter(None, re.split(r"&&|\n", command.replace(BOOTSTRAP, ""))):
                if not SCRIPT.match(part.strip()):
                    problems.append(f"{where}: {part.strip()} is no script of the project, so nobody can run it elsewhere")
            called |= {(where, script) for script in SCRIPT.findall(command)}
if not called:
    problems.append(".github/workflows: no script is called, as far as this guard can see")
for where, script in sorted(called):
    if not (guard.SOURCE / script).is_file() or not os.access(guard.SOURCE / script, os.X_OK):
        problems.append(f"{where}: {script} is not there, or not executable")

# Names of steps, with anything in the place of a variable.
headings = [
    re.compile(re.sub(r"\\\$\w+", r"\\S+", re.escape(heading)))
    for heading in re.findall(r'^ *(?:step|begin) "([^"]+)" ', guard.read("check"), re.M)
]
for heading in re.findall(r'"([^"$]+)"', "".join(re.findall(r"^ *(?:\w+\) )?only (?:.*\\\n)*.*", guard.read("scripts/ci"), re.M))):
    if not any(known.fullmatch(heading) for known in headings):
        problems.append(f'scripts/ci: ./check has no step "{heading}"')

guard.report(problems, "let workflows call the project's scripts; docs/release.md describes them")
