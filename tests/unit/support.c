/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "support.h"

#include <apr_general.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

apr_pool_t *test_pool;
const mt_password_cost_t test_cost = { .memory = 8192, .passes = 1 };
const mt_password_speed_t test_speed = { { 1e6, 1e6, 1e6, 1e8, 1e6, 1e4, 1e6, 1e6 } };

static void make_pool(void)
{
    ck_assert_int_eq(apr_pool_create(&test_pool, NULL), APR_SUCCESS);
}

static void destroy_pool(void)
{
    apr_pool_destroy(test_pool);
    test_pool = NULL;
}

void test_support_initialize(void)
{
    if (apr_initialize() != APR_SUCCESS || sodium_init() < 0) {
        fputs("APR or libsodium cannot be initialised\n", stderr);
        exit(EXIT_FAILURE);
    }
    atexit(apr_terminate);
}

TCase *test_support_case(Suite *suite, const char *name)
{
    TCase *tests = tcase_create(name);

    /* A busy machine or a build with sanitizers may need more than the four seconds that Check allows. */
    tcase_set_timeout(tests, 60);
    tcase_add_checked_fixture(tests, make_pool, destroy_pool);
    suite_add_tcase(suite, tests);
    return tests;
}

char *test_support_repeat(const char *piece, int times)
{
    size_t len = strlen(piece);
    char *text = apr_palloc(test_pool, len * (size_t)times + 1);

    for (int i = 0; i < times; i++)
        memcpy(text + len * (size_t)i, piece, len);
    text[len * (size_t)times] = '\0';
    return text;
}
