#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""GitHub's workflows call scripts that are there, with least rights, limits of time and pinned actions, and repeat no list of
packages; what these scripts need in a bare container is in the groups that are installed there; what cannot be taken back comes last;
the steps that scripts/ci names are those of ./check, and so are the parts of the nightly job."""

import os
import re

import guard
import yaml

# A container without git cannot check out.
BOOTSTRAP = "apt-get update && apt-get install -y --no-install-recommends ca-certificates git"
SCRIPT = re.compile(r"(?:\./check|(?:scripts|tests|docker|deploy)/[\w/-]+)(?![\w./-])")
# What a bare Debian lacks and scripts call: the package, by the command.
COMMANDS = {
    "autoreconf": "autoconf", "buildah": "buildah", "curl": "curl", "debootstrap": "debootstrap", "ip": "iproute2", "make": "make",
    "openssl": "openssl", "python3": "python3", "ss": "iproute2",
}  # fmt: skip
OWN = {"check.yml", "codeql.yml", "deploy.yml", "release.yml"}



def is_called(command, text):
    """Whether a script begins with it, or has it where a shell expects a command: not as a word of another."""
    place = r"^#!/usr/bin/|(?:^|[|&;(!'\"]|\$\(|\b(?:then|do|else|if|while|until|exec)\b) *"
    return re.search(rf"(?:{place}){command}(?=\s)", text, re.M)


def commands(script):
    """Those of COMMANDS that a script calls, or one that it calls or sources in turn."""
    seen, waiting = {}, {script}
    while waiting:
        name = waiting.pop()
        # Neither comments, nor what is for people or for another system to read.
        text = re.sub(r"<<-?'?(\w+)'?.*\n(?s:.*?)^\1$", "", guard.read(name), flags=re.M)
        seen[name] = re.sub(r"^ *#(?!!).*$", "", text, flags=re.M)
        found = re.findall(r"(?:\$top|/source|/\.\.)/((?:scripts|deploy)/[\w.-]+)|^\. .*/(lib\.sh)", seen[name], re.M)
        waiting |= {path or f"scripts/{library}" for path, library in found if (guard.SOURCE / (path or "scripts/lib.sh")).is_file()}
        waiting -= set(seen)
    return {command for command in COMMANDS if any(is_called(command, text) for text in seen.values())}


listed = [line.split(None, 3) for line in guard.read("scripts/packages").splitlines() if line and not line.startswith("#")]
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
        runs = [step.get("run", "") for step in job["steps"]]
        groups = {group for run in runs if run.startswith("scripts/install-packages ") for group in run.split()[1:]}
        installed = {package for group, _, package, _ in listed if group in groups}
        for script in sorted({script for run in runs for script in SCRIPT.findall(run)}) if "container" in job and groups else ():
            problems += [
                f"{where}: {script} calls {command}, and no group of {' '.join(sorted(groups))} in scripts/packages has {COMMANDS[command]}"
                for command in sorted(commands(script)) if COMMANDS[command] not in installed
            ]  # fmt: skip
        # It runs unit tests and pytest.
        if "scripts/coverage" in runs and not {"build", "run", "test", "check", "long"} <= groups:
            problems.append(f"{where}: scripts/coverage needs the groups build run test check long")
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

# An image stays once it is pushed, so a version whose files cannot be made must not have one.
if "files" not in yaml.safe_load(guard.read(".github/workflows/release.yml"))["jobs"]["image"].get("needs", ()):
    problems.append(".github/workflows/release.yml: the image does not wait for the files")

# Names of steps, with anything in the place of a variable.
headings = [
    re.compile(re.sub(r"\\\$\w+", r"\\S+", re.escape(heading)))
    for heading in re.findall(r'^ *(?:step|begin) "([^"]+)" ', guard.read("check"), re.M)
]
for heading in re.findall(r'"([^"$]+)"', "".join(re.findall(r"^ *(?:\w+\) )?only (?:.*\\\n)*.*", guard.read("scripts/ci"), re.M))):
    if not any(known.fullmatch(heading) for known in headings):
        problems.append(f'scripts/ci: ./check has no step "{heading}"')

# The nightly job runs all parts of ./check --long.
parts = re.search(r"^parts=\(([^)]*)\)", guard.read("check"), re.M)
nightly = yaml.safe_load(guard.read(".github/workflows/check.yml"))["jobs"]["long"]["strategy"]["matrix"]["part"]
if not parts or parts.group(1).split() != nightly:
    problems.append(f".github/workflows/check.yml, long: its parts {nightly} are not those of ./check --long")

guard.report(problems, "let workflows call the project's scripts; docs/release.md describes them")
