/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/identifier.h"
#include "suites.h"
#include "support.h"

#include <string.h>

START_TEST(accepts_valid_identifiers)
{
    char longest[MT_IDENTIFIER_MAX + 2];

    ck_assert(mt_identifier_is_valid("a"));
    ck_assert(mt_identifier_is_valid("0af7651916cd43dd8448eb211c80319c"));
    ck_assert(mt_identifier_is_valid("AZaz09._~+/=-"));
    ck_assert(!mt_identifier_is_valid(NULL));
    ck_assert(!mt_identifier_is_valid(""));
    memset(longest, 'x', sizeof(longest));
    longest[MT_IDENTIFIER_MAX] = '\0';
    ck_assert(mt_identifier_is_valid(longest));
    longest[MT_IDENTIFIER_MAX] = 'x';
    longest[MT_IDENTIFIER_MAX + 1] = '\0';
    ck_assert(!mt_identifier_is_valid(longest));
}
END_TEST

START_TEST(accepts_valid_characters)
{
    for (int c = 1; c < 256; c++) {
        char text[] = { 'a', (char)c, 'z', '\0' };
        int expected =
            (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || strchr("._~+/=-", c) != NULL;

        ck_assert_msg(mt_identifier_is_valid(text) == expected, "byte %d", c);
    }
}
END_TEST

START_TEST(formats_every_number)
{
    char text[MT_IDENTIFIER_SIZE];

    mt_identifier_format(text, "AbCdEfGhIjKl", 0);
    ck_assert_str_eq(text, "AbCdEfGhIjKl-0");
    mt_identifier_format(text, "AbCdEfGhIjKl", 0x2a0f);
    ck_assert_str_eq(text, "AbCdEfGhIjKl-2a0f");
    mt_identifier_format(text, "AbCdEfGhIjKl", APR_UINT64_MAX);
    ck_assert_str_eq(text, "AbCdEfGhIjKl-ffffffffffffffff");
    ck_assert_uint_eq(strlen(text), sizeof(text) - 1);
}
END_TEST

START_TEST(makes_valid_and_different_identifiers)
{
    char one[MT_IDENTIFIER_PREFIX_SIZE];
    char two[MT_IDENTIFIER_PREFIX_SIZE];
    char text[MT_IDENTIFIER_SIZE];

    mt_identifier_make_prefix(one);
    mt_identifier_make_prefix(two);
    ck_assert_uint_eq(strlen(one), sizeof(one) - 1);
    ck_assert_str_ne(one, two);
    for (apr_uint64_t number = 1; number; number *= 2) {
        mt_identifier_format(text, one, number);
        ck_assert_msg(mt_identifier_is_valid(text), "%s", text);
    }
}
END_TEST

Suite *test_identifier_suite(void)
{
    Suite *suite = suite_create("identifier");
    TCase *tests = test_support_case(suite, "identifier");

    tcase_add_test(tests, accepts_valid_identifiers);
    tcase_add_test(tests, accepts_valid_characters);
    tcase_add_test(tests, formats_every_number);
    tcase_add_test(tests, makes_valid_and_different_identifiers);
    return suite;
}
