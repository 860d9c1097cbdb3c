# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""minitwitctl import: dates and flags in the forms of other programs."""

import pytest

from support.original import counts_of, import_from, messages_of, people_of, problems_of, refused

WHEN = 1740663960  # 2025-02-27 13:46:00 UTC


def _dated(source, *dates):
    people_of(source, "alice").messages(*[(i, 1, "text", date, 0) for i, date in enumerate(dates, 1)])


def _dates_of(database):
    return [row[3] for row in messages_of(database)]


@pytest.mark.parametrize(
    ("dates", "expected"),
    [
        # In each source, the dates agree on one unit.
        ([WHEN, WHEN + 0.25], [0, 0.25]),
        ([WHEN * 1000, WHEN * 1000 + 250], [0, 0.25]),
        ([WHEN * 10**6, WHEN * 10**6 + 250000], [0, 0.25]),
        ([WHEN * 10**9, WHEN * 10**9 + 250 * 10**6], [0, 0.25]),
        (["2025-02-27 13:46:00", "2025-02-27T13:46:00Z", "2025-02-27T14:46:00.5+01:00"], [0, 0, 0.5]),
        (["2025-02-27 14:46:00.123456 +0100 CET m=+24.8"], [0.123456]),
        (["Thu, 27 Feb 2025 13:46:00 +0000", "Thu Feb 27 2025 14:46:00 GMT+0100 (CET)", WHEN], [0, 0, 0]),
        # One date shows the order of all.
        (["27/02/2025 13:46", "02/03/2025 13:46"], [0, 3 * 86400]),
        (["2/27/2025, 1:46:00 PM", "03/02/2025 13:46"], [0, 3 * 86400]),
    ],
)  # fmt: skip
def test_dates_with_one_meaning(database, loose, dates, expected):
    _dated(loose, *dates)
    assert not problems_of(counts_of(database, loose))
    assert _dates_of(database) == [pytest.approx(WHEN + each, abs=1e-6) for each in expected]


@pytest.mark.parametrize(
    ("dates", "reason", "arguments", "expected"),
    [
        (["02/03/2025"], '1 message has a date with two meanings: "02/03/2025" in message 1', ["--dates", "day-first"], [WHEN // 86400 * 86400 + 3 * 86400]),
        (["02/03/2025"], "--dates day-first or --dates month-first", ["--dates", "month-first"], [1738540800]),
        (["02/03/2025", "27/02/2025", "02/27/2025"], "with two meanings", ["--dates", "day-first"], [1740873600, 1740614400, 1740614400]),
        ([WHEN, WHEN * 1000], "that looks like milliseconds: 1740663960000 in message 2", ["--dates", "milliseconds"], [WHEN / 1000, WHEN]),
        ([WHEN, "yesterday", None, ""], '3 messages have a date that cannot be read: "yesterday" in message 2, NULL in message 3', ["--undated", "2020-12-31"], [WHEN, 1609372800, 1609372800, 1609372800]),
        ([WHEN, "yesterday"], "--undated DATE", ["--undated", "omit"], [WHEN]),
        ([WHEN, 20250227], "years 2000 to 2099", ["--dates", "seconds"], [WHEN, 20250227]),
        ([2460734.07], "cannot be read", ["--undated", "1970-01-01"], [0]),
        ([WHEN * 1000, 0], "0 in message 2", ["--dates", "milliseconds"], [WHEN, 0]),
        (["27/02/25", "02/03/2025"], "27/02/25", ["--undated", "omit", "--dates", "day-first"], [1740873600]),
    ],
)  # fmt: skip
def test_dates_with_no_or_two_meanings(database, loose, dates, reason, arguments, expected):
    """The import writes nothing until an option decides."""
    _dated(loose, *dates)
    with database.unchanged():
        for more in ([], ["--dry-run"]):
            result = import_from(database, loose, *more)
            refused(result, reason, "Nothing was imported")
            assert ('pub_date    "pub_date"' in result.stdout) == bool(more)
    assert import_from(database, loose, *arguments).returncode == 0
    assert _dates_of(database) == expected


def test_wrong_options(database, original):
    _dated(original, WHEN)
    with database.unchanged():
        for option, value in (("--dates", "days"), ("--undated", "02/03/2025"), ("--undated", "never")):
            result = import_from(database, original, option, value)
            assert result.returncode == 2 and value in result.stdout
        assert import_from(database, original, "--schema", "public").returncode == 2


def test_a_second_run_repairs_dates(database, original):
    """An earlier version imported dates that it could not read as 1970-01-01. Other differences stay conflicts."""
    _dated(original, "2025-02-27 13:46:00", "2025-02-27 13:47:00")
    assert import_from(database, original).returncode == 0
    database.sql("UPDATE messages SET pub_date = 'epoch'")
    counts = counts_of(database, original)
    assert counts["messages"] == {"read": 2, "added": 0, "present": 2}
    assert problems_of(counts) == {"date_repaired": 2}
    assert _dates_of(database) == [WHEN, WHEN + 60]
    assert database.audit()[-1] == (
        "import", "", {"users": 0, "messages": 0, "follows": 0, "dates": 2, "finished": True},
    )  # fmt: skip
    database.sql("UPDATE messages SET pub_date = 'epoch', text = 'other' WHERE id = 2")
    with database.unchanged():
        refused(import_from(database, original), "conflict")


def test_flags(database, loose):
    """A message without a flag is not hidden. A message with an unknown flag is hidden and reported."""
    flags = [0, 1, None, "", 0.0, 2, "0", "1", "f", "t", "false", "TRUE", "no", "yes", b"\0", b"\1", "perhaps"]
    people_of(loose, "alice").messages(*[(i, 1, "text", WHEN, flag) for i, flag in enumerate(flags, 1)])
    counts = counts_of(database, loose)
    assert problems_of(counts) == {"flag_missing": 2, "flag_unknown": 1}
    hidden = [flag for flag, row in zip(flags, messages_of(database), strict=True) if row[4]]
    assert hidden == [1, 2, "1", "t", "TRUE", "yes", b"\1", "perhaps"]
