# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""What the command line says."""

import argparse
import dataclasses
import fnmatch
import os
import pathlib

SIZE_OF_LIMITS = 1_000_000  # messages, if there is a site of that size

# With --quick: one of each kind.
QUICK = [
    "public", "home-*", "msgs-user", "post-*", "register", "mix", "public-posting", "growth-public", "growth-home-200-silent",
    "growth-post-msgs", "idle",
]  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Load:
    """What wrk and pgbench are told."""

    connections: int
    threads: int


def _positive(text):
    number = int(text.replace("_", "").replace(",", ""))
    if number < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number


def _numbers(text):
    """Ascending, each once."""
    return sorted({_positive(part) for part in text.split(",")})


def parse(description, arguments=None):
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--quick", action="store_true", help="a minute's run on tiny sites, to see that all works; its figures mean nothing"
    )
    parser.add_argument("--only", nargs="+", metavar="NAME", help="measure only these; * stands for anything; see --list")
    parser.add_argument("--list", action="store_true", help="list the names, and end")
    parser.add_argument("--rounds", type=_positive, help="so many rounds, of which medians are taken (5)")
    parser.add_argument("--seconds", type=_positive, help="so long is each measurement in each round (3)")
    parser.add_argument("--sizes", type=_numbers, help="messages of the sites (10000,1000000,10000000)")
    parser.add_argument("--followees", type=_numbers, help="whom readers of home timelines follow (20,1000,10000)")
    parser.add_argument("--connections", type=_positive, default=16, help="of wrk, and clients of pgbench (%(default)s)")
    parser.add_argument("--idle", type=_positive, help="connections that are only kept open (1000)")
    parser.add_argument("--fsync", choices=("on", "off"), default="on", help="of PostgreSQL, for all alike (%(default)s)")
    parser.add_argument(
        "--against", type=pathlib.Path, metavar="MODULE", help="mod_minitwit.so of another build, measured side by side with ours"
    )
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE", help="write everything that was found")
    parser.add_argument("--svg", type=pathlib.Path, metavar="FILE", help="draw it")
    parser.add_argument("--compare", type=pathlib.Path, metavar="FILE", help="compare with the JSON of an earlier run")
    parser.add_argument("--read", type=pathlib.Path, metavar="FILE", help="measure nothing: take the JSON of an earlier run")
    options = parser.parse_args(arguments)
    if options.against and not options.against.is_file():
        parser.error(f"--against: there is no module {options.against}")
    _fill_in(options)
    return options


def _fill_in(options):
    presets = {
        False: {"rounds": 5, "seconds": 3, "sizes": [10_000, 1_000_000, 10_000_000], "followees": [20, 1000, 10_000], "idle": 1000},
        True: {"rounds": 1, "seconds": 1, "sizes": [2000, 4000], "followees": [20, 200], "idle": 50},
    }[options.quick]
    for name, value in presets.items():
        if getattr(options, name) is None:
            setattr(options, name, value)
    if options.quick and options.only is None:
        options.only = QUICK
    # A round is little without connections that are warm.
    options.warm_up = not options.quick
    options.load = Load(options.connections, max(1, min(os.cpu_count(), options.connections)))


def size_of_limits(sizes):
    """Where the requests are held against their limits."""
    return max([size for size in sizes if size <= SIZE_OF_LIMITS] or [sizes[0]])


def select(names, patterns):
    """Those that a pattern fits, in their order; all without patterns. Raises ValueError for a pattern that fits none."""
    if patterns is None:
        return list(names)
    for pattern in patterns:
        if not fnmatch.filter(names, pattern):
            raise ValueError(f"nothing is named {pattern}; the names are: {', '.join(names)}")
    return [name for name in names if any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)]
