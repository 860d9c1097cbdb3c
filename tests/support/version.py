# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""The files of one version of the project, and the previous version, which is built from the history of the clone."""

import pathlib
import subprocess
from dataclasses import dataclass

from support import installation

_NO_HISTORY = 3  # exit status of scripts/build-previous without a history


@dataclass
class Version:
    module: pathlib.Path
    ctl: pathlib.Path
    templates: pathlib.Path
    migrations: pathlib.Path


PRESENT = Version(installation.MODULE, installation.CTL, installation.TEMPLATES, installation.MIGRATIONS)


def build_previous():
    """Builds the last version that needed an older schema. Raises FileNotFoundError if the history lacks it."""
    built = subprocess.run(
        [installation.SOURCE / "scripts" / "build-previous"],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
    )  # fmt: skip
    if built.returncode == _NO_HISTORY:
        raise FileNotFoundError(built.stdout.strip())
    assert built.returncode == 0, built.stdout
    source = installation.SOURCE / ".build" / "previous"
    build = source / ".build" / "gcc"
    module = build / "mod_minitwit" / ".libs" / "mod_minitwit.so"
    return Version(module, build / "minitwitctl", source / "templates", source / "sql")
