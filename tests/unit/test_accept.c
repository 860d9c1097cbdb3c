/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/accept.h"
#include "suites.h"
#include "support.h"

#include <string.h>

typedef struct weighed_t {
    const char *accept;
    int weight;
    int is_named;
} weighed_t;

static const mt_accept_offer_t offer = { "text/plain", "0.0.4" };

static const weighed_t weighed[] = {
    { NULL, 1000, 0 },
    { "", 0, 0 },
    { " , ,", 0, 0 },
    { "text/plain", 1000, 1 },
    { "TEXT/Plain", 1000, 1 },
    { "text/plain;q=0.5", 500, 1 },
    { " text/plain\t; Q=0.125 ", 125, 1 },
    { "text/plain;q=0", 0, 1 },
    { "text/plain;version=0.0.4", 1000, 1 },
    { "text/plain; version=\"0.0.4\"; q=0.2", 200, 1 },
    { "text/plain;q=0.2;version=0.0.4", 200, 1 },
    { "text/plain;charset=utf-8;version=0.0.4;escaping=allow-utf-8;q=0.3", 300, 1 },
    { "text/plain;version=1.0.0", 0, 0 },
    { "text/plain;version=0.0.40", 0, 0 },
    { "text/plain;version=", 0, 0 },
    { "text/plain;version=\"", 0, 0 },
    { "*/*", 1000, 0 },
    { "text/*;q=0.4", 400, 0 },
    { "image/*, text/*;q=0.4", 400, 0 },
    { "*/*;version=0.0.4", 0, 0 },
    { "text/html, application/xml;q=0.9", 0, 0 },
    { "text/plainer, text/plai, text, text/, /plain, *, text/p*, plain", 0, 0 },
    /* The most specific range counts, wherever it is. */
    { "*/*, text/*;q=0.5, text/plain;q=0.25", 250, 1 },
    { "text/plain;q=0.25, text/*;q=0.5, */*", 250, 1 },
    { "text/plain;version=0.0.4;q=0, text/plain", 0, 1 },
    { "text/plain, text/plain;q=0.1;version=0.0.4", 100, 1 },
    { "text/plain;q=0.1, text/plain;q=0.3, text/plain;q=0.2", 300, 1 },
    { "*/*, text/plain;version=9;q=0", 1000, 0 },
    /* Malformed ranges do not count. */
    { "text/plain;q=", 0, 0 },
    { "text/plain;q=x", 0, 0 },
    { "text/plain;q=2", 0, 0 },
    { "text/plain;q=1.001", 0, 0 },
    { "text/plain;q=0.1234", 0, 0 },
    { "text/plain;q=-1, text/*;q=0.3", 300, 0 },
    /* Commas and semicolons in quotation marks end nothing. */
    { "a/b;c=\"d, text/plain\"", 0, 0 },
    { "a/b;c=\"d\\\", text/plain\", text/plain;q=0.7", 700, 1 },
    { "text/plain;c=\";q=0.2\"", 1000, 1 },
    { "text/plain;c=\"never closed;q=0.2", 1000, 1 },
    { "a/b;c=\"\\", 0, 0 },
};

START_TEST(weighs_an_offer)
{
    int is_named = -1;

    ck_assert_msg(mt_accept_weigh(weighed[_i].accept, &offer, &is_named) == weighed[_i].weight, "%s",
                  weighed[_i].accept);
    ck_assert_msg(is_named == weighed[_i].is_named, "%s", weighed[_i].accept);
}
END_TEST

START_TEST(reads_a_weight)
{
    const char *text = "0.125;";

    ck_assert_int_eq(mt_accept_parse_weight(&text), 125);
    ck_assert_str_eq(text, ";");
    text = "1";
    ck_assert_int_eq(mt_accept_parse_weight(&text), MT_ACCEPT_WEIGHT_ONE);
    ck_assert_str_eq(text, "");
    text = ".5";
    ck_assert_int_eq(mt_accept_parse_weight(&text), -1);
}
END_TEST

Suite *test_accept_suite(void)
{
    Suite *suite = suite_create("accept");
    TCase *tests = test_support_case(suite, "accept");

    tcase_add_loop_test(tests, weighs_an_offer, 0, sizeof(weighed) / sizeof(weighed[0]));
    tcase_add_test(tests, reads_a_weight);
    return suite;
}
