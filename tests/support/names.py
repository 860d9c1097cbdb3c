# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""An httpd that gets the addresses of some names from the test, and not from the system."""

import subprocess

from support.httpd import Httpd

SILENT, UNKNOWN, KNOWN = "db.silent.example", "db.unknown.example", "db.known.example"

# The lookup of the first never ends. The last has two addresses, of which only the second accepts connections.
_NAMES = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <netdb.h>
#include <string.h>
#include <unistd.h>

typedef int lookup_t(const char *, const char *, const struct addrinfo *, struct addrinfo **);

int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints, struct addrinfo **found)
{
    lookup_t *next = (lookup_t *)dlsym(RTLD_NEXT, "getaddrinfo");
    int log, error;

    if (name && strstr(name, ".example")) {
        log = open(LOG, O_WRONLY | O_APPEND | O_CREAT, 0666);
        error = write(log, "x", 1) != 1;
        close(log);
    }
    while (name && strcmp(name, SILENT) == 0)
        pause();
    if (name && strcmp(name, UNKNOWN) == 0)
        return EAI_NONAME;
    if (!name || strcmp(name, KNOWN) != 0)
        return next(name, service, hints, found);
    error = next("127.0.0.9", service, hints, found);
    return error ? error : next("127.0.0.1", service, hints, &(*found)->ai_next);
}
"""


class NamesHttpd(Httpd):
    def lookups(self):
        """The number of lookups of these names."""
        return len((self.root / "lookups").read_bytes())

    def _environment(self):
        library, log = self.root / "names.so", self.root / "lookups"
        log.touch()
        log.chmod(0o666)
        names = {"LOG": log, "SILENT": SILENT, "UNKNOWN": UNKNOWN, "KNOWN": KNOWN}
        compiler = ["gcc", "-shared", "-fPIC", *(f'-D{key}="{value}"' for key, value in names.items())]
        subprocess.run([*compiler, "-x", "c", "-", "-o", library], input=_NAMES, text=True, check=True)
        environment = super()._environment()
        preloaded = [environment["LD_PRELOAD"]] if "LD_PRELOAD" in environment else []
        return environment | {"LD_PRELOAD": ":".join([*preloaded, str(library)])}
