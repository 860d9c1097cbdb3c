# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""What a request costs an httpd in processor time, in its simplest form: livez, many to a write."""

import pathlib
import socket
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from support import installation  # noqa: E402
from support.httpd import Httpd  # noqa: E402

PIPELINE = 100
END = b"}"  # of an answer, once in each
AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"


def make_httpd(log=""):
    """An httpd with that access log; {file} in it is the name of its file. livez needs no database, so none is there."""
    httpd = Httpd("host=/nonexistent dbname=minitwit")
    httpd.custom_log = log.format(file=httpd.root / "access.log")
    httpd.directives = "MaxKeepAliveRequests 0\n"
    if installation.MPM != "prefork":
        # Nothing is to end a connection: no child for want of work, and no lack of threads.
        httpd.directives += "ThreadLimit 64\nThreadsPerChild 32\nMaxRequestWorkers 64\nMaxSpareThreads 64\n"
    return httpd


def processor_time(httpd):
    """Nanoseconds of all threads; none of them ends meanwhile."""
    return sum(
        int((task / "schedstat").read_text().split()[0])
        for pid in (httpd.process.pid, *httpd.children())
        for task in pathlib.Path(f"/proc/{pid}/task").iterdir()
    )


def ask(httpd, requests):
    """Microseconds of processor time a request. Each write carries many requests, so that hardly any of it is spent on waking
    up, of which there is more or less by chance."""
    request = f"GET /livez HTTP/1.1\r\nHost: localhost\r\nUser-Agent: {AGENT}\r\nAccept: */*\r\n\r\n".encode()
    before = processor_time(httpd)
    with socket.create_connection(("127.0.0.1", httpd.ops_port)) as connection:
        for _ in range(requests // PIPELINE):
            connection.sendall(request * PIPELINE)
            answered = 0
            while answered < PIPELINE:
                answered += connection.recv(1 << 20).count(END)
        return (processor_time(httpd) - before) / requests / 1000
