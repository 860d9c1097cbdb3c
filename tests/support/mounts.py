# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""The part of httpd's configuration that mounts a handler."""


def mount(path, handler, inside=""):
    return f'<Location "{path}">\n  SetHandler {handler}\n{inside}</Location>\n'
