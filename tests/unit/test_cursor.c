/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/cursor.h"
#include "suites.h"
#include "support.h"

static const struct {
    const char *text;
    mt_cursor_t cursor;
} cursors[] = {
    { "1764530123456789-42", { 1764530123456789, 42 } },
    { "0-0", { 0, 0 } },
    { "-1-7", { -1, 7 } },
    { "-62135596800000000-1", { -62135596800000000, 1 } },
    { "253402300799999999-9223372036854775806", { 253402300799999999, APR_INT64_MAX - 1 } },
};

static const char *const others[] = {
    NULL,
    "",
    "-",
    "--",
    "7",
    "-7",
    "7-",
    "7--1",
    "--7-1",
    "+7-1",
    "7-+1",
    " 7-1",
    "7 -1",
    "7- 1",
    "7-1 ",
    "7-1-1",
    "7.0-1",
    "0x7-1",
    "7-1a",
    "-62135596800000001-1",
    "253402300800000000-1",
    "99999999999999999999-1",
    "7-9223372036854775807",
    "7-99999999999999999999",
};

START_TEST(reads_what_it_writes)
{
    mt_cursor_t cursor = { 99, 99 };

    ck_assert_msg(mt_cursor_parse(cursors[_i].text, &cursor), "'%s'", cursors[_i].text);
    ck_assert_int_eq(mt_cursor_compare(&cursor, &cursors[_i].cursor), 0);
    ck_assert_str_eq(mt_cursor_format(test_pool, &cursor), cursors[_i].text);
}
END_TEST

START_TEST(refuses_other_texts_and_keeps_the_cursor)
{
    mt_cursor_t cursor = { 99, 98 };

    ck_assert_msg(!mt_cursor_parse(others[_i], &cursor), "'%s'", others[_i]);
    ck_assert_int_eq(cursor.pub_date, 99);
    ck_assert_int_eq(cursor.id, 98);
}
END_TEST

START_TEST(compares_dates_and_then_ids)
{
    static const mt_cursor_t sorted[] = { { -5, 9 }, { 3, 1 }, { 3, 2 }, { 4, 0 } };
    const int count = (int)(sizeof(sorted) / sizeof(sorted[0]));

    for (int i = 0; i < count; i++) {
        for (int j = 0; j < count; j++)
            ck_assert_int_eq(mt_cursor_compare(&sorted[i], &sorted[j]), (i > j) - (i < j));
    }
}
END_TEST

Suite *test_cursor_suite(void)
{
    Suite *suite = suite_create("cursor");
    TCase *tests = test_support_case(suite, "cursor");

    tcase_add_loop_test(tests, reads_what_it_writes, 0, sizeof(cursors) / sizeof(cursors[0]));
    tcase_add_loop_test(tests, refuses_other_texts_and_keeps_the_cursor, 0, sizeof(others) / sizeof(others[0]));
    tcase_add_test(tests, compares_dates_and_then_ids);
    return suite;
}
