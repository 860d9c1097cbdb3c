#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""./run, and all commands in the project's pages, make secret files that only their owner can read, whatever the umask
is."""

import os
import pathlib
import re
import stat
import subprocess
import tempfile

import guard

SECRET = re.compile(r"api-credentials|pgpass|privkey|password|secret|token")
# A command that makes a file.
MAKES = re.compile(r"(^|\s)(install|tee|cp)\s|[^2&]>|-keyout\s")
# The folders for secret files in the pages.
FOLDERS = ("/etc/minitwit",)

problems = []


def others_may(folder, file):
    """The mode bits of other accounts for a file below the folder. 0 if they cannot enter a folder above it."""
    above = [parent for parent in file.parents if folder in parent.parents]
    bits = [stat.S_IMODE(path.stat().st_mode) & 0o077 for path in (file, *above)]
    return 0 if 0 in bits else bits[0]


def shell(text, **variables):
    return subprocess.run(
        ["bash", "-c", "umask 000\n" + text], env=os.environ | variables, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
    )  # fmt: skip


def check(name, folder):
    folder = pathlib.Path(folder)
    found = [path for path in folder.rglob("*") if path.is_file() and SECRET.search(path.name)]
    for path in found:
        mode = others_may(folder, path)
        if mode:
            problems.append(f"{name}: other accounts can read or change {path.name} (mode bits {mode:03o})")
    return len(found)


def commands(text):
    """Yields the commands of the console blocks, with their continuation lines."""
    for block in re.findall(r"^```console\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        for command in re.findall(r"^\$ ((?:.*\\\n)*.*)", block, re.MULTILINE):
            yield command


# ---- commands of the pages -------------------------------------------------------------------------------------------

made = 0
for page in (name for name in guard.sources() if name.endswith(".md")):
    told = [command for command in commands(guard.read(page)) if any(place in command for place in FOLDERS)]
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        for command in told:
            if not MAKES.search(command):
                continue
            here = command
            for place in FOLDERS:
                here = here.replace(place, folder)
            # This machine may not have the accounts of a server.
            ran = shell(re.sub(r"\bsudo |-[og] [\w-]+ ", "", here))
            if ran.returncode:
                problems.append(f"{page}: this command fails: {command}\n{ran.stdout}")
        made += check(page, folder)
if made < 3:
    problems.append(f"docs: this guard finds commands for only {made} secrets; there are at least 3")

# ---- ./run -----------------------------------------------------------------------------------------------------------

with tempfile.TemporaryDirectory() as folder:
    os.chmod(folder, 0o755)
    ran = shell(
        """
        set -euo pipefail
        . "$SOURCE/scripts/lib.sh"
        . "$SOURCE/scripts/postgresql.sh"
        . "$SOURCE/scripts/httpd.sh"
        dir=$FOLDER build=$FOLDER listen=127.0.0.1 web_port=1 api_port=2 ops_port=3
        mkdir "$dir/postgresql" "$dir/logs"
        echo name >"$dir/postgresql/socket"
        httpd_configure
        """,
        SOURCE=str(guard.SOURCE), FOLDER=folder,
    )  # fmt: skip
    if ran.returncode:
        problems.append(f"scripts/httpd.sh: httpd_configure failed:\n{ran.stdout}")
    elif not check("./run", folder):
        problems.append("./run: this guard does not find the file api-credentials")

guard.report(problems, "make the file with mode 600: use install -m 600, or umask 077 for the command that writes it")
