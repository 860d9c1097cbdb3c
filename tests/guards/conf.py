#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""httpd accepts minitwit.conf and the two example sites in conf/, also with all commented-out lines switched on. If
systemd is installed, it accepts the units in conf/."""

import os
import pathlib
import re
import shutil
import subprocess
import tempfile

import guard

# The modules of a new httpd. The examples name the others in their first lines.
STOCK = {"authz_core", "log_config", "logio", "unixd", "mime", "dir"}
EXAMPLES = {
    "conf/minitwit-site.conf": "Listen 127.0.0.1:80\n",
    "conf/minitwit-site-tls.conf": "Listen 127.0.0.1:80\nListen 127.0.0.1:443\n",
}

problems = []
module = guard.built("mod_minitwit/.libs/mod_minitwit.so")
modules = pathlib.Path(guard.program_output("apxs", "-q", "LIBEXECDIR").strip())
program = "/".join(guard.program_output("apxs", "-q", name).strip() for name in ("SBINDIR", "PROGNAME"))


def environment():
    """httpd's environment. The libraries of the sanitizers must be loaded before a sanitized module."""
    if "__asan_" not in guard.program_output("nm", "-D", module):
        return os.environ
    names = ("libasan.so", "libubsan.so")
    libraries = [guard.program_output("gcc", f"-print-file-name={name}").strip() for name in names]
    return os.environ | {"LD_PRELOAD": ":".join(libraries), "ASAN_OPTIONS": "detect_leaks=0"}


def uncommented(text):
    """The text with all commented-out directives switched on. They have no blank after the #."""
    return re.sub(r"^(\s*)#(?=[A-Z])", r"\1", text, flags=re.MULTILINE)


def check(name, text, also, folder):
    certificate, key, credentials = (folder / name for name in ("cert.pem", "key.pem", "api-credentials"))
    text = (
        text.replace("/etc/minitwit/api-credentials", str(credentials))
        .replace("/etc/minitwit/tls/fullchain.pem", str(certificate))
        .replace("/etc/minitwit/tls/privkey.pem", str(key))
        .replace("/etc/minitwit/templates", str(guard.SOURCE / "templates"))
    )
    asked = re.search(r"a2enmod (.+)", text)
    wanted = STOCK | set(asked.group(1).split() if asked else ["dbd"]) - {"minitwit"}
    # A module that is compiled into httpd has no file.
    loads = [
        f"LoadModule {needed}_module {modules}/mod_{needed}.so\n"
        for needed in ["mpm_event", *sorted(wanted)]
        if (modules / f"mod_{needed}.so").exists()
    ]
    configuration = folder / "httpd.conf"
    configuration.write_text(
        f"ServerRoot {folder}\nServerName localhost\nErrorLog {folder}/error.log\nTypesConfig /dev/null\n"
        + "".join(loads)
        + f"LoadModule minitwit_module {module}\nMinitwitTemplates {guard.SOURCE}/templates\n"
        + also
        + text
    )
    checked = subprocess.run(
        [program, "-t", "-f", configuration], env=environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, check=False,
    )  # fmt: skip
    if checked.returncode or "[warn]" in checked.stdout or "AH0" in checked.stdout:
        problems.append(f"{name}: httpd -t prints:\n{checked.stdout.strip().replace(str(folder), '...')}")


def check_units(folder):
    """Replaces the programs that the units start, because they need not be installed."""
    names = [name for name in guard.sources() if re.fullmatch(r"conf/.*\.(service|timer)", name)]
    if not names:
        problems.append("conf: no units")
    for name in names:
        text = re.sub(r"^Documentation=.*\n", "", guard.read(name), flags=re.MULTILINE)
        (folder / pathlib.Path(name).name).write_text(re.sub(r"/usr/local/bin/\S+", "/bin/true", text))
        if name.endswith(".timer") and name.replace(".timer", ".service") not in names:
            problems.append(f"{name}: its service is not in conf/")
    if not shutil.which("systemd-analyze"):
        return
    for name in names:
        checked = subprocess.run(
            ["systemd-analyze", "--man=no", "verify", folder / pathlib.Path(name).name], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
        )  # fmt: skip
        # systemd-analyze also reports problems of the machine's other units.
        said = [line for line in checked.stdout.splitlines() if "minitwit-" in line]
        problems.extend(f"{name}: systemd-analyze verify prints: {line}" for line in said)


with tempfile.TemporaryDirectory() as name:
    scratch = pathlib.Path(name)
    (scratch / "logs").mkdir()
    (scratch / "api-credentials").write_text("simulator:secret\n")
    (scratch / "api-credentials").chmod(0o600)
    subprocess.run(
        [
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
            "-subj", "/CN=minitwit.example", "-keyout", scratch / "key.pem", "-out", scratch / "cert.pem",
        ],
        check=True, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    check("conf/minitwit.conf", guard.read("conf/minitwit.conf"), "", scratch)
    check("conf/minitwit.conf, uncommented", uncommented(guard.read("conf/minitwit.conf")), "", scratch)
    for example, listen in EXAMPLES.items():
        check(example, guard.read(example), listen, scratch)
        check(f"{example}, uncommented", uncommented(guard.read(example)), listen, scratch)

with tempfile.TemporaryDirectory() as name:
    check_units(pathlib.Path(name))

guard.report(problems, "correct the file in conf/, and name every module that it needs in its first lines")
