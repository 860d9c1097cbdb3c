/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/json.h"
#include "suites.h"
#include "support.h"

#include <apr_strings.h>
#include <string.h>

#define MALFORMED "The body is not valid JSON."
#define NO_OBJECT "The body is not a JSON object."
#define TOO_DEEP  "The JSON in the body is nested too deeply."
#define TOO_MANY  "The JSON in the body has too many parts."
#define NO_UTF8   "The body is not valid UTF-8."
#define NUL       "The body contains a NUL character."
#define SURROGATE "The body contains an unpaired surrogate."

static const char *parse(const char *body, mt_json_t **object)
{
    *object = NULL;
    return mt_json_parse(test_pool, body, strlen(body), object);
}

/* The two tables of this file apply to all versions of json-c, although the versions themselves accept different texts.
 * In strict mode, 0.18 refuses bytes above 0x7f and integers beyond 64 bits. Others accept trailing commas, comments
 * and more. */

/* Bodies that are accepted, and the value of the key "k". */
static const struct {
    const char *body;
    mt_json_kind_t kind;
    const char *value;
} accepted[] = {
    { "{}", MT_JSON_MISSING, NULL },
    { "\xef\xbb\xbf {\"k\":\"\xef\xbb\xbf\"}", MT_JSON_STRING, "\xef\xbb\xbf" },
    { " \t\r\n{ \t\r\n} \t\r\n", MT_JSON_MISSING, NULL },
    { "{\"K\":1}", MT_JSON_MISSING, NULL },
    { "{\"o\":{\"k\":\"inner\"}}", MT_JSON_MISSING, NULL },
    { "{\"\":\"empty key\"}", MT_JSON_MISSING, NULL },
    { "{\"k\":null}", MT_JSON_NULL, NULL },
    { "{\"k\":true}", MT_JSON_OTHER, NULL },
    { "{\"k\":false}", MT_JSON_OTHER, NULL },
    { "{\"k\":[]}", MT_JSON_OTHER, NULL },
    { "{\"k\":[1, \"a\", {}]}", MT_JSON_OTHER, NULL },
    { "{\"k\":{}}", MT_JSON_OTHER, NULL },
    { "{\"k\":0}", MT_JSON_OTHER, NULL },
    { "{\"k\":-0}", MT_JSON_OTHER, NULL },
    { "{\"k\":10.50}", MT_JSON_OTHER, NULL },
    { "{\"k\":-1.5e+10}", MT_JSON_OTHER, NULL },
    { "{\"k\":1E-2}", MT_JSON_OTHER, NULL },
    { "{\"k\":99999999999999999999999999999999}", MT_JSON_OTHER, NULL },
    { "{\"k\":9223372036854775808}", MT_JSON_OTHER, NULL },
    { "{\"k\":18446744073709551616}", MT_JSON_OTHER, NULL },
    { "{\"k\":-9223372036854775809}", MT_JSON_OTHER, NULL },
    { "{\"k\":-99999999999999999999999999999999}", MT_JSON_OTHER, NULL },
    { "{\"k\":1e400}", MT_JSON_OTHER, NULL },
    { "{\"k\":-0.0e-0}", MT_JSON_OTHER, NULL },
    { "{\"k\":[0,-0,1e5 ,\"\"]}", MT_JSON_OTHER, NULL },
    { "{\"\xc3\xa6\":{\"\xe2\x82\xac\":[]},\"k\":\"\xc2\x80\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf\"}", MT_JSON_STRING,
      "\xc2\x80\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf" },
    { "{\"o\":{\"p\":[{\"k\":1},[]]} , \"k\" : \"v\" }", MT_JSON_STRING, "v" },
    { "{\"k\":\"\"}", MT_JSON_STRING, "" },
    { "{\"k\":\"v\"}", MT_JSON_STRING, "v" },
    { "{\"a\":[{\"b\":null}],\"k\":\"v\",\"c\":-1}", MT_JSON_STRING, "v" },
    { "{\"\\u006b\":\"v\"}", MT_JSON_STRING, "v" },
    { "{\"k\":\"first\",\"k\":\"last\"}", MT_JSON_STRING, "last" },
    { "{\"k\":\"'/*x*/ //y NaN\"}", MT_JSON_STRING, "'/*x*/ //y NaN" },
    { "{\"k\":\"}]{[\"}", MT_JSON_STRING, "}]{[" },
    { "{\"k\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"}", MT_JSON_STRING, "\"\\/\b\f\n\r\t" },
    { "{\"k\":\"\\u0001\\u00e6\\u20AC\"}", MT_JSON_STRING, "\x01\xc3\xa6\xe2\x82\xac" },
    { "{\"k\":\"\xc3\xa6\xf0\x9f\x98\x80\x7f\"}", MT_JSON_STRING, "\xc3\xa6\xf0\x9f\x98\x80\x7f" },
    { "{\"k\":\"\\ud83d\\uDE00\"}", MT_JSON_STRING, "\xf0\x9f\x98\x80" },
    { "{\"k\":\"\\uD800\\uDC00\\uDBFF\\uDFFF\"}", MT_JSON_STRING, "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf" },
    { "{\"k\":\"\\uD7FF\\uE000\"}", MT_JSON_STRING, "\xed\x9f\xbf\xee\x80\x80" },
    /* An escaped backslash does not begin an escape. */
    { "{\"k\":\"\\\\ud800\"}", MT_JSON_STRING, "\\ud800" },
    { "{\"k\":\"\\\\u0000\"}", MT_JSON_STRING, "\\u0000" },
    { "{\"k\":\"\\\\\\\\udc00\\\\\"}", MT_JSON_STRING, "\\\\udc00\\" },
};

