/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/exposition.h"
#include "suites.h"
#include "support.h"

static mt_buffer_t text;

static void setup(void)
{
    mt_buffer_init(&text, test_pool, 0);
}

START_TEST(describe_writes_help_and_type)
{
    setup();
    mt_exposition_describe(&text, "requests_total", "counter", "All \"requests\".\nBy \\ status.");
    ck_assert_str_eq(mt_buffer_text(&text), "# HELP requests_total All \"requests\".\\nBy \\\\ status.\n"
                                            "# TYPE requests_total counter\n");
}
END_TEST

START_TEST(labels_are_escaped_and_separated)
{
    setup();
    mt_exposition_label(&text, "route", "/<username>");
    mt_exposition_label(&text, "odd", "a\"b\\c\nd");
    ck_assert_str_eq(mt_buffer_text(&text), "route=\"/<username>\",odd=\"a\\\"b\\\\c\\nd\"");
}
END_TEST

START_TEST(samples_without_labels_have_no_braces)
{
    setup();
    mt_exposition_integer(&text, "a_total", "", "", 0);
    mt_exposition_integer(&text, "a_total", "", "x=\"1\"", APR_INT64_MAX);
    mt_exposition_integer(&text, "a", "", "", APR_INT64_MIN);
    ck_assert_str_eq(mt_buffer_text(&text), "a_total 0\n"
                                            "a_total{x=\"1\"} 9223372036854775807\n"
                                            "a -9223372036854775808\n");
}
END_TEST

START_TEST(numbers_keep_microseconds_over_years)
{
    setup();
    mt_exposition_number(&text, "a", "", "", 0);
    mt_exposition_number(&text, "a", "", "", 0.000001);
    mt_exposition_number(&text, "a", "", "", 0.3);
    mt_exposition_number(&text, "a", "", "", 123456789.123456);
    mt_exposition_number(&text, "a", "", "", 1e21);
    ck_assert_str_eq(mt_buffer_text(&text), "a 0\na 1e-06\na 0.3\na 123456789.123456\na 1e+21\n");
}
END_TEST

START_TEST(histogram_accumulates_its_buckets)
{
    static const apr_int64_t bounds[] = { 5000, 300000 };
    static const apr_uint64_t observations[] = { 2, 0, 1 };

    setup();
    mt_exposition_histogram(&text, "t_seconds", "m=\"GET\"", bounds, 2, observations, 2000001, 1e-6);
    ck_assert_str_eq(mt_buffer_text(&text), "t_seconds_bucket{m=\"GET\",le=\"0.005\"} 2\n"
                                            "t_seconds_bucket{m=\"GET\",le=\"0.3\"} 2\n"
                                            "t_seconds_bucket{m=\"GET\",le=\"+Inf\"} 3\n"
                                            "t_seconds_sum{m=\"GET\"} 2.000001\n"
                                            "t_seconds_count{m=\"GET\"} 3\n");
}
END_TEST

START_TEST(histogram_needs_no_labels)
{
    static const apr_int64_t bounds[] = { 0 };
    static const apr_uint64_t observations[] = { 7, 1 };

    setup();
    mt_exposition_histogram(&text, "users", "", bounds, 1, observations, 4, 1);
    ck_assert_str_eq(mt_buffer_text(&text), "users_bucket{le=\"0\"} 7\nusers_bucket{le=\"+Inf\"} 8\n"
                                            "users_sum 4\nusers_count 8\n");
}
END_TEST

Suite *test_exposition_suite(void)
{
    Suite *suite = suite_create("exposition");
    TCase *tests = test_support_case(suite, "exposition");

    tcase_add_test(tests, describe_writes_help_and_type);
    tcase_add_test(tests, labels_are_escaped_and_separated);
    tcase_add_test(tests, samples_without_labels_have_no_braces);
    tcase_add_test(tests, numbers_keep_microseconds_over_years);
    tcase_add_test(tests, histogram_accumulates_its_buckets);
    tcase_add_test(tests, histogram_needs_no_labels);
    return suite;
}
