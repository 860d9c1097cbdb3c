#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""The Debian packages are built from what scripts/packages lists, as the version that configure.ac has, and are complete in releases."""

import fnmatch
import os
import re

import guard

# What every build of a package has without being told, and what stands for what scripts/packages names.
ESSENTIAL = {"gcc", "libc6-dev", "make"}
DEBHELPER = {"debhelper-compat", "dh-apache2"}
BY_DEBHELPER = {"autoconf", "automake", "libtool"}

problems = []

listed = {}
for line in guard.read("scripts/packages").splitlines():
    if line and not line.startswith("#"):
        group, _, package, _ = line.split(None, 3)
        listed.setdefault(group, set()).add(package)

control = guard.read("debian/control")
field = re.search(r"^Build-Depends:(.*(?:\n[ \t].*)*)", control, re.MULTILINE)
entries = [entry.strip() for entry in field.group(1).split(",") if entry.strip()] if field else []
needed = {entry.split()[0] for entry in entries if "<!nocheck>" not in entry} - DEBHELPER
tested = {entry.split()[0] for entry in entries if "<!nocheck>" in entry}
if not needed:
    problems.append("debian/control: Build-Depends not found")
wanted = listed["build"] - ESSENTIAL - BY_DEBHELPER
problems += [f"debian/control: Build-Depends lacks {name}, which scripts/packages has for the build" for name in sorted(wanted - needed)]
problems += [f"scripts/packages: the build lacks {name}, which debian/control has" for name in sorted(needed - wanted)]
problems += [f"scripts/packages: test lacks {name}, which debian/control has" for name in sorted(tested - listed["test"])]

version = re.search(r"^AC_INIT\(\[[^\]]*\], \[([^\]]*)\]", guard.read("configure.ac"), re.MULTILINE).group(1)
packaged = re.match(r"mod-minitwit \(([^)]*)\) ", guard.read("debian/changelog"))
if not packaged or packaged.group(1) != version:
    problems.append(f"debian/changelog begins with version {packaged and packaged.group(1)}, configure.ac says {version}")

# The module itself needs the driver at run time, where no tool can find that out; mod_dbd comes from minitwit.load.
depends = re.search(r"^Package: libapache2-mod-minitwit\n(?:.+\n)*?Depends: (.*)", control, re.MULTILINE)
if not depends or "libaprutil1-dbd-pgsql" not in depends.group(1):
    problems.append("debian/control: libapache2-mod-minitwit does not depend on libaprutil1-dbd-pgsql")
if not re.match(r"# Depends: .*\bdbd\b", guard.read("conf/minitwit.load")):
    problems.append('conf/minitwit.load: does not begin with "# Depends: dbd", by which a2enmod enables mod_dbd')

# The files that .gitignore keeps away are those that dpkg-buildpackage leaves behind; none of them is a source.
names = [name for name in guard.sources() if name.startswith("debian/")]
for name in names:
    if fnmatch.fnmatch(name, "debian/*.debhelper*") or fnmatch.fnmatch(name, "debian/*.substvars"):
        problems.append(f"{name}: made by a build")
for name in ("debian/rules", "debian/tests/site", "debian/tests/use-site"):
    if not os.access(guard.SOURCE / name, os.X_OK):
        problems.append(f"{name}: cannot be executed")
if not re.search(r"^EXTRA_DIST = .*\bdebian\b", guard.read("Makefile.am"), re.MULTILINE):
    problems.append("Makefile.am: EXTRA_DIST lacks debian")

guard.report(problems, "make debian/, scripts/packages and configure.ac agree")
