# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""An httpd whose clock a test can set while it runs, with libfaketime. Other clocks do not change."""

import email.utils
import os
import subprocess

from support.shipped import RunSite


class ClockedHttpd(RunSite):
    """set_clock() sets the time of day in all processes of httpd. The monotonic clock does not change."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self._offset = self.root / "clock"
        self.set_clock(0)

    def set_clock(self, seconds):
        """Sets the clock to this number of seconds ahead of the machine's. Takes effect at once."""
        new = self.root / "clock.new"
        new.write_text(f"{seconds:+d}\n")
        new.chmod(0o644)
        os.replace(new, self._offset)

    def ask_clock(self):
        """The time of this httpd, in seconds since 1970."""
        answer = self.operator().get("/livez")
        return email.utils.parsedate_to_datetime(answer.headers["Date"]).timestamp()

    def _environment(self):
        environment = super()._environment()
        # libfaketime hangs if it is loaded after AddressSanitizer, which reads the time before everything is set up.
        if "ASAN_OPTIONS" in environment:
            environment["ASAN_OPTIONS"] += ":verify_asan_link_order=0"
        preloaded = [environment["LD_PRELOAD"]] if "LD_PRELOAD" in environment else []
        environment.update(
            LD_PRELOAD=":".join([_library(), *preloaded]),
            FAKETIME_TIMESTAMP_FILE=str(self._offset),
            FAKETIME_NO_CACHE="1",
            FAKETIME_DONT_FAKE_MONOTONIC="1",
            NO_FAKE_STAT="1",
        )
        return environment


def _library():
    """The path of the library for programs with threads, from the program faketime."""
    return subprocess.run(
        ["faketime", "-m", "-f", "+0", "printenv", "LD_PRELOAD"], check=True, stdout=subprocess.PIPE, text=True
    ).stdout.strip()
