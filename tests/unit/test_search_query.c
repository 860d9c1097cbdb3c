/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/search_query.h"

#include "suites.h"
#include "support.h"

#include <apr_strings.h>

#define TEN_WORDS "1 2 3 4 5 6 7 8 9 ten"
#define TOO_MANY  "A search may have at most 10 words and tags."
#define TOO_LONG  "A search may have at most 200 characters."
#define NO_NAME   "Write the name of a user directly after \"from:\"."
#define TWO_NAMES "Name only one author, because each message has only one."

static const struct {
    const char *text;
    const char *words;
    const char *tags;
    const char *author;
    const char *prefix;
} queries[] = {
    { "ferry", "ferry", "", NULL, "ferry" },
    { "  Ferry \t late\n", "Ferry late", "", NULL, "ferry \t late" },
    { "a-b c/d.e@f:g_h", "a b c d e f g h", "", NULL, "a-b c/d.e@f:g_h" },
    { "don't", "don t", "", NULL, "don't" },
    { "\"two words\" OR -minus & | ! ( ) <-> :*", "two words OR minus", "", NULL,
      "\"two words\" or -minus & | ! ( ) <-> :*" },
    { "'; drop table users; --", "drop table users", "", NULL, "'; drop table users; --" },
    { "Bl\xc3\xa5\x62\xc3\xa6rgr\xc3\xb8\x64", "Bl\xc3\xa5\x62\xc3\xa6rgr\xc3\xb8\x64", "", NULL,
      "bl\xc3\xa5\x62\xc3\xa6rgr\xc3\xb8\x64" },
    { "!?", "", "", NULL, "!?" },
    { "@Roger", "Roger", "", NULL, "roger" },
    { "@", "", "", NULL, NULL },

    { "#Harbour", "", "'t harbour'", NULL, NULL },
    { "#a1 and #B2", "and", "'t a1' & 't b2'", NULL, NULL },
    { "#1", "1", "", NULL, "#1" },
    { "a#b", "a b", "", NULL, "a#b" },
    { "http://example.org/#top", "http example org top", "", NULL, "http://example.org/#top" },

    { "from:roger", "", "", "roger", NULL },
    { "FROM:roger ferry", "ferry", "", "roger", NULL },
    { "late from:\"Roger Histand\" ferry", "late ferry", "", "Roger Histand", NULL },
    { "from:\"Roger Histand\"ferry", "ferry", "", "Roger Histand", NULL },
    { "from:\"Roger ferry", "ferry", "", "\"Roger", NULL },
    { "from:@roger", "", "", "roger", NULL },
    { "from:\"@roger\"", "", "", "@roger", NULL },
    { "from:a,b #c", "", "'t c'", "a,b", NULL },
    { "a from:b#c d", "a d", "", "b#c", NULL },
    { "xfrom:roger", "xfrom roger", "", NULL, "xfrom:roger" },
    { TEN_WORDS " from:roger", TEN_WORDS, "", "roger", NULL },
};

START_TEST(finds_the_terms)
{
    mt_search_query_t query;

    mt_search_query_parse(test_pool, queries[_i].text, &query);
    ck_assert_pstr_eq(query.problem, NULL);
    ck_assert_str_eq(query.words, queries[_i].words);
    ck_assert_str_eq(query.tags, queries[_i].tags);
    ck_assert_pstr_eq(query.author, queries[_i].author);
    ck_assert_pstr_eq(query.prefix, queries[_i].prefix);
}
END_TEST

static const struct {
    const char *text;
    const char *problem;
} refused[] = {
    { NULL, "Type one or more words." },
    { "", "Type one or more words." },
    { " \t", "Type one or more words." },
    { TEN_WORDS " eleven", TOO_MANY },
    { TEN_WORDS " #tag", TOO_MANY },
    { "1.2.3.4.5.6.7.8.9.10.11", TOO_MANY },
    { "from:", NO_NAME },
    { "from: roger", NO_NAME },
    { "from:\"\"", NO_NAME },
    { "from:@", NO_NAME },
    { "from:a from:b", TWO_NAMES },
};

START_TEST(refuses_a_query)
{
    mt_search_query_t query;

    mt_search_query_parse(test_pool, refused[_i].text, &query);
    ck_assert_pstr_eq(query.problem, refused[_i].problem);
}
END_TEST

START_TEST(limits_the_length_in_characters)
{
    mt_search_query_t query;

    mt_search_query_parse(test_pool, test_support_repeat("\xc3\xa6", 200), &query);
    ck_assert_pstr_eq(query.problem, NULL);
    mt_search_query_parse(test_pool, apr_pstrcat(test_pool, " ", test_support_repeat("x", 200), " ", NULL), &query);
    ck_assert_pstr_eq(query.problem, NULL);
    mt_search_query_parse(test_pool, test_support_repeat("x", 201), &query);
    ck_assert_str_eq(query.problem, TOO_LONG);
}
END_TEST

Suite *test_search_query_suite(void)
{
    Suite *suite = suite_create("search_query");
    TCase *tests = test_support_case(suite, "search_query");

    tcase_add_loop_test(tests, finds_the_terms, 0, sizeof(queries) / sizeof(queries[0]));
    tcase_add_loop_test(tests, refuses_a_query, 0, sizeof(refused) / sizeof(refused[0]));
    tcase_add_test(tests, limits_the_length_in_characters);
    return suite;
}
