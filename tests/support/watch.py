# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""Takes samples at regular intervals during a test."""

import threading


class Watch(threading.Thread):
    """Calls look() once per interval inside "with", and collects its results in samples."""

    def __init__(self, look, interval=1):
        super().__init__()
        self.samples = []
        self._failure = None
        self._look = look
        self._interval = interval
        self._ending = threading.Event()

    def run(self):
        while not self._ending.wait(self._interval):
            try:
                self.samples.append(self._look())
            except Exception as failure:
                self._failure = failure
                return

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self._ending.set()
        self.join()
        if self._failure:
            raise self._failure
