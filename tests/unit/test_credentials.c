/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/credentials.h"
#include "suites.h"
#include "support.h"

#include <apr_strings.h>
#include <sodium.h>
#include <string.h>

#define EXPECTED "simulator:super_safe!"
#define ENCODED  "c2ltdWxhdG9yOnN1cGVyX3NhZmUh"

static const char *const right[] = {
    "Basic " ENCODED, "basic " ENCODED, "BASIC " ENCODED, "Basic    " ENCODED, "Basic " ENCODED "  ",
};

static const char *const wrong[] = {
    NULL,
    "",
    "Basic",
    "Basic ",
    "Basic    ",
    ENCODED,
    "Basic" ENCODED,
    " Basic " ENCODED,
    "Basic\t" ENCODED,
    "Bearer " ENCODED,
    "Basic realm=" ENCODED,
    "Basic " EXPECTED,
    "Basic " ENCODED ENCODED,
    "Basic " ENCODED "=",
    "Basic " ENCODED "==",
    "Basic " ENCODED " x",
    "Basic c2ltdWxhdG9y OnN1cGVyX3NhZmUh",
    "Basic c2ltdWxhdG9yOnN1cGVyX3NhZmU",
    "Basic c2ltdWxhdG9yOnN1cGVyX3NhZmU=",     /* the last character is missing */
    "Basic c2ltdWxhdG9yOnN1cGVyX3NhZmUhIQ==", /* one more character */
    "Basic c2ltdWxhdG9yOnN1cGVyX3NhZmUhAA==", /* a NUL at the end */
    "Basic U2ltdWxhdG9yOnN1cGVyX3NhZmUh",     /* capital S */
    "Basic !!!!",
    "Basic \xff\xff\xff\xff",
};

START_TEST(accepts_the_right_credentials)
{
    ck_assert_msg(mt_credentials_match(test_pool, right[_i], EXPECTED) == 1, "'%s'", right[_i]);
}
END_TEST

START_TEST(refuses_other_credentials)
{
    ck_assert_msg(mt_credentials_match(test_pool, wrong[_i], EXPECTED) == 0, "'%s'", wrong[_i]);
}
END_TEST

static const char *authorize(const char *credentials)
{
    size_t len = strlen(credentials);
    size_t size = sodium_base64_ENCODED_LEN(len, sodium_base64_VARIANT_ORIGINAL);
    char *encoded = apr_palloc(test_pool, size);

    sodium_bin2base64(encoded, size, (const unsigned char *)credentials, len, sodium_base64_VARIANT_ORIGINAL);
    return apr_pstrcat(test_pool, "Basic ", encoded, NULL);
}

START_TEST(accepts_any_characters_and_lengths)
{
    const char *all[] = {
        "u:", ":p", "u:p", "u:p:q", "\xc3\xa6:\xf0\x9f\x98\x80 >?~", test_support_repeat("u:", 5000)
    };

    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        for (size_t j = 0; j < sizeof(all) / sizeof(all[0]); j++)
            ck_assert_int_eq(mt_credentials_match(test_pool, authorize(all[i]), all[j]), i == j);
    }
}
END_TEST

START_TEST(accepts_one_encoding_of_each_text)
{
    ck_assert_int_eq(mt_credentials_match(test_pool, "Basic ////", "\xff\xff\xff"), 1);
    ck_assert_int_eq(mt_credentials_match(test_pool, "Basic ____", "\xff\xff\xff"), 0);
    ck_assert_int_eq(mt_credentials_match(test_pool, "Basic \x80\x80\x80\x80", "\xff\xff\xff"), 0);
    ck_assert_int_eq(mt_credentials_match(test_pool, "Basic dTpw", "u:p"), 1);
    ck_assert_int_eq(mt_credentials_match(test_pool, "Basic dTo=", "u:"), 1);
    ck_assert_int_eq(mt_credentials_match(test_pool, "Basic dTp=", "u:"), 0);
    ck_assert_int_eq(mt_credentials_match(test_pool, "Basic dTo", "u:"), 0);
}
END_TEST

START_TEST(refuses_everything_without_configured_credentials)
{
    ck_assert_int_eq(mt_credentials_match(test_pool, "Basic " ENCODED, NULL), 0);
    ck_assert_int_eq(mt_credentials_match(test_pool, "Basic ", NULL), 0);
    ck_assert_int_eq(mt_credentials_match(test_pool, NULL, NULL), 0);
    /* A missing or invalid header does not match empty credentials either. */
    ck_assert_int_eq(mt_credentials_match(test_pool, NULL, ""), 0);
    ck_assert_int_eq(mt_credentials_match(test_pool, "Basic !", ""), 0);
}
END_TEST

Suite *test_credentials_suite(void)
{
    Suite *suite = suite_create("credentials");
    TCase *tests = test_support_case(suite, "credentials");

    tcase_add_loop_test(tests, accepts_the_right_credentials, 0, sizeof(right) / sizeof(right[0]));
    tcase_add_loop_test(tests, refuses_other_credentials, 0, sizeof(wrong) / sizeof(wrong[0]));
    tcase_add_test(tests, accepts_any_characters_and_lengths);
    tcase_add_test(tests, accepts_one_encoding_of_each_text);
    tcase_add_test(tests, refuses_everything_without_configured_credentials);
    return suite;
}
