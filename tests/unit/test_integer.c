/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/integer.h"
#include "suites.h"
#include "support.h"

static const struct {
    const char *text;
    apr_int64_t value;
} integers[] = {
    { "0", 0 },
    { "-0", 0 },
    { "+7", 7 },
    { "007", 7 },
    { " \t\n\v\f\r42 \t\n\v\f\r", 42 },
    { "-1", -1 },
    { "9223372036854775807", APR_INT64_MAX },
    { "-9223372036854775808", APR_INT64_MIN },
    { "000000000000000000000000000000001", 1 },
};

static const char *const others[] = {
    NULL,
    "",
    " ",
    "+",
    "-",
    "--1",
    "+-1",
    "- 1",
    "1 2",
    "1.0",
    "1e3",
    "0x10",
    "1_000",
    "abc",
    "12a",
    "a12",
    "1,000",
    "\xc2\xa0"
    "1",
    "\xd9\xa1",
    "9223372036854775808",
    "-9223372036854775809",
    "18446744073709551617",
    "99999999999999999999999999",
};

START_TEST(reads_an_integer)
{
    apr_int64_t value = 99;

    ck_assert_msg(mt_integer_parse(integers[_i].text, &value), "'%s'", integers[_i].text);
    ck_assert_int_eq(value, integers[_i].value);
}
END_TEST

START_TEST(refuses_other_texts_and_keeps_the_value)
{
    apr_int64_t value = 99;

    ck_assert_msg(!mt_integer_parse(others[_i], &value), "'%s'", others[_i]);
    ck_assert_int_eq(value, 99);
}
END_TEST

static const struct {
    const char *text;
    apr_int64_t value;
} clamped[] = {
    { "12", 12 },
    { "9223372036854775807", APR_INT64_MAX },
    { "9223372036854775808", APR_INT64_MAX },
    { "99999999999999999999999999", APR_INT64_MAX },
    { "-9223372036854775809", APR_INT64_MIN },
    { " -99999999999999999999999999 ", APR_INT64_MIN },
};

START_TEST(clamps_integers_out_of_range)
{
    apr_int64_t value = 99;

    ck_assert_msg(mt_integer_parse_clamped(clamped[_i].text, &value), "'%s'", clamped[_i].text);
    ck_assert_int_eq(value, clamped[_i].value);
}
END_TEST

START_TEST(does_not_clamp_other_texts)
{
    apr_int64_t value = 99;

    ck_assert(!mt_integer_parse_clamped("99999999999999999999x", &value));
    ck_assert(!mt_integer_parse_clamped("", &value));
    ck_assert(!mt_integer_parse_clamped(NULL, &value));
    ck_assert_int_eq(value, 99);
}
END_TEST

static const struct {
    apr_int64_t count;
    apr_int64_t max;
    const char *text;
} counts[] = {
    { 0, 9999, "0" },
    { 7, 9999, "7" },
    { 999, 9999, "999" },
    { 1000, 9999, "1,000" },
    { 9999, 9999, "9,999" },
    { 10000, 9999, "9,999+" },
    { 10001, 9999, "9,999+" },
    { 100, 99, "99+" },
    { 1, 0, "0+" },
    { 1234567, 10000000, "1,234,567" },
    { APR_INT64_MAX, APR_INT64_MAX, "9,223,372,036,854,775,807" },
    { APR_INT64_MAX, APR_INT64_MAX - 1, "9,223,372,036,854,775,806+" },
};

START_TEST(formats_a_count)
{
    ck_assert_str_eq(mt_integer_format_count(test_pool, counts[_i].count, counts[_i].max), counts[_i].text);
}
END_TEST

Suite *test_integer_suite(void)
{
    Suite *suite = suite_create("integer");
    TCase *tests = test_support_case(suite, "integer");

    tcase_add_loop_test(tests, reads_an_integer, 0, sizeof(integers) / sizeof(integers[0]));
    tcase_add_loop_test(tests, refuses_other_texts_and_keeps_the_value, 0, sizeof(others) / sizeof(others[0]));
    tcase_add_loop_test(tests, clamps_integers_out_of_range, 0, sizeof(clamped) / sizeof(clamped[0]));
    tcase_add_test(tests, does_not_clamp_other_texts);
    tcase_add_loop_test(tests, formats_a_count, 0, sizeof(counts) / sizeof(counts[0]));
    return suite;
}
