/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/url.h"
#include "suites.h"
#include "support.h"

#include <string.h>

static const struct {
    const char *text;
    const char *encoded;
} encodings[] = {
    { "", "" },
    { "AZaz09-._~", "AZaz09-._~" },
    { "Roger Histand", "Roger%20Histand" },
    { "a+b", "a%2Bb" },
    { "a/b?c#d&e=f%g", "a%2Fb%3Fc%23d%26e%3Df%25g" },
    { "\"<>'\\", "%22%3C%3E%27%5C" },
    { "\xc3\xa6\xf0\x9f\x98\x80", "%C3%A6%F0%9F%98%80" },
    { "\x01\x7f", "%01%7F" },
};

START_TEST(encodes_reserved_characters)
{
    ck_assert_str_eq(mt_url_encode(test_pool, encodings[_i].text), encodings[_i].encoded);
}
END_TEST

START_TEST(decodes_to_the_same_text)
{
    const char *encoded = encodings[_i].encoded;

    ck_assert_str_eq(mt_url_decode(test_pool, encoded, strlen(encoded), 0), encodings[_i].text);
    ck_assert_str_eq(mt_url_decode(test_pool, encoded, strlen(encoded), 1), encodings[_i].text);
}
END_TEST

START_TEST(decodes_both_cases_and_optionally_plus)
{
    ck_assert_str_eq(mt_url_decode(test_pool, "%c3%A6", 6, 0), "\xc3\xa6");
    ck_assert_str_eq(mt_url_decode(test_pool, "a+b%2b", 6, 0), "a+b+");
    ck_assert_str_eq(mt_url_decode(test_pool, "a+b%2b", 6, 1), "a b+");
    ck_assert_str_eq(mt_url_decode(test_pool, "abc", 2, 0), "ab");
    ck_assert_str_eq(mt_url_decode(test_pool, "%2541", 5, 0), "%41");
}
END_TEST

static const struct {
    const char *data;
    apr_size_t len;
} malformed[] = {
    { "%", 1 },    { "a%4", 3 }, { "%41", 2 },  { "%4g", 3 },    { "%g4", 3 },       { "%%41", 4 },
    { "% 41", 4 }, { "%+1", 3 }, { "%-1", 3 },  { "a%00b", 5 },  { "a\0b", 3 },      { "%ff", 3 },
    { "\xff", 1 }, { "%c3", 3 }, { "%c3x", 4 }, { "%c0%af", 6 }, { "%ed%a0%80", 9 },
};

START_TEST(refuses_malformed_text)
{
    ck_assert_msg(mt_url_decode(test_pool, malformed[_i].data, malformed[_i].len, 1) == NULL, "row %d", _i);
}
END_TEST

Suite *test_url_suite(void)
{
    Suite *suite = suite_create("url");
    TCase *tests = test_support_case(suite, "url");

    tcase_add_loop_test(tests, encodes_reserved_characters, 0, sizeof(encodings) / sizeof(encodings[0]));
    tcase_add_loop_test(tests, decodes_to_the_same_text, 0, sizeof(encodings) / sizeof(encodings[0]));
    tcase_add_test(tests, decodes_both_cases_and_optionally_plus);
    tcase_add_loop_test(tests, refuses_malformed_text, 0, sizeof(malformed) / sizeof(malformed[0]));
    return suite;
}
