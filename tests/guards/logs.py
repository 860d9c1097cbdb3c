#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""In every virtual host of conf/, the size of the logs is limited. The agent for Loki reads each of their files once,
with the right type."""

import fnmatch
import re

import guard

EXAMPLES = ("conf/minitwit-site.conf", "conf/minitwit-site-tls.conf")
AGENT = "docker/loki/agent.alloy"
PROGRAM = "/usr/local/libexec/minitwit/rotate"

problems = []


def defined(text):
    return dict(re.findall(r'^Define (\w+) +"?([^"\n]+?)"?$', text, re.M))


def directives(name):
    """Yields (directive, target, format) of each line about a log, with the values of defined names. Reports lines with
    an undefined name instead."""
    text = guard.read(name)
    names = defined(text)
    for directive, target, rest in re.findall(r'^\s*(ErrorLog|CustomLog)\s+"([^"]+)"(.*)$', text, re.M):
        undefined = set(re.findall(r"\$\{(\w+)\}", target)) - set(names)
        if undefined:
            problems.append(f"{name}: {directive} {target}: the file does not define {', '.join(sorted(undefined))}")
        else:
            yield directive, re.sub(r"\$\{(\w+)\}", lambda found: names[found[1]], target), rest.strip()


def targets(label):
    """The pattern of a file_match of the agent, and the pattern of excluded files."""
    block = re.search(rf'local\.file_match "{label}" \{{(.*?)^\}}', agent, re.M | re.S)
    settings = dict(re.findall(r'"(\w+)"\s*=\s*"([^"]*)"', block[1])) if block else {}
    return settings.get("__path__", ""), settings.get("__path_exclude__", "")


agent = guard.read(AGENT)


def reads(label, file):
    pattern, without = targets(label)
    return fnmatch.fnmatchcase(file, pattern) and not fnmatch.fnmatchcase(file, without)


if f"scripts/{PROGRAM.rsplit('/', 1)[1]}" not in guard.makefile():
    problems.append(f"Makefile.am does not install {PROGRAM}")
for example in EXAMPLES:
    for number, host in enumerate(re.findall(r"(?ms)^<VirtualHost .*?^</VirtualHost>", guard.read(example)), 1):
        for directive in ("ErrorLog", "ErrorLogFormat", "CustomLog"):
            if not re.search(rf"^\s*{directive}\s", host, re.M):
                problems.append(f"{example}: virtual host {number} has no {directive}, so its log has no limit")
    if re.search(r'^\s*#?(ErrorLog|CustomLog|GlobalLog)\s+(?!\s|"\$\{MINITWIT_ROTATE\} )', guard.read(example), re.M):
        problems.append(f"{example}: a log does not go through ${{MINITWIT_ROTATE}}")
    for directive, target, rest in directives(example):
        words = re.fullmatch(rf"\|{re.escape(PROGRAM)} (\S+) \d+M \d+", target)
        if not words:
            problems.append(f"{example}: {directive} {target}: expected |{PROGRAM} FILE SIZE COUNT")
            continue
        access = directive == "CustomLog"
        if access != (rest == "minitwit_json"):
            problems.append(f"{example}: {target}: the agent expects another format")
        # A file of scripts/rotate, its link, and the temporary name of the link.
        folder = words[1].rpartition("/")[0]
        for file, wanted in ((f"{words[1]}.20260131-235959", True), (words[1], False), (f"{folder}/.current-1", False)):
            for label in ("access", "error"):
                if reads(label, file) != (wanted and label == ("access" if access else "error")):
                    problems.append(f"{AGENT}: local.file_match {label} is wrong for {file} of {example}")

guard.report(problems, f"make {AGENT} and conf/ agree, and let each log go through {PROGRAM}")