START_TEST(accepts_an_object)
{
    mt_json_t *object;
    const char *value = "unset";

    ck_assert_pstr_eq(parse(accepted[_i].body, &object), NULL);
    ck_assert_int_eq(mt_json_get(object, "k", &value), accepted[_i].kind);
    ck_assert_pstr_eq(value, accepted[_i].value);
}
END_TEST

static const struct {
    const char *body;
    const char *reason;
} refused[] = {
    { "", NO_OBJECT },
    { " \n", NO_OBJECT },
    { "[]", NO_OBJECT },
    { "[{\"k\":\"v\"}]", NO_OBJECT },
    { "\"text\"", NO_OBJECT },
    { "1", NO_OBJECT },
    { "null", NO_OBJECT },
    { "true", NO_OBJECT },
    { "username=foo", NO_OBJECT },
    { "\xef\xbb\xbf", NO_OBJECT },
    { "\xef\xbb\xbf\xef\xbb\xbf{}", NO_OBJECT },
    { " \xef\xbb\xbf{}", NO_OBJECT },
    { "\xff\xfe{}", NO_UTF8 },
    { "\v{}", NO_OBJECT },
    { "//c\n{}", NO_OBJECT },
    { "{", MALFORMED },
    { "}", NO_OBJECT },
    { "{]", MALFORMED },
    { "{\"k\":[}", MALFORMED },
    { "{\"k\":[]", MALFORMED },
    { "{} x", MALFORMED },
    { "{}{}", MALFORMED },
    { "{}[]", MALFORMED },
    { "{}}", MALFORMED },
    { "{},", MALFORMED },
    { "{}\f", MALFORMED },
    { "{}//c", MALFORMED },
    { "{}/*c*/", MALFORMED },
    { "{/*c*/}", MALFORMED },
    { "{#c\n}", MALFORMED },
    { "{'k':1}", MALFORMED },
    { "{\"k\":'v'}", MALFORMED },
    { "{k:1}", MALFORMED },
    { "{1:1}", MALFORMED },
    { "{null:1}", MALFORMED },
    { "{\"k\"}", MALFORMED },
    { "{\"k\":}", MALFORMED },
    { "{\"k\" 1}", MALFORMED },
    { "{:1}", MALFORMED },
    { "{,}", MALFORMED },
    { "{\"k\":1,}", MALFORMED },
    { "{,\"k\":1}", MALFORMED },
    { "{\"k\":1,,\"l\":2}", MALFORMED },
    { "{\"k\":1 \"l\":2}", MALFORMED },
    { "{\"k\":1\"l\":2}", MALFORMED },
    { "{\"k\":\"a\"\"b\"}", MALFORMED },
    { "{\"k\":[1,]}", MALFORMED },
    { "{\"k\":[,1]}", MALFORMED },
    { "{\"k\":[1 2]}", MALFORMED },
    { "{\"k\"::1}", MALFORMED },
    { "{\"k\":,}", MALFORMED },
    { "{\"k\",\"l\":1}", MALFORMED },
    { "{\"k\":{\"l\":1,}}", MALFORMED },
    { "{\"k\":[1,\"l\":2]}", MALFORMED },
    { "{\"k\":[\"l\":2]}", MALFORMED },
    { "{\"k\":{\"l\"}}", MALFORMED },
    { "{\"k\":[1}}", MALFORMED },
    { "{\"k\":{\"l\":1]}", MALFORMED },
    { "{\"k\":[{]}", MALFORMED },
    { "{[]}", MALFORMED },
    { "{{}}", MALFORMED },
    { "{\"k\":[]{}}", MALFORMED },
    { "{\"k\":1[]}", MALFORMED },
    { "{\"k\":true true}", MALFORMED },
    { "{\"k\":[1],,}", MALFORMED },
    { "{\"k\":[1,,2]}", MALFORMED },
    { "{\"k\":[/**/]}", MALFORMED },
    { "{\"k\":1} {}", MALFORMED },
    { "{\"k\":1} \"\"", MALFORMED },
    { "{\"k\":1} 1", MALFORMED },
    { "{\"k\":1} :", MALFORMED },
    { "{\"k\":NaN}", MALFORMED },
    { "{\"k\":nan}", MALFORMED },
    { "{\"k\":-NaN}", MALFORMED },
    { "{\"k\":Infinity}", MALFORMED },
    { "{\"k\":-Infinity}", MALFORMED },
    { "{\"k\":infinity}", MALFORMED },
    { "{\"k\":TRUE}", MALFORMED },
    { "{\"k\":True}", MALFORMED },
    { "{\"k\":NULL}", MALFORMED },
    { "{\"k\":tru", MALFORMED },
    { "{\"k\":truefalse}", MALFORMED },
    { "{\"k\":truex}", MALFORMED },
    { "{\"k\":undefined}", MALFORMED },
    { "{\"k\":01}", MALFORMED },
    { "{\"k\":-01}", MALFORMED },
    { "{\"k\":00}", MALFORMED },
    { "{\"k\":-}", MALFORMED },
    { "{\"k\":--1}", MALFORMED },
    { "{\"k\":-true}", MALFORMED },
    { "{\"k\":-null}", MALFORMED },
    { "{\"k\":+1}", MALFORMED },
    { "{\"k\":1.}", MALFORMED },
    { "{\"k\":.5}", MALFORMED },
    { "{\"k\":-.5}", MALFORMED },
    { "{\"k\":1.e5}", MALFORMED },
    { "{\"k\":1e}", MALFORMED },
    { "{\"k\":1e+}", MALFORMED },
    { "{\"k\":1.2.3}", MALFORMED },
    { "{\"k\":1-2}", MALFORMED },
    { "{\"k\":1true}", MALFORMED },
    { "{\"k\":01true}", MALFORMED },
    { "{\"k\":0x10}", MALFORMED },
    { "{\"k\":1", MALFORMED },
    { "{\"k\":-", MALFORMED },
    { "{\"k\":\"v", MALFORMED },
    { "{\"k\":\"v\\", MALFORMED },
    { "{\"k\":\"v\\\"}", MALFORMED },
    { "{\"k\":\"a\nb\"}", MALFORMED },
    { "{\"k\":\"a\tb\"}", MALFORMED },
    { "{\"k\":\"\x01\"}", MALFORMED },
    { "{\"k\":\"\x1f\"}", MALFORMED },
    { "{\"\n\":\"v\"}", MALFORMED },
    { "{\"k\":\"\\x41\"}", MALFORMED },
    { "{\"k\":\"\\'\"}", MALFORMED },
    { "{\"k\":\"\\U0041\"}", MALFORMED },
    { "{\"k\":\"\\u004\"}", MALFORMED },
    { "{\"k\":\"\\u00g1\"}", MALFORMED },
    { "{\"k\":\"\\u+041\"}", MALFORMED },
    { "{\"k\":\"\\u", MALFORMED },
    { "{\"k\":\"\\ud83d\\u00", MALFORMED },
    { "{\"k\":1\xc2\xa0}", MALFORMED },
    { "{\"k\":\"\\u0000\"}", NUL },
    { "{\"k\":\"ab\\u0000cd\"}", NUL },
    { "{\"\\u0000\":\"v\"}", NUL },
    { "{\"k\\u0000\":\"v\"}", NUL },
    { "{\"o\":[{\"p\":\"\\u0000\"}]}", NUL },
    { "{\"k\":\"\\\\\\u0000\"}", NUL },
    { "{\"k\":\"\\ud800\"}", SURROGATE },
    { "{\"k\":\"\\uD800\"}", SURROGATE },
    { "{\"k\":\"\\uDbFf\"}", SURROGATE },
    { "{\"k\":\"\\udc00\"}", SURROGATE },
    { "{\"k\":\"\\uDFFF\"}", SURROGATE },
    { "{\"k\":\"\\ud800x\"}", SURROGATE },
    { "{\"k\":\"\\ud800\\n\"}", SURROGATE },
    { "{\"k\":\"\\ud800\\\\udc00\"}", SURROGATE },
    { "{\"k\":\"\\ud800\\u0041\"}", SURROGATE },
    { "{\"k\":\"\\ud800\\ud800\\udc00\"}", SURROGATE },
    { "{\"k\":\"\\udc00\\ud800\"}", SURROGATE },
    { "{\"k\":\"\\udc00\\udc00\"}", SURROGATE },
    { "{\"k\":\"\\ud83d\\ude00\\ude00\"}", SURROGATE },
    { "{\"k\":\"\\\\\\ud800\"}", SURROGATE },
    { "{\"\\ud800\":\"v\"}", SURROGATE },
    { "{\"k\":\"\\ud800", SURROGATE },
    { "{\"k\":\"\xff\"}", NO_UTF8 },
    { "{\"k\":\"\xc3\"}", NO_UTF8 },
    { "{\"k\":\"\xed\xa0\x80\"}", NO_UTF8 },
    { "{\"k\":\"\xc0\x80\"}", NO_UTF8 },
    { "{\"\xff\":\"v\"}", NO_UTF8 },
    { "{}\xff", NO_UTF8 },
};

