# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""A proxy between httpd and PostgreSQL that records the statements of a request, their values and their pipelines. So
pgbench and the tests use the statements that the module really sends."""

import contextlib
import dataclasses
import pathlib
import re
import shutil
import socket
import struct
import tempfile
import threading

_SOCKET = ".s.PGSQL.5432"


@dataclasses.dataclass(frozen=True)
class Call:
    """A run of a prepared statement."""

    label: str
    sql: str
    values: tuple  # as texts

    def replace(self, old, new):
        """The same call with another value."""
        return dataclasses.replace(self, values=tuple(new if value == old else value for value in self.values))


class Reading:
    """Parses the messages of one connection's client (protocol version 3)."""

    def __init__(self):
        self._data = b""
        self._started = False
        self._statements = {}  # {name: SQL}
        self._bound = []
        self.settings = {}  # of the connection: {name: value}
        self.pipelines = []  # complete ones, as lists of Call
        self.prepared = 0  # number of statements

    def feed(self, data):
        self._data += data
        while (message := self._take()) is not None:
            self._read(*message)

    def _take(self):
        """(type, contents) of the next complete message, or None. The first message has no type."""
        start = 1 if self._started else 0
        if len(self._data) < start + 4:
            return None
        (length,) = struct.unpack_from("!i", self._data, start)
        end = start + length
        if len(self._data) < end:
            return None
        message = self._data[:start], self._data[start + 4 : end]
        self._data = self._data[end:]
        self._started = True
        return message

    def _read(self, kind, contents):
        if kind == b"P":
            name, sql, _ = contents.split(b"\0", 2)
            self._statements[name] = sql.decode()
            self.prepared += 1
        elif kind == b"B":
            self._bound.append(self._read_bind(contents))
        elif kind == b"S":
            if self._bound:
                self.pipelines.append(self._bound)
            self._bound = []
        elif kind in (b"Q", b"F"):
            raise ValueError("the module sent a statement that is not prepared")

    def _read_bind(self, contents):
        _, name, rest = contents.split(b"\0", 2)
        (formats,) = struct.unpack_from("!h", rest)
        place = 2 + 2 * formats
        (count,) = struct.unpack_from("!h", rest, place)
        place += 2
        values = []
        for _ in range(count):
            (length,) = struct.unpack_from("!i", rest, place)
            place += 4
            values.append(rest[place : place + length].decode() if length >= 0 else None)
            place += max(length, 0)
        call = Call(label(name.decode()), self._statements[name], tuple(values))
        self.settings |= settings_of(call)
        return call


def label(name):
    """The label of a statement, from the name under which the module prepares it."""
    found = re.fullmatch(r"minitwit_(\w+)_\d+", name)
    return found[1] if found else name


def settings_of(call):
    """{name: value} of the settings that a call makes."""
    found = re.findall(r"set_config\('(\w+)', (?:'(\w+)'|\$(\d+)), false\)", call.sql)
    return {name: text or call.values[int(number) - 1] for name, text, number in found}


class Recorder:
    """Records inside "with". Connect to the socket in its folder. upstream: the folder of the server's socket."""

    def __init__(self, upstream):
        self._upstream = str(pathlib.Path(upstream) / _SOCKET)
        self._lock = threading.Lock()
        self._pipelines = []
        self._prepared = 0
        self._failure = None
        self.settings = {}  # of the module's connections

    def __enter__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="mt-record-", dir="/tmp"))
        self.folder.chmod(0o755)
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(self.folder / _SOCKET))
        (self.folder / _SOCKET).chmod(0o777)
        self._listener.listen(64)
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        # This ends accept() in the other thread; close() alone does not.
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        shutil.rmtree(self.folder)

    def record(self, act, tries=20):
        """Calls act() until the module sends the same statements twice in succession, and prepares none the second
        time. Returns the pipelines of the second time, each a list of calls."""
        former = None
        for _ in range(tries):
            with self._lock:
                self._pipelines, self._prepared = [], 0
            act()
            with self._lock:
                if self._failure:
                    raise self._failure
                pipelines, prepared = self._pipelines, self._prepared
            shape = [[call.label for call in pipeline] for pipeline in pipelines]
            if not prepared and shape == former:
                return pipelines
            former = shape
        raise RuntimeError(f"the statements differ each time, at last: {former}")

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.socket(socket.AF_UNIX)
                server.connect(self._upstream)
                reading = Reading()
                threading.Thread(target=_copy, args=(server, client, None), daemon=True).start()
                threading.Thread(
                    target=_copy,
                    args=(client, server, lambda data, reading=reading: self._note(reading, data)),
                    daemon=True,
                ).start()

    def _note(self, reading, data):
        """Called before the server receives the data, so that a request is recorded when its answer arrives."""
        with self._lock:
            try:
                reading.feed(data)
            except Exception as error:  # pylint: disable=broad-except
                self._failure = error
            self._pipelines += reading.pipelines
            self._prepared += reading.prepared
            self.settings |= reading.settings
            reading.pipelines, reading.prepared = [], 0


def _copy(source, target, note):
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            if note:
                note(data)
            target.sendall(data)
    for one in (source, target):
        with contextlib.suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)
        one.close()
