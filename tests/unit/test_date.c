/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/date.h"
#include "core/timestamp.h"
#include "suites.h"
#include "support.h"

#include <math.h>
#include <string.h>

#define WHEN  "2025-02-27T13:46:00.000000Z"
#define HOUR  "2025-02-27T12:46:00.000000Z"
#define EXACT "2025-02-27T12:46:00.123456Z"
#define DAY   "2025-02-27T00:00:00.000000Z"

static const struct {
    const char *text, *time;
} times[] = {
    { "2025-02-27 13:46:00", WHEN },
    { "2025-02-27 13:46", WHEN },
    { "2025-02-27 @ 13:46", WHEN },
    { "2025-02-27", DAY },
    { " 2025-02-27\n", DAY },
    { "2025-02-27T13:46:00", WHEN },
    { "2025-02-27T13:46:00Z", WHEN },
    { "2025-02-27T13:46:00+01:00", HOUR },
    { "2025-02-27T13:46:00+0100", HOUR },
    { "2025-02-27 13:46:00+01", HOUR },
    { "2025-02-27 13:46:00 +0100", HOUR },
    { "2025-02-27T08:16:00-04:30", HOUR },
    { "2025-02-27T13:46:00.123456+01:00", EXACT },
    { "2025-02-27T13:46:00.123456789+01:00", EXACT },
    { "2025-02-27T13:46:00,123456+01:00[Europe/Paris]", EXACT },
    { "2025-02-27T12:46:00.123456Z[UTC]", EXACT },
    { "2025-02-27T13:46:00.5Z", "2025-02-27T13:46:00.500000Z" },
    { "20250227T134600Z", WHEN },
    { "20250227T1346", WHEN },
    { "2025-02-27 13:46:00.123456 +0100 CET m=+24.8", EXACT },
    { "2025-02-27 12:46:00.123456 +0000 UTC m=-0.000012", EXACT },
    { "2025-02-27 13:46:00.123456 +0100 +0100", EXACT },
    { "2025-02-27 12:46:00 UTC", HOUR },
    { "2025/02/27 13:46:00", WHEN },
    { "Thu, 27 Feb 2025 13:46:00 +0100", HOUR },
    { "Thu, 27 Feb 2025 13:46:00 GMT", WHEN },
    { "27 Feb 2025 13:46:00 +0100 (CET)", HOUR },
    { "27 Feb 2025 08:46 PDT", "2025-02-27T15:46:00.000000Z" },
    { "Thu Feb 27 13:46:00 2025", WHEN },
    { "Thu Feb 27 13:46:00 CET 2025", HOUR },
    { "Thu Feb 27 2025 13:46:00 GMT+0100 (Central European Standard Time)", HOUR },
    { "February 27, 2025", DAY },
    { "Feb 27, 2025, 1:46 PM", WHEN },
    { "27-Feb-2025 13:46", WHEN },
    { "27/02/2025 13:46:00", WHEN },
    { "2/27/2025, 1:46:00 PM", WHEN },
    { "2/27/2025, 1:46:00\xe2\x80\xafPM", WHEN },
    { "2/27/2025 12:46:00 AM", "2025-02-27T00:46:00.000000Z" },
    { "27.2.2025", DAY },
    { "27-02-2025 13.46.00", WHEN },
    { "27.02.2025 13.46", WHEN },
    { "02/02/2025", "2025-02-02T00:00:00.000000Z" },
    { "2024-02-29 23:59:60", "2024-02-29T23:59:59.000000Z" },
    { "0001-01-01 00:00:00", "0001-01-01T00:00:00.000000Z" },
    { "9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999Z" },
    { "1969-12-31T23:59:59.9Z", "1969-12-31T23:59:59.900000Z" },
};

START_TEST(reads_forms_with_one_meaning)
{
    char text[MT_TIMESTAMP_SIZE];
    mt_date_t date;

    mt_date_parse(times[_i].text, strlen(times[_i].text), &date);
    ck_assert_int_eq(date.kind, MT_DATE_TIME);
    ck_assert_str_eq(mt_timestamp_format_rfc3339(text, date.time), times[_i].time);
}
END_TEST

static const char *const others[] = {
    "",
    " ",
    "yesterday",
    "now",
    "null",
    "2025",
    "2025-02",
    "2025-02-30",
    "2023-02-29",
    "2025-13-01",
    "2025-00-01",
    "2025-02-27 24:00:00",
    "2025-02-27 13:60:00",
    "2025-02-27 13:46:61",
    "2025-02-27 13",
    "2025-02-27 13:46:00 IST",
    "2025-02-27 13:46:00 CST",
    "2025-02-27 13:46:00 CET+0100",
    "2025-02-27 13:46:00 +0100 +0200",
    "2025-02-27 13:46:00 +2500",
    "2025-02-27 13:46:00 13:46:00",
    "2025-02-27 2025-02-28",
    "2025-02-27 0:46:00 PM",
    "0044-03-15 00:00:00+00 BC",
    "0000-01-01",
    "10000-01-01",
    "0001-01-01T00:00:00+01:00",
    "9999-12-31T23:59:59-01:00",
    "infinity",
    "13:46:00",
    "27/02/25",
    "02/03/04",
    "32/01/2025",
    "13/13/2025",
    "27 Feb",
    "Feb 2025",
    "2025-02-27 13:46:00 m=+",
    "2025-02-27x",
    "\xe2\x80",
    "1.5.5",
    "1e",
    "0x10",
};

/* 2025 is a number without a unit. */
START_TEST(reads_nothing_else)
{
    mt_date_t date;

    mt_date_parse(others[_i], strlen(others[_i]), &date);
    ck_assert_int_eq(date.kind, strcmp(others[_i], "2025") == 0 ? MT_DATE_NUMBER : MT_DATE_NONE);
}
END_TEST