START_TEST(refuses_other_bodies)
{
    mt_json_t *object;

    ck_assert_msg(parse(refused[_i].body, &object) != NULL, "accepted: %s", refused[_i].body);
    ck_assert_msg(object == NULL, "returned an object: %s", refused[_i].body);
    ck_assert_pstr_eq(parse(refused[_i].body, &object), refused[_i].reason);
}
END_TEST

START_TEST(refuses_a_raw_nul)
{
    static const char in_string[] = "{\"k\":\"a\0b\"}";
    static const char in_key[] = "{\"k\0\":\"a\"}";
    static const char behind[] = "{}\0";
    mt_json_t *object;

    ck_assert_pstr_eq(mt_json_parse(test_pool, in_string, sizeof(in_string) - 1, &object), NUL);
    ck_assert_pstr_eq(mt_json_parse(test_pool, in_key, sizeof(in_key) - 1, &object), NUL);
    ck_assert_pstr_eq(mt_json_parse(test_pool, behind, sizeof(behind) - 1, &object), NUL);
    ck_assert_pstr_eq(mt_json_parse(test_pool, "\0", 1, &object), NUL);
    ck_assert_pstr_eq(mt_json_parse(test_pool, NULL, 0, &object), NO_OBJECT);
}
END_TEST

START_TEST(ends_at_its_length)
{
    mt_json_t *object;

    ck_assert_ptr_null(mt_json_parse(test_pool, "{} x", 2, &object));
    ck_assert_pstr_eq(mt_json_parse(test_pool, "{}", 1, &object), MALFORMED);
    ck_assert_pstr_eq(mt_json_parse(test_pool, "{\"k\":true}", 8, &object), MALFORMED);
}
END_TEST

