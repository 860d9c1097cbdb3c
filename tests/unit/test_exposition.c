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
    mt_exposition_describe(&text, MT_EXPOSITION_TEXT, "requests_total", "counter", "All \"requests\".\nBy \\ status.");
    ck_assert_str_eq(mt_buffer_text(&text), "# HELP requests_total All \"requests\".\\nBy \\\\ status.\n"
                                            "# TYPE requests_total counter\n");
}
END_TEST

START_TEST(openmetrics_describes_the_family)
{
    setup();
    mt_exposition_describe(&text, MT_EXPOSITION_OPENMETRICS, "cpu_seconds_total", "counter", "A \"b\".\nC \\ d.");
    mt_exposition_describe(&text, MT_EXPOSITION_OPENMETRICS, "memory_bytes", "gauge", "Memory.");
    mt_exposition_describe(&text, MT_EXPOSITION_OPENMETRICS, "build_info", "info", "Build.");
    mt_exposition_describe(&text, MT_EXPOSITION_OPENMETRICS, "follows_total", "unknown", "Follows.");
    ck_assert_str_eq(mt_buffer_text(&text), "# TYPE cpu_seconds counter\n"
                                            "# UNIT cpu_seconds seconds\n"
                                            "# HELP cpu_seconds A \\\"b\\\".\\nC \\\\ d.\n"
                                            "# TYPE memory_bytes gauge\n"
                                            "# UNIT memory_bytes bytes\n"
                                            "# HELP memory_bytes Memory.\n"
                                            "# TYPE build info\n"
                                            "# HELP build Build.\n"
                                            "# TYPE follows_total unknown\n"
                                            "# HELP follows_total Follows.\n");
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
    const mt_exposition_histogram_t histogram = { bounds, 2, observations, 2000001, NULL, 1e-6 };
    mt_exposition_histogram(&text, MT_EXPOSITION_TEXT, "t_seconds", "m=\"GET\"", &histogram);
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
    const mt_exposition_histogram_t histogram = { bounds, 1, observations, 4, NULL, 1 };
    mt_exposition_histogram(&text, MT_EXPOSITION_TEXT, "users", "", &histogram);
    ck_assert_str_eq(mt_buffer_text(&text), "users_bucket{le=\"0\"} 7\nusers_bucket{le=\"+Inf\"} 8\n"
                                            "users_sum 4\nusers_count 8\n");
}
END_TEST

/* Only OpenMetrics has exemplars, and a decimal point in each bound. */
START_TEST(buckets_have_exemplars)
{
    static const apr_int64_t bounds[] = { 5000, 1000000, 10000000 };
    static const apr_uint64_t observations[] = { 2, 0, 1, 1 };
    static const mt_exemplar_t exemplars[] = {
        { APR_INT64_C(1772366400000009), 1, "AZaz09._~+/=-" },
        { 0, 0, "" },
        { APR_INT64_C(1772366401500000), 2500000, "b" },
        { 0, 0, "" },
    };
    const mt_exposition_histogram_t histogram = { bounds, 3, observations, 99, exemplars, 1e-6 };

    setup();
    mt_exposition_histogram(&text, MT_EXPOSITION_OPENMETRICS, "t", "m=\"GET\"", &histogram);
    mt_exposition_end(&text, MT_EXPOSITION_OPENMETRICS);
    ck_assert_str_eq(mt_buffer_text(&text),
                     "t_bucket{m=\"GET\",le=\"0.005\"} 2 # {request_id=\"AZaz09._~+/=-\"} 1e-06 1772366400.000009\n"
                     "t_bucket{m=\"GET\",le=\"1.0\"} 2\n"
                     "t_bucket{m=\"GET\",le=\"10.0\"} 3 # {request_id=\"b\"} 2.5 1772366401.500000\n"
                     "t_bucket{m=\"GET\",le=\"+Inf\"} 4\n"
                     "t_sum{m=\"GET\"} 9.9e-05\n"
                     "t_count{m=\"GET\"} 4\n"
                     "# EOF\n");
    setup();
    mt_exposition_histogram(&text, MT_EXPOSITION_TEXT, "t", "", &histogram);
    mt_exposition_end(&text, MT_EXPOSITION_TEXT);
    ck_assert_str_eq(mt_buffer_text(&text), "t_bucket{le=\"0.005\"} 2\nt_bucket{le=\"1\"} 2\nt_bucket{le=\"10\"} 3\n"
                                            "t_bucket{le=\"+Inf\"} 4\nt_sum 9.9e-05\nt_count 4\n");
}
END_TEST

static const char *const openmetrics[] = {
    "application/openmetrics-text",
    "application/openmetrics-text;q=0.1",
    "application/openmetrics-text; version=1.0.0; charset=utf-8",
    "text/plain, application/openmetrics-text",
    "*/*, application/openmetrics-text",
    /* Prometheus 2.42 and 2.53, and 3 */
    "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
    "text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
    "application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,"
    "text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;"
    "q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
};

static const char *const plain[] = {
    NULL,
    "",
    "*/*",
    "application/*",
    "text/plain",
    "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "text/plain;version=0.0.4;q=1,*/*;q=0.1",
    "application/openmetrics-text;q=0",
    "application/openmetrics-text;version=2.0.0",
    "application/openmetrics-text;version=0.0.1",
    "application/openmetrics-text;q=0.4, text/plain;q=0.5",
    "application/openmetrics-text;q=0.4, text/*",
    "application/openmetrics-text;q=0.4, */*;q=0.5",
    "application/openmetrics-text;q=x",
};

START_TEST(chooses_openmetrics)
{
    ck_assert_msg(mt_exposition_choose(openmetrics[_i]) == MT_EXPOSITION_OPENMETRICS, "%s", openmetrics[_i]);
}
END_TEST

START_TEST(chooses_the_text_format)
{
    ck_assert_msg(mt_exposition_choose(plain[_i]) == MT_EXPOSITION_TEXT, "%s", plain[_i]);
}
END_TEST

Suite *test_exposition_suite(void)
{
    Suite *suite = suite_create("exposition");
    TCase *tests = test_support_case(suite, "exposition");

    tcase_add_test(tests, describe_writes_help_and_type);
    tcase_add_test(tests, openmetrics_describes_the_family);
    tcase_add_test(tests, labels_are_escaped_and_separated);
    tcase_add_test(tests, samples_without_labels_have_no_braces);
    tcase_add_test(tests, numbers_keep_microseconds_over_years);
    tcase_add_test(tests, histogram_accumulates_its_buckets);
    tcase_add_test(tests, histogram_needs_no_labels);
    tcase_add_test(tests, buckets_have_exemplars);
    tcase_add_loop_test(tests, chooses_openmetrics, 0, sizeof(openmetrics) / sizeof(openmetrics[0]));
    tcase_add_loop_test(tests, chooses_the_text_format, 0, sizeof(plain) / sizeof(plain[0]));
    return suite;
}
