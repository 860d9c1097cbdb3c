# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""Configurations that httpd -t refuses."""

import re


def line_of(httpd, text):
    """FILE:LINE of the first line that contains the text."""
    lines = httpd.configuration.read_text().splitlines()
    return f"{httpd.configuration}:{next(number for number, line in enumerate(lines, 1) if text in line)}"


def refused(httpd, *patterns):
    """httpd -t refuses the configuration, and its output matches all patterns."""
    said = httpd.configtest()
    assert said.returncode != 0, said.stdout
    for pattern in patterns:
        assert re.search(pattern, said.stdout), f"{pattern!r} is not in:\n{said.stdout}"
    return said.stdout
