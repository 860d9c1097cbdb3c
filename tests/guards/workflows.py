#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""GitHub's workflows call only existing scripts, with few rights, time limits and pinned actions, and repeat no list of
packages. In a bare container, the installed groups contain the programs that the scripts call. The image is pushed only
after the files exist. scripts/ci names existing steps of ./check, and the nightly job names all parts of it."""

import os
import re

import guard
import yaml

# A container without git cannot check out.
BOOTSTRAP = "apt-get update && apt-get install -y --no-install-recommends ca-certificates git"
SCRIPT = re.compile(r"(?:\./check|(?:scripts|tests|docker|deploy)/[\w/-]+)(?![\w./-])")
# {command: its package} for commands of scripts that a bare Debian lacks.
COMMANDS = {
    "autoreconf": "autoconf", "buildah": "buildah", "curl": "curl", "debootstrap": "debootstrap", "ip": "iproute2",
    "make": "make", "openssl": "openssl", "python3": "python3", "ss": "iproute2",
}  # fmt: skip
OWN = {"check.yml", "codeql.yml", "deploy.yml", "release.yml"}



def is_called(command, text):
    """Whether a script begins with the command, or has it where a shell expects a command."""
    place = r"^#!/usr/bin/|(?:^|[|&;(!'\"]|\$\(|\b(?:then|do|else|if|while|until|exec)\b) *"
    return re.search(rf"(?:{place}){command}(?=\s)", text, re.M)


def commands(script):
    """The COMMANDS of a script and of the scripts that it calls or sources."""
    seen, waiting = {}, {script}
    while waiting:
        name = waiting.pop()
        # Without comments, and without here-documents, which are texts or scripts for another system.
        text = re.sub(r"<<-?'?(\w+)'?.*\n(?s:.*?)^\1$", "", guard.read(name), flags=re.M)
        seen[name] = re.sub(r"^ *#(?!!).*$", "", text, flags=re.M)
        found = re.findall(r"(?:\$top|/source|/\.\.)/((?:scripts|deploy)/[\w.-]+)|^\. .*/(lib\.sh)", seen[name], re.M)
        called = {path or f"scripts/{library}" for path, library in found}
        waiting |= {path for path in called if (guard.SOURCE / path).is_file()}
        waiting -= set(seen)
    return {command for command in COMMANDS if any(is_called(command, text) for text in seen.values())}


rows = [line for line in guard.read("scripts/packages").splitlines() if line and not line.startswith("#")]
listed = [row.split(None, 3) for row in rows]
problems = []
folder = guard.SOURCE / ".github" / "workflows"
files = sorted(folder.glob("*.y*ml"))
if not OWN <= {file.name for file in files}:
    problems.append(f".github/workflows: one of {', '.join(sorted(OWN))} is missing")
called = set()
for file in files:
    text = file.read_text(encoding="utf-8")
    workflow = yaml.safe_load(text)
    name = f".github/workflows/{file.name}"
    # YAML reads the key "on" as True.
    if not {"name", True, "permissions", "concurrency", "jobs"} <= set(workflow):
        problems.append(f"{name}: it needs name, on, permissions and concurrency")
        continue
    if workflow["permissions"] != {"contents": "read"}:
        problems.append(f"{name}: the workflow may only read; give other rights to the job that needs them")
    for title, job in workflow["jobs"].items():
        where = f"{name}, {title}"
        if "uses" in job:
            if not (guard.SOURCE / job["uses"]).is_file():
                problems.append(f"{where}: {job['uses']} does not exist")
            continue
        if "timeout-minutes" not in job:
            problems.append(f"{where}: no timeout-minutes")
        if job["runs-on"].endswith("-latest"):
            problems.append(f"{where}: runs-on must name a release, because -latest changes")
        runs = [step.get("run", "") for step in job["steps"]]
        groups = {group for run in runs if run.startswith("scripts/install-packages ") for group in run.split()[1:]}
        installed = {package for group, _, package, _ in listed if group in groups}
        scripts = {script for run in runs for script in SCRIPT.findall(run)} if "container" in job and groups else ()
        for script in sorted(scripts):
            problems += [
                f"{where}: {script} calls {command}, but the groups {' '.join(sorted(groups))} of scripts/packages "
                f"lack {COMMANDS[command]}"
                for command in sorted(commands(script)) if COMMANDS[command] not in installed
            ]  # fmt: skip
        # scripts/coverage runs unit tests and pytest.
        if "scripts/coverage" in runs and not {"build", "run", "test", "check", "long"} <= groups:
            problems.append(f"{where}: scripts/coverage needs the groups build run test check long")
        for step in job["steps"]:
            action, command = step.get("uses", ""), step.get("run", "")
            # A tag can be moved by anyone who takes over an author's account. A hash cannot.
            if action and not re.search(rf"uses: {re.escape(action)}  # v\d+\.\d+\.\d+$", text, re.M):
                problems.append(f"{where}: {action} needs its version in a comment: uses: NAME@HASH  # v1.2.3")
            if action and not re.search(r"@[0-9a-f]{40}$", action):
                problems.append(f"{where}: {action} is not pinned to a hash")
            if action.startswith("actions/checkout@") and step.get("with", {}).get("persist-credentials") is not False:
                problems.append(f"{where}: the checkout keeps its token; add persist-credentials: false")
            if "${{" in command:
                problems.append(f"{where}: a value becomes part of a command; pass it in env")
            if re.search(r"\b(apt|apt-get|pip|npm)\b", command) and command != BOOTSTRAP:
                problems.append(f"{where}: it installs packages itself; use scripts/install-packages")
            for part in filter(None, re.split(r"&&|\n", command.replace(BOOTSTRAP, ""))):
                if not SCRIPT.match(part.strip()):
                    problems.append(f"{where}: {part.strip()} is not a script, so it runs only at GitHub")
            called |= {(where, script) for script in SCRIPT.findall(command)}
if not called:
    problems.append(".github/workflows: this guard finds no call of a script")
for where, script in sorted(called):
    if not (guard.SOURCE / script).is_file() or not os.access(guard.SOURCE / script, os.X_OK):
        problems.append(f"{where}: {script} does not exist or is not executable")

# A pushed image is never replaced, so the files of the version must exist first.
if "files" not in yaml.safe_load(guard.read(".github/workflows/release.yml"))["jobs"]["image"].get("needs", ()):
    problems.append(".github/workflows/release.yml: the image does not wait for the files")

# The names of ./check's steps. A variable in a name matches any word.
headings = [
    re.compile(re.sub(r"\\\$\w+", r"\\S+", re.escape(heading)))
    for heading in re.findall(r'^ *(?:step|begin) "([^"]+)" ', guard.read("check"), re.M)
]
only = re.findall(r"^ *(?:\w+\) )?only (?:.*\\\n)*.*", guard.read("scripts/ci"), re.M)
for heading in re.findall(r'"([^"$]+)"', "".join(only)):
    if not any(known.fullmatch(heading) for known in headings):
        problems.append(f'scripts/ci: ./check has no step "{heading}"')

# The nightly job runs all parts of ./check --long.
parts = re.search(r"^parts=\(([^)]*)\)", guard.read("check"), re.M)
nightly = yaml.safe_load(guard.read(".github/workflows/check.yml"))["jobs"]["long"]["strategy"]["matrix"]["part"]
if not parts or parts.group(1).split() != nightly:
    problems.append(f".github/workflows/check.yml, long: the parts {nightly} differ from those of ./check --long")

guard.report(problems, "let workflows call only the project's scripts: see docs/release.md")