/* Returns an object with nested arrays. The innermost one holds the value. */
static const char *nested(int arrays, const char *value)
{
    return apr_pstrcat(test_pool, "{\"k\":", test_support_repeat("[", arrays), value, test_support_repeat("]", arrays),
                       "}", NULL);
}

START_TEST(limits_nesting)
{
    mt_json_t *object;

    ck_assert_pstr_eq(parse(nested(15, ""), &object), NULL);
    ck_assert_pstr_eq(parse(nested(15, "1"), &object), NULL);
    ck_assert_pstr_eq(parse(nested(16, ""), &object), TOO_DEEP);
    ck_assert_pstr_eq(parse(nested(1000000, ""), &object), TOO_DEEP);
    ck_assert_pstr_eq(parse(test_support_repeat("{\"k\":", 17), &object), TOO_DEEP);
    /* Many arrays beside each other are not nested. */
    ck_assert_pstr_eq(
        parse(apr_pstrcat(test_pool, "{\"k\":[", test_support_repeat("[[]],", 300), "{}]}", NULL), &object), NULL);
}
END_TEST

/* So a body makes json-c allocate a limited number of objects. */
START_TEST(limits_parts)
{
    mt_json_t *object;

    /* The two brackets and the last value are parts, too. */
    ck_assert_pstr_eq(parse(apr_pstrcat(test_pool, "{\"k\":[", test_support_repeat("0,", 998), "0]}", NULL), &object),
                      NULL);
    ck_assert_pstr_eq(parse(apr_pstrcat(test_pool, "{\"k\":[", test_support_repeat("0,", 999), "0]}", NULL), &object),
                      TOO_MANY);
    ck_assert_pstr_eq(parse(apr_pstrcat(test_pool, "{\"k\":[", test_support_repeat("{},", 499), "0]}", NULL), &object),
                      NULL);
    ck_assert_pstr_eq(parse(apr_pstrcat(test_pool, "{\"k\":[", test_support_repeat("{},", 500), "0]}", NULL), &object),
                      TOO_MANY);
    ck_assert_pstr_eq(
        parse(apr_pstrcat(test_pool, "{", test_support_repeat("\"k\":0,", 1000), "\"k\":0}", NULL), &object), TOO_MANY);
    /* Brackets and commas in a string are not parts. */
    ck_assert_pstr_eq(
        parse(apr_pstrcat(test_pool, "{\"k\":\"", test_support_repeat(",[{", 1000), "\"}", NULL), &object), NULL);
}
END_TEST

