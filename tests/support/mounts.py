# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""What mounts a handler, in httpd's configuration."""


def mount(path, handler, inside=""):
    return f'<Location "{path}">\n  SetHandler {handler}\n{inside}</Location>\n'