START_TEST(reads_no_text_with_a_nul)
{
    mt_date_t date;

    mt_date_parse("2025-02-27\0", 11, &date);
    ck_assert_int_eq(date.kind, MT_DATE_NONE);
}
END_TEST

START_TEST(reads_both_orders)
{
    static const char *const texts[] = { "02/03/2025 13:46", "02.03.2025 13:46", "2-3-2025 1:46 PM" };
    mt_date_t date;

    for (int i = 0; i < 3; i++) {
        char text[MT_TIMESTAMP_SIZE];

        mt_date_parse(texts[i], strlen(texts[i]), &date);
        ck_assert_int_eq(date.kind, MT_DATE_TWO);
        ck_assert_int_eq(date.order, MT_DATE_NO_ORDER);
        ck_assert_str_eq(mt_timestamp_format_rfc3339(text, date.time), "2025-03-02T13:46:00.000000Z");
        ck_assert_str_eq(mt_timestamp_format_rfc3339(text, date.month_first), "2025-02-03T13:46:00.000000Z");
    }
    mt_date_parse("27/02/2025", 10, &date);
    ck_assert_int_eq(date.order, MT_DATE_DAY_FIRST);
    mt_date_parse("02/27/2025", 10, &date);
    ck_assert_int_eq(date.order, MT_DATE_MONTH_FIRST);
}
END_TEST

START_TEST(knows_whether_there_is_a_zone)
{
    mt_date_t date;

    mt_date_parse("2025-02-27 13:46:00", 19, &date);
    ck_assert(!date.has_zone);
    mt_date_parse("2025-02-27 13:46:00Z", 20, &date);
    ck_assert(date.has_zone);
}
END_TEST

#define MICROS APR_INT64_C(1740663960123456)

static const struct {
    const char *text;
    mt_date_unit_t unit;
    apr_time_t time; /* in this unit, or in seconds if it has none */
} numbers[] = {
    { "1740663960", MT_DATE_SECONDS, APR_INT64_C(1740663960000000) },
    { "1740663960.25", MT_DATE_SECONDS, APR_INT64_C(1740663960250000) },
    { "1.74066396e9", MT_DATE_SECONDS, APR_INT64_C(1740663960000000) },
    { "1740663960123", MT_DATE_MILLISECONDS, APR_INT64_C(1740663960123000) },
    { "1740663960123456", MT_DATE_MICROSECONDS, MICROS },
    { "1740663960123456789", MT_DATE_NANOSECONDS, MICROS },
    { "946684800", MT_DATE_SECONDS, APR_INT64_C(946684800000000) },
    { "946684799", MT_DATE_UNITS, APR_INT64_C(946684799000000) },
    { "4102444799", MT_DATE_SECONDS, APR_INT64_C(4102444799000000) },
    { "4102444800", MT_DATE_UNITS, APR_INT64_C(4102444800000000) },
    { "0", MT_DATE_UNITS, 0 },
    { "-1", MT_DATE_UNITS, -1000000 },
    { "20250227", MT_DATE_UNITS, APR_INT64_C(20250227000000) },
};

START_TEST(finds_the_unit_of_a_number)
{
    mt_date_t date;
    mt_date_unit_t unit = numbers[_i].unit;
    apr_time_t time;

    mt_date_parse(numbers[_i].text, strlen(numbers[_i].text), &date);
    ck_assert_int_eq(date.kind, MT_DATE_NUMBER);
    ck_assert_int_eq(mt_date_find_unit(&date), unit);
    ck_assert(mt_date_convert(&date, unit == MT_DATE_UNITS ? MT_DATE_SECONDS : unit, &time));
    ck_assert_int_eq(time, numbers[_i].time);
}
END_TEST

START_TEST(converts_only_times_that_the_site_can_store)
{
    mt_date_t date;
    apr_time_t time;

    mt_date_set_integer(&date, MT_DATE_SECONDS_MAX);
    ck_assert(mt_date_convert(&date, MT_DATE_SECONDS, &time));
    mt_date_set_integer(&date, MT_DATE_SECONDS_MAX + 1);
    ck_assert(!mt_date_convert(&date, MT_DATE_SECONDS, &time));
    ck_assert(mt_date_convert(&date, MT_DATE_MILLISECONDS, &time));
    mt_date_set_integer(&date, MT_DATE_SECONDS_MIN - 1);
    ck_assert(!mt_date_convert(&date, MT_DATE_SECONDS, &time));
    mt_date_set_integer(&date, -1);
    ck_assert(mt_date_convert(&date, MT_DATE_NANOSECONDS, &time));
    ck_assert_int_eq(time, -1);
    mt_date_set_real(&date, NAN);
    ck_assert_int_eq(date.kind, MT_DATE_NONE);
    mt_date_set_real(&date, INFINITY);
    ck_assert_int_eq(date.kind, MT_DATE_NONE);
}
END_TEST

Suite *test_date_suite(void)
{
    Suite *suite = suite_create("date");
    TCase *tests = test_support_case(suite, "date");

    tcase_add_loop_test(tests, reads_forms_with_one_meaning, 0, sizeof(times) / sizeof(times[0]));
    tcase_add_loop_test(tests, reads_nothing_else, 0, sizeof(others) / sizeof(others[0]));
    tcase_add_test(tests, reads_no_text_with_a_nul);
    tcase_add_test(tests, reads_both_orders);
    tcase_add_test(tests, knows_whether_there_is_a_zone);
    tcase_add_loop_test(tests, finds_the_unit_of_a_number, 0, sizeof(numbers) / sizeof(numbers[0]));
    tcase_add_test(tests, converts_only_times_that_the_site_can_store);
    return suite;
}
