# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""Functions that the guards share.

MINITWIT_SOURCE    the source folder (default: the folder with this file)
MINITWIT_BUILD     the build folder (default: the source folder)
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys

SOURCE = pathlib.Path(os.environ.get("MINITWIT_SOURCE") or pathlib.Path(__file__).parents[2]).resolve()
BUILD = pathlib.Path(os.environ.get("MINITWIT_BUILD") or SOURCE).resolve()


def read(name):
    """The text of a file of the sources."""
    return (SOURCE / name).read_text(encoding="utf-8")


def sources():
    """The paths of the project's files, relative to the source folder."""
    if (SOURCE / ".git").exists() and shutil.which("git"):
        # Without safe.directory, git refuses a clone of another account.
        listed = subprocess.run(
            ["git", "-c", f"safe.directory={SOURCE}", "-C", SOURCE,
             "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            stdout=subprocess.PIPE, check=False,
        )  # fmt: skip
        names = [os.fsdecode(name) for name in listed.stdout.split(b"\0") if name]
        if listed.returncode == 0 and names:
            return sorted(name for name in names if (SOURCE / name).is_file())
    # There is no git, or this is a release's archive, which also has files that automake made.
    generated = re.compile(
        r"(^|/)(Makefile\.in|configure|aclocal\.m4|config\.h\.in)$|^(build-aux|m4|autom4te\.cache|_build)/|^mod_minitwit/api/contract_text\.c$"
    )
    files = (path.relative_to(SOURCE).as_posix() for path in SOURCE.rglob("*") if path.is_file())
    return sorted(name for name in files if not generated.search(name) and not name.startswith(".") and name[-1] != "~")


def makefile():
    """Makefile.am with the files that it includes."""

    def expand(found):
        folder = found[1].rpartition("/")[0]
        return read(found[1]).replace("%D%", folder)

    return re.sub(r"^include (\S+\.am)$", expand, read("Makefile.am"), flags=re.MULTILINE)


def built(name):
    """A file of the build folder."""
    file = BUILD / name
    if not file.exists():
        report([f"{file} does not exist"], "run make, and set MINITWIT_BUILD to the build folder")
    return file


def objects():
    """Yields each C file below mod_minitwit/ without its ending, such as "store/users", and its object file."""
    folder = BUILD / "mod_minitwit"
    for file in sorted(folder.rglob("*.o")):
        name = re.sub(r"^(lib\w+_la-|minitwitctl-)", "", file.stem)
        inside = file.parent.relative_to(folder).as_posix().removesuffix(".libs").strip("./")
        if not (SOURCE / "mod_minitwit" / inside / f"{name}.c").exists():
            continue  # from an earlier build
        # libtool may also make a static object outside of .libs.
        if file.parent.name == ".libs" or not (file.parent / ".libs" / file.name).exists():
            yield f"{inside}/{name}" if inside else name, file


def program_output(*command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def report(problems, remedy):
    """Ends the guard. Prints the problems and the remedy, or nothing if there are no problems."""
    if problems:
        print("\n".join(problems))
        print(f"Remedy: {remedy}.")
        sys.exit(1)
    sys.exit(0)
