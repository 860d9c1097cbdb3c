/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/name.h"
#include "suites.h"
#include "support.h"

#include <apr_strings.h>

#define SPACE     "The username may not begin or end with white space"
#define UNDEFINED "The username may not contain characters that Unicode does not define"
#define HIDDEN    "The username may not contain invisible characters"
#define NOTHING   "The username must contain a visible character"

#define VS16   "\xef\xb8\x8f"
#define VS15   "\xef\xb8\x8e"
#define ZWJ    "\xe2\x80\x8d"
#define ZWNJ   "\xe2\x80\x8c"
#define RLO    "\xe2\x80\xae"
#define LRI    "\xe2\x81\xa6"
#define FSI    "\xe2\x81\xa8"
#define PDI    "\xe2\x81\xa9"
#define MAN    "\xf0\x9f\x91\xa8"
#define WOMAN  "\xf0\x9f\x91\xa9"
#define FLAG   "\xf0\x9f\x8f\xb4"
#define ENG    "\xf3\xa0\x81\xa7\xf3\xa0\x81\xa2\xf3\xa0\x81\xa5\xf3\xa0\x81\xae\xf3\xa0\x81\xa7" /* tags */
#define CANCEL "\xf3\xa0\x81\xbf"
#define HEART  "\xe2\x9d\xa4"
#define ALEF   "\xd7\x90"

