# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""scripts/rotate: it limits the size of logs, and a restart loses no lines."""

import contextlib
import os
import re
import socket
import subprocess
import time

import pytest

from support import accesslog, installation, sockets

ROTATE = installation.SOURCE / "scripts" / "rotate"
STAMP = r"\.\d{8}-\d{6}"
# rotatelogs reads up to so many bytes at once.
READ = 65536


@pytest.fixture
def folder(tmp_path):
    """A folder with a blank and a pattern in its name."""
    folder = tmp_path / "a [b] *c"
    folder.mkdir()
    return folder


def log_files(folder, log="site.log"):
    """The files of a log, sorted by name and therefore by time."""
    return sorted(file for file in folder.iterdir() if re.fullmatch(re.escape(log) + STAMP, file.name))


def opened(folder, number, old=None, log="site.log", size=1 << 20, count=5):
    """Opens a file and runs the program, as rotatelogs does."""
    new = folder / f"{log}.20260101-{number:06d}"
    new.touch()
    environment = os.environ | {"MINITWIT_ROTATE_SIZE": str(size), "MINITWIT_ROTATE_COUNT": str(count)}
    arguments = [new] if old is None else [new, old]
    return new, subprocess.Popen([ROTATE, *arguments], env=environment, stdin=subprocess.DEVNULL)


def close(new, program, number, length):
    """Gives a file its length and time, and waits for the program."""
    assert program.wait() == 0
    os.truncate(new, length)
    os.utime(new, (number, number))


def test_the_folder_is_made(tmp_path):
    """Only root may enter the new folder. A folder without a parent is refused, because its path may be wrong."""
    for folder, status in ((tmp_path / "logs", 0), (tmp_path / "wrong" / "logs", 2)):
        ran = subprocess.run([ROTATE, folder / "site.log", "20M", "5"], input=b"line\n", capture_output=True)
        assert ran.returncode == status, ran.stderr
    assert (tmp_path / "logs").stat().st_mode & 0o777 == 0o750
    installation.wait_until(lambda: (tmp_path / "logs" / "site.log").read_bytes() == b"line\n", "the line")
    assert b"could not make the folder of" in ran.stderr
    assert not (tmp_path / "wrong").exists()


def test_many_rotations(folder):
    """The newest files stay within the limit, and files of other names stay as they are."""
    others = {
        "site.log.1", "site.log.20260101-0000000", "site.log.20260101-000000.gz", "site.log.20260101-00000x",
        "xsite.log.20260101-000000", "site.logs.20260101-000000", "site log.20260101-000000",
    }  # fmt: skip
    for name in others:
        (folder / name).write_text("x")
    (folder / "site.log.20250101-000000").mkdir()
    full = (1 << 20) + READ
    old = None
    for number in range(1, 11):
        new, program = opened(folder, number, old)
        close(new, program, number, full)
        assert os.readlink(folder / "site.log") == new.name
        files = [file for file in log_files(folder) if file.is_file()]
        assert [file.name[-6:] for file in files] == [f"{one:06d}" for one in range(max(1, number - 4), number + 1)]
        old = new
    assert others <= {file.name for file in folder.iterdir()}
    assert (folder / "site.log.20250101-000000").is_dir()
    assert not [file for file in folder.iterdir() if file.name.startswith(".")]


def test_an_echo_of_the_log_to_standard_output(folder):
    lines = b"".join(b"line %d\n" % number for number in range(1000))
    for echo, said in (({}, b""), ({"MINITWIT_ROTATE_ECHO": "yes"}, lines)):
        done = subprocess.run(
            [ROTATE, folder / "site.log", "1M", "5"], env=os.environ | echo, input=lines, stdout=subprocess.PIPE, check=True
        )
        assert done.stdout == said
        assert (folder / "site.log").read_bytes().endswith(lines)


def test_small_files_of_many_restarts_stay(folder):
    """There is a limit for their number as well."""
    for number in range(1, 11):
        new, program = opened(folder, number)
        close(new, program, number, 300)
    assert len(log_files(folder)) == 10
    # A file counts as at least a 256th of the size and of the 64 KiB that rotatelogs reads at once.
    for number in range(1, 1200):
        (folder / f"many.log.20260101-{number:06d}").write_text("x")
        os.utime(folder / f"many.log.20260101-{number:06d}", (number, number))
    new, program = opened(folder, 1200, log="many.log", size=READ, count=2)
    close(new, program, 1200, 1)
    kept = log_files(folder, "many.log")
    assert len(kept) <= 2 * 256 + 1 and kept[-1] == new and kept[0].name > "many.log.20260101-000680"
    assert len(log_files(folder)) == 10, "files of another log were deleted"


def test_two_generations_at_once(folder):
    """Both delete old files, but never the newest file of the other."""
    full = (1 << 20) + READ
    for number in range(1, 21, 2):
        both = [opened(folder, number), opened(folder, number + 1)]
        for offset, (new, program) in enumerate(both):
            close(new, program, number + offset, full)
        files = log_files(folder)
        assert {new for new, _ in both} <= set(files)
        assert len(files) <= 6, "five, and one for the second writer"
        assert os.readlink(folder / "site.log") in {new.name for new, _ in both}


