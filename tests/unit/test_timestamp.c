/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/timestamp.h"
#include "suites.h"
#include "support.h"

#include <string.h>
#include <time.h>

static const struct {
    apr_int64_t seconds;
    const char *text;
} times[] = {
    { 0, "1970-01-01 @ 00:00" },
    { 59, "1970-01-01 @ 00:00" },
    { 60, "1970-01-01 @ 00:01" },
    { 86399, "1970-01-01 @ 23:59" },
    { -1, "1969-12-31 @ 23:59" },
    { -86400, "1969-12-31 @ 00:00" },
    { 951782400, "2000-02-29 @ 00:00" },
    { 1233065594, "2009-01-27 @ 14:13" },
    { 4107542400, "2100-03-01 @ 00:00" },
    { APR_INT64_C(2147483648), "2038-01-19 @ 03:14" },
    { APR_INT64_C(253402300799), "9999-12-31 @ 23:59" },
    { APR_INT64_C(253402300800), "10000-01-01 @ 00:00" },
    { APR_INT64_C(9224318015999), "294276-12-31 @ 23:59" }, /* the last one in PostgreSQL */
    { APR_INT64_C(-62135596800), "0001-01-01 @ 00:00" },
    { APR_INT64_C(-62167219200), "0000-01-01 @ 00:00" },
    { APR_INT64_MAX, "292277026596-12-04 @ 15:30" },
    { APR_INT64_C(-62167219201), "-001-12-31 @ 23:59" },
    { APR_INT64_MIN, "-292277022657-01-27 @ 08:29" },
};

START_TEST(writes_utc)
{
    char text[MT_TIMESTAMP_SIZE];

    ck_assert_ptr_eq(mt_timestamp_format(text, times[_i].seconds), text);
    ck_assert_str_eq(text, times[_i].text);
}
END_TEST

static const struct {
    apr_int64_t seconds;
    const char *text;
} months[] = {
    { 0, "January 1970" },
    { -1, "December 1969" },
    { 951782400, "February 2000" },
    { 1796040000, "November 2026" },
    { APR_INT64_C(-62135596800), "January 1" },
    { APR_INT64_MAX, "December 292277026596" },
    { APR_INT64_MIN, "January -292277022657" },
};

START_TEST(writes_the_month)
{
    char text[MT_TIMESTAMP_SIZE];

    ck_assert_ptr_eq(mt_timestamp_format_month(text, months[_i].seconds), text);
    ck_assert_str_eq(text, months[_i].text);
}
END_TEST

static const struct {
    apr_int64_t seconds;
    const char *text;
} times_with_seconds[] = {
    { 0, "1970-01-01 00:00:00" },
    { -1, "1969-12-31 23:59:59" },
    { 1575201600, "2019-12-01 12:00:00" },
    { 951868799, "2000-02-29 23:59:59" },
    { APR_INT64_C(253402300800), "10000-01-01 00:00:00" },
    { APR_INT64_MAX, "292277026596-12-04 15:30:07" },
    { APR_INT64_MIN, "-292277022657-01-27 08:29:52" },
};

START_TEST(writes_utc_with_seconds)
{
    char text[MT_TIMESTAMP_SIZE];

    ck_assert_ptr_eq(mt_timestamp_format_seconds(text, times_with_seconds[_i].seconds), text);
    ck_assert_str_eq(text, times_with_seconds[_i].text);
}
END_TEST

static const struct {
    apr_int64_t seconds;
    const char *text;
} machine_times[] = {
    { 59, "1970-01-01T00:00Z" },
    { 1233065594, "2009-01-27T14:13Z" },
    { APR_INT64_C(253402300800), "10000-01-01T00:00Z" },
};

START_TEST(writes_utc_for_machines)
{
    char text[MT_TIMESTAMP_SIZE];

    ck_assert_ptr_eq(mt_timestamp_format_machine(text, machine_times[_i].seconds), text);
    ck_assert_str_eq(text, machine_times[_i].text);
}
END_TEST

static const struct {
    apr_time_t time;
    const char *text;
} instants[] = {
    { 0, "1970-01-01T00:00:00.000000Z" },
    { 1, "1970-01-01T00:00:00.000001Z" },
    { -1, "1969-12-31T23:59:59.999999Z" },
    { APR_INT64_C(951782400000000), "2000-02-29T00:00:00.000000Z" },
    { APR_INT64_C(1233065594120034), "2009-01-27T14:13:14.120034Z" },
    { APR_INT64_C(253402300799999999), "9999-12-31T23:59:59.999999Z" },
    { APR_INT64_C(-62167219200000000), "0000-01-01T00:00:00.000000Z" },
    { APR_INT64_MAX, "294247-01-10T04:00:54.775807Z" },
};

START_TEST(writes_rfc3339)
{
    char text[MT_TIMESTAMP_SIZE];

    ck_assert_ptr_eq(mt_timestamp_format_rfc3339(text, instants[_i].time), text);
    ck_assert_str_eq(text, instants[_i].text);
}
END_TEST

/* Compares with the C library each day of more than 400 years, after which the calendar repeats. An assertion that
 * holds costs Check a system call, too many for this loop. */
START_TEST(agrees_with_the_c_library)
{
    for (time_t day = -150000; day < 150000; day++) {
        char text[MT_TIMESTAMP_SIZE];
        char expected[32];
        time_t seconds = day * 86400 + (day & 0xffff);
        struct tm parts;

        strftime(expected, sizeof(expected), "%FT%T.000000Z", gmtime_r(&seconds, &parts));
        if (strcmp(mt_timestamp_format_rfc3339(text, apr_time_from_sec(seconds)), expected) != 0)
            ck_abort_msg("%s instead of %s", text, expected);
    }
}
END_TEST

Suite *test_timestamp_suite(void)
{
    Suite *suite = suite_create("timestamp");
    TCase *tests = test_support_case(suite, "timestamp");

    tcase_add_loop_test(tests, writes_utc, 0, sizeof(times) / sizeof(times[0]));
    tcase_add_loop_test(tests, writes_the_month, 0, sizeof(months) / sizeof(months[0]));
    tcase_add_loop_test(tests, writes_utc_with_seconds, 0, sizeof(times_with_seconds) / sizeof(times_with_seconds[0]));
    tcase_add_loop_test(tests, writes_utc_for_machines, 0, sizeof(machine_times) / sizeof(machine_times[0]));
    tcase_add_loop_test(tests, writes_rfc3339, 0, sizeof(instants) / sizeof(instants[0]));
    tcase_add_test(tests, agrees_with_the_c_library);
    return suite;
}