static const struct {
    const char *name;
    const char *problem;
} names[] = {
    { "a", NULL },
    { "Roger Histand", NULL },
    { "o'Brien <b>&\"", NULL },
    { "\xc3\xa6\xc3\xb8\xc3\xa5", NULL },
    { "\xe6\x97\xa5\xe6\x9c\xac \xe8\xaa\x9e", NULL },
    { ALEF "\xd7\x91", NULL },
    { "\xee\x80\x80", NULL }, /* for private use */
    { " a", SPACE },
    { "a ", SPACE },
    { " ", SPACE },
    { "\xc2\xa0x", SPACE },
    { "a\xe3\x80\x80", SPACE }, /* ideographic space */
    { "a\xe2\x80\xa8", SPACE }, /* line separator */
    { "a\xe2\x80\xa8x", NULL },
    { "a\xc2\xadx", HIDDEN },     /* soft hyphen */
    { "a\xe2\x80\x8bx", HIDDEN }, /* zero width space */
    { "\xef\xbb\xbfx", HIDDEN },  /* byte order mark */
    { RLO "a", HIDDEN },
    { "a" LRI PDI, HIDDEN },
    { "a\xe2\x80\x8e", HIDDEN },     /* left-to-right mark */
    { "\xe3\x85\xa4", HIDDEN },      /* Hangul filler, a letter */
    { "a\xe2\xa0\x80x", HIDDEN },    /* blank pattern of Braille */
    { "\xf0\x9d\x85\x99", NOTHING }, /* null notehead */
    { "\xf3\xa0\x81\xa1x", HIDDEN }, /* tag */
    { "a\xef\xb8\x80", HIDDEN },     /* variation selector 1 */
    { "\xcd\xb8", UNDEFINED },
    { "\xef\xbf\xbf", UNDEFINED },
    { "\xcc\x81", NOTHING },             /* an accent alone */
    { "\xcc\x81\xe2\x83\x9d", NOTHING }, /* marks alone */
    /* Joiners in letters: RFC 5892, appendix A. */
    { "a" ZWNJ "b", HIDDEN },
    { "a" ZWJ "b", HIDDEN },
    { ZWJ "a", HIDDEN },
    { ZWNJ, HIDDEN },
    { "\xd9\x86\xd8\xa7\xd9\x85\xd9\x87" ZWNJ "\xd8\xa7\xdb\x8c", NULL }, /* Persian */
    { "\xd9\x87\xd9\x8e" ZWNJ "\xd9\x8e\xd8\xa7", NULL },                 /* with vowel marks */
    { "\xd9\x86\xd8\xa7" ZWNJ "\xdb\x8c", HIDDEN },                       /* alef does not join */
    { "\xd9\x87" ZWNJ, HIDDEN },
    { "\xd9\x87" ZWNJ "a", HIDDEN },
    { "\xd9\x87" ZWJ "\xd8\xa7", HIDDEN },
    { "\xe0\xa4\x95\xe0\xa5\x8d" ZWJ "\xe0\xa4\xb7", NULL }, /* after a virama */
    { "\xe0\xa4\x95\xe0\xa5\x8d" ZWNJ "\xe0\xa4\xb7", NULL },
    { "\xe0\xa4\x95" ZWJ "\xe0\xa4\xb7", HIDDEN },
    /* Emoji. */
    { MAN ZWJ WOMAN ZWJ "\xf0\x9f\x91\xa7", NULL },
    { MAN "\xf0\x9f\x8f\xbd" ZWJ "\xf0\x9f\x9a\x80", NULL }, /* with a skin tone */
    { "\xf0\x9f\x8f\xb3" VS16 ZWJ "\xf0\x9f\x8c\x88", NULL },
    { HEART VS16, NULL },
    { HEART VS15, NULL },
    { "#" VS16 "\xe2\x83\xa3", NULL },            /* a keycap */
    { "\xf0\x9f\x87\xa9\xf0\x9f\x87\xb0", NULL }, /* a flag */
    { HEART VS16 VS16, HIDDEN },
    { MAN ZWJ, HIDDEN },
    { MAN ZWJ "a", HIDDEN },
    { MAN ZWJ ZWJ WOMAN, HIDDEN },
    { "a" ZWJ MAN, HIDDEN },
    { "1" VS16, HIDDEN },
    { "a" VS16, HIDDEN },
    { VS16 HEART, HIDDEN },
    /* Flags that consist of tags. */
    { FLAG ENG CANCEL, NULL },
    { FLAG "\xf3\xa0\x81\xa7\xf3\xa0\x81\xa2\xf3\xa0\x81\xb3\xf3\xa0\x81\xa3\xf3\xa0\x81\xb4" CANCEL, NULL },
    { "a" FLAG "\xf3\xa0\x81\xa7\xf3\xa0\x81\xa2\xf3\xa0\x81\xb7\xf3\xa0\x81\xac\xf3\xa0\x81\xb3" CANCEL FLAG "b",
      NULL },
    { FLAG ENG, HIDDEN },
    { FLAG ENG "a", HIDDEN },
    { FLAG ENG CANCEL CANCEL, HIDDEN },
    { FLAG ENG CANCEL ENG CANCEL, HIDDEN },
    { FLAG CANCEL, HIDDEN },
    { FLAG "\xf3\xa0\x81\xa7\xf3\xa0\x81\xa2" CANCEL, HIDDEN },
    { FLAG "\xf3\xa0\x81\xa7\xf3\xa0\x81\xa2\xf3\xa0\x81\xa5\xf3\xa0\x81\xae\xf3\xa0\x81\xa7\xf3\xa0\x81\xa1" CANCEL,
      HIDDEN },
    { FLAG "\xf3\xa0\x81\x87\xf3\xa0\x81\x82\xf3\xa0\x81\x85\xf3\xa0\x81\x8e\xf3\xa0\x81\x87" CANCEL, HIDDEN },
    { FLAG "\xf3\xa0\x81\xb5\xf3\xa0\x81\xb3\xf3\xa0\x81\xb4\xf3\xa0\x81\xb8" CANCEL, HIDDEN },
    { FLAG "\xf3\xa0\x81\xa7\xf3\xa0\x81\xa2" FLAG "\xf3\xa0\x81\xa5\xf3\xa0\x81\xae\xf3\xa0\x81\xa7" CANCEL, HIDDEN },
    { FLAG VS16 ENG CANCEL, HIDDEN },
    { MAN ENG CANCEL, HIDDEN },
    { "a" ENG CANCEL, HIDDEN },
    { ENG CANCEL, HIDDEN },
    { CANCEL, HIDDEN },
    { FLAG "\xf3\xa0\x80\x81" ENG CANCEL, HIDDEN }, /* the language tag, which is deprecated */
    { FLAG ENG CANCEL ZWJ MAN, HIDDEN },
};

START_TEST(checks_characters)
{
    ck_assert_pstr_eq(mt_name_check(names[_i].name), names[_i].problem);
}
END_TEST