def test_the_same_file_again(folder):
    """rotatelogs runs the program with the same name several times in a second."""
    new, program = opened(folder, 1)
    assert program.wait() == 0
    (folder / "site.log").unlink()
    assert opened(folder, 1, old=new)[1].wait() == 0
    assert not (folder / "site.log").is_symlink()


def test_wrong_arguments():
    for arguments in (
        (), ("/tmp/x",), ("/tmp/x", "20M"), ("x", "20M", "5"), ("/tmp/%x", "20M", "5"), ("/tmp/x", "20", "5"),
        ("/tmp/x", "M", "5"), ("/tmp/x", "0M", "5"), ("/tmp/x", "2x0M", "5"), ("/tmp/x", "20M", "1"),
        ("/tmp/x", "20M", "x"), ("/tmp/x", "20M", "5", "6"),
    ):  # fmt: skip
        done = subprocess.run([ROTATE, *arguments], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False)
        assert done.returncode == 2 and done.stderr.startswith("rotate: ")


def test_a_file_with_the_name_of_the_link_is_renamed(folder):
    (folder / "site.log").write_text("before\n")
    subprocess.run([ROTATE, folder / "site.log", "1M", "5"], input="after\n", text=True, check=True)
    installation.wait_until((folder / "site.log").is_symlink, "the link")
    assert "".join(file.read_text() for file in log_files(folder)) == "before\nafter\n"


# ---- httpd -----------------------------------------------------------------------------------------------------------


def options_of_the_examples():
    text = (installation.SOURCE / "conf" / "minitwit-site.conf").read_text()
    return set(re.findall(r"\$\{MINITWIT_ROTATE\} \$\{MINITWIT_LOGS\}/[\w.]+ (\w+ \w+)\"", text))


@contextlib.contextmanager
def logging_site(make_httpd, size):
    httpd = make_httpd(start=False)
    folder = httpd.root / "logs of it"
    folder.mkdir()
    httpd.web += f"CustomLog \"|'{ROTATE}' '{folder}/access.log' {size} 5\" minitwit_json\n"
    httpd.web += f"ErrorLog \"|'{ROTATE}' '{folder}/error.log' {size} 5\"\nLogLevel debug\n"
    yield httpd.start(), folder


def visit(httpd, name):
    httpd.browser().get("/no/such/page", headers={"User-Agent": name})


def visitors(folder):
    """The user agents in the log, in the order of the files."""
    lines = [line for file in log_files(folder, "access.log") for line in file.read_bytes().splitlines()]
    return [accesslog.parse(line)["user_agent"] for line in lines]


def test_restarts_lose_nothing(make_httpd, database, expect_log):
    # After a graceful restart, httpd no longer recognizes the programs that it started for its logs.
    expect_log.allow("long lost child came home")
    assert options_of_the_examples() == {"20M 5"}
    with logging_site(make_httpd, "1K") as (httpd, folder):
        # Two full files, and the beginning of a third.
        for name in ("one" + "x" * 1500, "two" + "x" * 1500, "three"):
            visit(httpd, name)
            installation.wait_until(lambda: visitors(folder)[-1:] == [name], "the line")
            time.sleep(1.1)
        assert len(log_files(folder, "access.log")) == 3
        before = ["one", "two", "three"]
        for how in (httpd.graceful, restart(httpd), httpd.graceful, httpd.graceful):
            how()
            assert [name.rstrip("x") for name in visitors(folder)] == before
            name = f"after {len(before)}"
            visit(httpd, name)
            before.append(name)
            installation.wait_until(lambda: visitors(folder)[-1] == name, "the line")
            follows(folder, "access.log")
            time.sleep(1.1)
        follows(folder, "error.log")


def follows(folder, log):
    """Waits until the link points to the newest file."""
    installation.wait_until(lambda: (folder / log).resolve() == log_files(folder, log)[-1].resolve(), "the link")


def test_a_request_that_outlives_a_graceful_restart(make_httpd, database, expect_log):
    """The program of the old generation writes its line."""
    expect_log.allow("long lost child came home")
    with logging_site(make_httpd, "1M") as (httpd, folder):
        with socket.create_connection(("127.0.0.1", httpd.web_port), installation.PATIENCE) as connection:
            connection.sendall(b"GET /no/such/page HTTP/1.1\r\nHost: localhost\r\nUser-Agent: old\r\n")
            installation.wait_until(lambda: sockets.count_held(httpd.web_port) == 1, "a child to accept the connection")
            httpd.graceful()
            visit(httpd, "new")
            installation.wait_until(lambda: "new" in visitors(folder), "the line of the new generation")
            connection.sendall(b"Connection: close\r\n\r\n")
            while connection.recv(65536):
                pass
        # prefork aborts such a request, but logs it.
        installation.wait_until(lambda: len(visitors(folder)) == 2, "the line of the old generation")


def restart(httpd):
    def stop_and_start():
        httpd.stop()
        httpd.start()

    return stop_and_start


@pytest.mark.expect_log("AH00104: unable to start piped log program", "AH00015: Unable to open logs")
def test_httpd_does_not_start_without_the_program(make_httpd, database):
    """Otherwise a log without a limit could go unnoticed."""
    httpd = make_httpd(start=False)
    httpd.web += f'CustomLog "|/nowhere/rotate {httpd.root}/x.log 20M 5" minitwit_json\n'
    with pytest.raises(RuntimeError, match="httpd ended with 1"):
        httpd.start()
    httpd.process = None
