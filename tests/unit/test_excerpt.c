/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/excerpt.h"
#include "suites.h"
#include "support.h"

#include <apr_strings.h>

#define ELLIPSIS "\xe2\x80\xa6"
#define ACUTE    "\xcc\x81"
#define ZWJ      "\xe2\x80\x8d"
#define WOMAN    "\xf0\x9f\x91\xa9"
#define GIRL     "\xf0\x9f\x91\xa7"
#define MAX      10

static const struct {
    const char *text;
    const char *excerpt;
} texts[] = {
    { "", "" },
    { " \n\t ", "" },
    { "abc", "abc" },
    { " a\r\n\tb\xc2\xa0\xe2\x80\xa8 c\x01 ", "a b c" },
    { "0123456789", "0123456789" },
    { "0123456789 \n ", "0123456789" },
    { "01234567890", "0123456789" ELLIPSIS },
    { "hello big world", "hello big" ELLIPSIS },
    { "0123456789 more", "0123456789" ELLIPSIS },
    /* The only space is near the beginning. */
    { "a bcdefghijklm", "a bcdefghi" ELLIPSIS },
    { "gr\xc3\xbc\xc3\x9f"
      "e, gr\xc3\xbc\xc3\x9f"
      "e",
      "gr\xc3\xbc\xc3\x9f"
      "e," ELLIPSIS },
    /* A family is one character for readers, and so is a letter with its accents. */
    { "01234567" WOMAN ZWJ WOMAN ZWJ GIRL, "01234567" ELLIPSIS },
    { "01234" WOMAN ZWJ WOMAN ZWJ GIRL, "01234" WOMAN ZWJ WOMAN ZWJ GIRL },
    { "a" ACUTE "01234567e" ACUTE, "a" ACUTE "01234567" ELLIPSIS },
    /* The first such character is too long by itself. */
    { "e" ACUTE ACUTE ACUTE ACUTE ACUTE ACUTE ACUTE ACUTE ACUTE ACUTE,
      "e" ACUTE ACUTE ACUTE ACUTE ACUTE ACUTE ACUTE ACUTE ACUTE ELLIPSIS },
    { "a e" ACUTE ACUTE ACUTE ACUTE ACUTE ACUTE ACUTE ACUTE ACUTE, "a" ELLIPSIS },
};

START_TEST(a_long_text_ends_after_a_word_or_a_character)
{
    ck_assert_str_eq(mt_excerpt_make(test_pool, texts[_i].text, MAX), texts[_i].excerpt);
}
END_TEST

START_TEST(one_character_is_enough)
{
    ck_assert_str_eq(mt_excerpt_make(test_pool, "a", 1), "a");
    ck_assert_str_eq(mt_excerpt_make(test_pool, "a b", 1), "a" ELLIPSIS);
    ck_assert_str_eq(mt_excerpt_make(test_pool, " ab", 1), "a" ELLIPSIS);
}
END_TEST

Suite *test_excerpt_suite(void)
{
    Suite *suite = suite_create("excerpt");
    TCase *tests = test_support_case(suite, "excerpt");

    tcase_add_loop_test(tests, a_long_text_ends_after_a_word_or_a_character, 0, sizeof(texts) / sizeof(texts[0]));
    tcase_add_test(tests, one_character_is_enough);
    return suite;
}