START_TEST(checks_the_longest_name)
{
    const char *name = test_support_repeat("\xf0\x9f\x98\x80", MT_NAME_MAX - 1);

    ck_assert_pstr_eq(mt_name_check(apr_pstrcat(test_pool, name, "x", NULL)), NULL);
    ck_assert_pstr_eq(mt_name_check(apr_pstrcat(test_pool, name, " ", NULL)), SPACE);
}
END_TEST

static const struct {
    const char *name;
    const char *normal;
} forms[] = {
    { "Roger Histand", NULL },
    { "\xc3\xa9", NULL },
    { "e\xcc\x81", "\xc3\xa9" },
    { "\xe2\x84\xaa", "K" },                        /* the Kelvin sign */
    { "\xe1\x84\x80\xe1\x85\xa1", "\xea\xb0\x80" }, /* Hangul */
    { "q\xcc\x87\xcc\xa3", "q\xcc\xa3\xcc\x87" },   /* the order of marks */
    { "\xe0\xa5\x98", "\xe0\xa4\x95\xe0\xa4\xbc" }, /* becomes longer */
    { "\xef\xac\x81", NULL },                       /* a ligature: only NFKC changes it */
    { "e\xcc\x81\xff", "e\xcc\x81\xff" },
};

START_TEST(normalizes)
{
    const char *name = forms[_i].name;
    const char *normal = mt_name_normalize(test_pool, name);

    ck_assert_str_eq(normal, forms[_i].normal ? forms[_i].normal : name);
    if (!forms[_i].normal)
        ck_assert_ptr_eq(normal, name);
    ck_assert_ptr_eq(mt_name_normalize(test_pool, normal), normal);
}
END_TEST

START_TEST(decomposes)
{
    static const char plain[] = "Roger \xc2\xbf";

    ck_assert_ptr_eq(mt_name_decompose(test_pool, plain), plain);
    ck_assert_str_eq(mt_name_decompose(test_pool, "\xc3\xa9"), "e\xcc\x81");
    ck_assert_str_eq(mt_name_decompose(test_pool, "\xe2\x84\xaa"), "K");
    ck_assert_str_eq(mt_name_decompose(test_pool, "\xea\xb0\x80"), "\xe1\x84\x80\xe1\x85\xa1");
    ck_assert_str_eq(mt_name_decompose(test_pool, "\xc3\xa9\xff"), "\xc3\xa9\xff");
}
END_TEST

static const struct {
    const char *name;
    const char *shown; /* NULL: the same */
} directions[] = {
    { "Roger Histand", NULL },
    { "\xc3\xa6\xe6\x97\xa5 1", NULL },
    { ALEF, FSI ALEF PDI },
    { "a\xd8\xa7", FSI "a\xd8\xa7" PDI },
    { RLO "a", FSI RLO "a" PDI },
    { "a\xe2\x80\x8e", FSI "a\xe2\x80\x8e" PDI },
    { "a" PDI "b", FSI "ab" PDI },
    { LRI "a", FSI LRI "a" PDI PDI },
    { FSI "a" PDI PDI LRI, FSI FSI "a" PDI LRI PDI PDI },
};

START_TEST(isolates_other_directions)
{
    const char *name = directions[_i].name;
    const char *shown = mt_name_isolate(test_pool, name);

    ck_assert_str_eq(shown, directions[_i].shown ? directions[_i].shown : name);
    if (!directions[_i].shown)
        ck_assert_ptr_eq(shown, name);
}
END_TEST

Suite *test_name_suite(void)
{
    Suite *suite = suite_create("name");
    TCase *tests = test_support_case(suite, "name");

    tcase_add_loop_test(tests, checks_characters, 0, sizeof(names) / sizeof(names[0]));
    tcase_add_test(tests, checks_the_longest_name);
    tcase_add_loop_test(tests, normalizes, 0, sizeof(forms) / sizeof(forms[0]));
    tcase_add_test(tests, decomposes);
    tcase_add_loop_test(tests, isolates_other_directions, 0, sizeof(directions) / sizeof(directions[0]));
    return suite;
}