START_TEST(keeps_a_long_string_whole)
{
    const char *text = test_support_repeat("\xf0\x9f\x98\x80x", 20000);
    mt_json_t *object;
    const char *value;

    ck_assert_ptr_null(parse(apr_pstrcat(test_pool, "{\"k\":\"", text, "\"}", NULL), &object));
    ck_assert_int_eq(mt_json_get(object, "k", &value), MT_JSON_STRING);
    ck_assert_str_eq(value, text);
}
END_TEST

START_TEST(numbers_and_booleans)
{
    mt_json_t *object;
    apr_int64_t integer;
    double number;
    int boolean;

    ck_assert_ptr_null(parse("{\"i\":-7,\"d\":1.5,\"e\":1e3,\"s\":\"1\",\"b\":true,\"n\":null,"
                             "\"big\":9223372036854775807,\"bigger\":18446744073709551616}",
                             &object));
    ck_assert(mt_json_get_integer(object, "i", &integer));
    ck_assert_int_eq(integer, -7);
    ck_assert(mt_json_get_number(object, "i", &number) && number == -7);
    ck_assert(mt_json_get_number(object, "d", &number) && number == 1.5);
    ck_assert(mt_json_get_number(object, "e", &number) && number == 1000);
    ck_assert(mt_json_get_boolean(object, "b", &boolean) && boolean == 1);
    ck_assert(!mt_json_get_integer(object, "d", &integer) && !mt_json_get_integer(object, "e", &integer));
    ck_assert(!mt_json_get_integer(object, "s", &integer) && !mt_json_get_integer(object, "n", &integer));
    ck_assert(!mt_json_get_integer(object, "big", &integer) && !mt_json_get_integer(object, "bigger", &integer));
    ck_assert(!mt_json_get_integer(object, "none", &integer) && !mt_json_get_number(object, "none", &number));
    ck_assert(!mt_json_get_number(object, "s", &number) && !mt_json_get_number(object, "b", &number));
    ck_assert(!mt_json_get_boolean(object, "i", &boolean) && !mt_json_get_boolean(object, "none", &boolean));
}
END_TEST

Suite *test_json_suite(void)
{
    Suite *suite = suite_create("json");
    TCase *tests = test_support_case(suite, "json");

    tcase_add_loop_test(tests, accepts_an_object, 0, sizeof(accepted) / sizeof(accepted[0]));
    tcase_add_loop_test(tests, refuses_other_bodies, 0, sizeof(refused) / sizeof(refused[0]));
    tcase_add_test(tests, refuses_a_raw_nul);
    tcase_add_test(tests, ends_at_its_length);
    tcase_add_test(tests, limits_nesting);
    tcase_add_test(tests, limits_parts);
    tcase_add_test(tests, keeps_a_long_string_whole);
    tcase_add_test(tests, numbers_and_booleans);
    return suite;
}
