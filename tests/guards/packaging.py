#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""debian/control and scripts/packages list the same packages for the build. debian/changelog has the version of
configure.ac. Releases contain all files of debian/. The pages of docs/ are installed, and messages name the installed
pages."""

import fnmatch
import os
import re

import guard

# The packages that every build of a Debian package has, and the packages that debhelper depends on.
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
for name in sorted(wanted - needed):
    problems.append(f"debian/control: Build-Depends lacks {name}, which scripts/packages has in the group build")
for name in sorted(needed - wanted):
    problems.append(f"scripts/packages: the group build lacks {name}, which debian/control has")
for name in sorted(tested - listed["test"]):
    problems.append(f"scripts/packages: the group test lacks {name}, which debian/control has")

version = re.search(r"^AC_INIT\(\[[^\]]*\], \[([^\]]*)\]", guard.read("configure.ac"), re.MULTILINE).group(1)
packaged = re.match(r"mod-minitwit \(([^)]*)\) ", guard.read("debian/changelog"))
if not packaged or packaged.group(1) != version:
    problems.append(f"debian/changelog has version {packaged and packaged.group(1)}, but configure.ac has {version}")

# httpd loads the driver at run time, so ${shlibs:Depends} does not find it. minitwit.load enables mod_dbd.
depends = re.search(r"^Package: libapache2-mod-minitwit\n(?:.+\n)*?Depends: (.*)", control, re.MULTILINE)
if not depends or "libaprutil1-dbd-pgsql" not in depends.group(1):
    problems.append("debian/control: libapache2-mod-minitwit does not depend on libaprutil1-dbd-pgsql")
if not re.match(r"# Depends: .*\bdbd\b", guard.read("conf/minitwit.load")):
    problems.append('conf/minitwit.load: it must begin with "# Depends: dbd", so that a2enmod enables mod_dbd')

# dpkg-buildpackage leaves these files behind.
names = [name for name in guard.sources() if name.startswith("debian/")]
for name in names:
    if fnmatch.fnmatch(name, "debian/*.debhelper*") or fnmatch.fnmatch(name, "debian/*.substvars"):
        problems.append(f"{name}: a build made this file")
for name in ("debian/rules", "debian/tests/site", "debian/tests/use-site"):
    if not os.access(guard.SOURCE / name, os.X_OK):
        problems.append(f"{name}: it is not executable")
if not re.search(r"^EXTRA_DIST = .*\bdebian\b", guard.read("Makefile.am"), re.MULTILINE):
    problems.append("Makefile.am: EXTRA_DIST lacks debian")

# Messages name pages as MT_DOC_DIR "/page.md", because docs/page.md exists only in the sources. The tour consists of
# pictures, which are not installed.
TOUR = "docs/tour.md"
pages = set(re.findall(r"%D%/([\w-]+\.md)", guard.read("docs/sources.am")))
for name in guard.sources():
    if re.fullmatch(r"docs/[^/]+\.md", name) and name != TOUR and name.removeprefix("docs/") not in pages:
        problems.append(f"docs/sources.am: {name} is missing")
    if re.fullmatch(r"mod_minitwit/.*\.[ch]", name):
        code = re.sub(r"/\*.*?\*/", "", guard.read(name), flags=re.DOTALL)
        if re.search(r'"[^"\n]*(?<!/)\bdocs/', code):
            problems.append(f'{name}: a message names a page of docs/; write MT_DOC_DIR "/PAGE.md" instead')
        problems += [
            f"{name}: docs/{page} does not exist" for page in re.findall(r'MT_DOC_DIR\s+"/([\w-]+\.md)', code)
            if page not in pages
        ]  # fmt: skip

guard.report(problems, "make debian/, scripts/packages and configure.ac agree")
