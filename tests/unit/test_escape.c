/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/escape.h"
#include "core/json.h"
#include "suites.h"
#include "support.h"

#include <apr_strings.h>
#include <stdio.h>
#include <string.h>

static const char *html(const char *text)
{
    mt_buffer_t buffer;

    mt_buffer_init(&buffer, test_pool, 0);
    mt_escape_html(&buffer, text, strlen(text));
    return mt_buffer_text(&buffer);
}

static const char *json(const char *text)
{
    mt_buffer_t buffer;

    mt_buffer_init(&buffer, test_pool, 0);
    mt_escape_json(&buffer, text);
    return mt_buffer_text(&buffer);
}

START_TEST(html_escapes_special_characters)
{
    ck_assert_str_eq(html(""), "");
    ck_assert_str_eq(html("plain"), "plain");
    ck_assert_str_eq(html("\"foo\""), "&#34;foo&#34;");
    ck_assert_str_eq(html("<a href='x'>&amp;</a>"), "&lt;a href=&#39;x&#39;&gt;&amp;amp;&lt;/a&gt;");
    ck_assert_str_eq(html("&&"), "&amp;&amp;");
    ck_assert_str_eq(html("a<"), "a&lt;");
    ck_assert_str_eq(html("gr\xc3\xbc\xc3\x9f \xf0\x9f\x98\x80"), "gr\xc3\xbc\xc3\x9f \xf0\x9f\x98\x80");
}
END_TEST

static const char *phrase(const char *text)
{
    mt_buffer_t buffer;

    mt_buffer_init(&buffer, test_pool, 0);
    mt_escape_html_phrase(&buffer, text);
    return mt_buffer_text(&buffer);
}

START_TEST(isolates_in_a_phrase_become_elements)
{
    ck_assert_str_eq(phrase(""), "");
    ck_assert_str_eq(phrase("a <b> \xe2\x82\xac"), "a &lt;b&gt; \xe2\x82\xac");
    ck_assert_str_eq(phrase("a \xe2\x81\xa8<b>\xe2\x81\xa9 \xe2\x81\xa8\xe2\x81\xa9"),
                     "a <bdi>&lt;b&gt;</bdi> <bdi></bdi>");
    /* The inner isolates belong to the name. */
    ck_assert_str_eq(phrase("\xe2\x81\xa8\xe2\x81\xa6x\xe2\x81\xa9\xe2\x81\xa8\xe2\x81\xa9y\xe2\x81\xa9z"),
                     "<bdi>\xe2\x81\xa6x\xe2\x81\xa9\xe2\x81\xa8\xe2\x81\xa9y</bdi>z");
    ck_assert_str_eq(phrase("\xe2\x81\xa9\xe2\x81\xa6"), "\xe2\x81\xa9\xe2\x81\xa6");
    ck_assert_str_eq(phrase("\xe2\x81\xa8x"), "<bdi>x</bdi>");
}
END_TEST

START_TEST(html_stops_at_its_length)
{
    mt_buffer_t buffer;

    mt_buffer_init(&buffer, test_pool, 0);
    mt_escape_html(&buffer, "a<b<c", 3);
    mt_escape_html(&buffer, "ignored", 0);
    ck_assert_str_eq(mt_buffer_text(&buffer), "a&lt;b");
}
END_TEST

START_TEST(json_escapes_special_characters)
{
    ck_assert_str_eq(json(""), "\"\"");
    ck_assert_str_eq(json("plain"), "\"plain\"");
    ck_assert_str_eq(json("say \"hi\""), "\"say \\\"hi\\\"\"");
    ck_assert_str_eq(json("C:\\u0000"), "\"C:\\\\u0000\"");
    ck_assert_str_eq(json("\b\f\n\r\t"), "\"\\b\\f\\n\\r\\t\"");
    ck_assert_str_eq(json("\x01\x0b\x1f"), "\"\\u0001\\u000b\\u001f\"");
    ck_assert_str_eq(json("</script>"), "\"</script>\"");
    ck_assert_str_eq(json("\xc3\xbc\x7f"), "\"\xc3\xbc\x7f\"");
}
END_TEST

START_TEST(json_parses_to_the_same_text)
{
    char text[] = "x\xf0\x9f\x98\x80y";

    for (int c = 1; c < 128; c++) {
        const char *body;
        const char *value;
        mt_json_t *object;

        text[0] = (char)c;
        body = apr_pstrcat(test_pool, "{\"k\":", json(text), "}", NULL);
        ck_assert_ptr_null(mt_json_parse(test_pool, body, strlen(body), &object));
        ck_assert_int_eq(mt_json_get(object, "k", &value), MT_JSON_STRING);
        ck_assert_str_eq(value, text);
    }
}
END_TEST

START_TEST(json_members_are_separated_by_commas)
{
    mt_buffer_t buffer;

    mt_buffer_init(&buffer, test_pool, 0);
    mt_buffer_append_text(&buffer, "{");
    mt_escape_json_member(&buffer, "a\n", "\"{");
    mt_escape_json_member(&buffer, "", NULL);
    mt_buffer_append_text(&buffer, ",\"list\":[{");
    mt_escape_json_member(&buffer, "c", "");
    mt_buffer_append_text(&buffer, "}]");
    mt_escape_json_member(&buffer, "d", "{");
    mt_escape_json_member(&buffer, "e", "f");
    ck_assert_str_eq(mt_buffer_text(&buffer),
                     "{\"a\\n\":\"\\\"{\",\"\":null,\"list\":[{\"c\":\"\"}],\"d\":\"{\",\"e\":\"f\"");
}
END_TEST

static const char *json_bytes(const char *data, apr_size_t len, apr_size_t max)
{
    mt_buffer_t buffer;

    mt_buffer_init(&buffer, test_pool, 0);
    mt_escape_json_bytes(&buffer, data, len, max);
    return mt_buffer_text(&buffer);
}

static const struct {
    const char *data;
    apr_size_t len;
    const char *text;
} strings[] = {
    { "", 0, "\"\"" },
    { "plain", 5, "\"plain\"" },
    { "a\"b", 3, "\"a\\\"b\"" },
    { "a\\b", 3, "\"a\\\\\\\\b\"" },
    { "\b\t\n\f\r", 5, "\"\\b\\t\\n\\f\\r\"" },
    { "\0\x01\x1f\x7f", 4, "\"\\u0000\\u0001\\u001f\x7f\"" },
    { "\xff\x80", 2, "\"\\\\xff\\\\x80\"" },
    { "\xc3\xa6\xe2\x82\xac\xf0\x9f\x98\x80", 9, "\"\xc3\xa6\xe2\x82\xac\xf0\x9f\x98\x80\"" },
    { "\xe2\x82", 2, "\"\\\\xe2\\\\x82\"" },            /* the last byte is missing */
    { "\xe2\x82z", 3, "\"\\\\xe2\\\\x82z\"" },          /* the last byte is wrong */
    { "\xc0\xaf", 2, "\"\\\\xc0\\\\xaf\"" },            /* overlong */
    { "\xed\xa0\x80", 3, "\"\\\\xed\\\\xa0\\\\x80\"" }, /* a surrogate */
    { "\xe2\x80\xa8", 3, "\"\xe2\x80\xa8\"" },          /* U+2028 */
    { "\\xff", 4, "\"\\\\\\\\xff\"" },                  /* this text must not look like an escape */
};

START_TEST(json_bytes_escapes_invalid_utf8)
{
    ck_assert_str_eq(json_bytes(strings[_i].data, strings[_i].len, MT_ESCAPE_UNLIMITED), strings[_i].text);
}
END_TEST

/* json-c undoes one step and this test the other, for each pair of bytes. An assertion that holds costs Check a system
 * call, too many for this loop. */
START_TEST(json_bytes_can_be_restored)
{
    for (int pair = 0x101; pair < 0x10000; pair++) {
        char data[] = { (char)(pair >> 8), (char)pair, 'x', '\0' };
        char restored[8];
        apr_size_t len = 0;
        const char *value;
        mt_json_t *object;

        if (data[0] == '\0' || data[1] == '\0')
            continue;
        const char *body = apr_pstrcat(test_pool, "{\"k\":", json_bytes(data, 3, MT_ESCAPE_UNLIMITED), "}", NULL);
        if (mt_json_parse(test_pool, body, strlen(body), &object) || mt_json_get(object, "k", &value) != MT_JSON_STRING)
            ck_abort_msg("%s", body);
        while (*value) {
            if (value[0] == '\\' && value[1] == 'x') {
                unsigned byte;
                if (sscanf(value, "\\x%2x", &byte) != 1)
                    ck_abort_msg("%s", body);
                restored[len++] = (char)byte;
                value += 4;
            }
            else {
                value += value[0] == '\\';
                restored[len++] = *value++;
            }
        }
        if (len != 3 || memcmp(restored, data, 3) != 0)
            ck_abort_msg("%s", body);
    }
}
END_TEST

START_TEST(json_bytes_counts_the_bytes_that_it_omits)
{
    ck_assert_str_eq(json_bytes("abc", 3, 3), "\"abc\"");
    ck_assert_str_eq(json_bytes("abcd", 4, 3), "\"abc\\\\+1\"");
    ck_assert_str_eq(json_bytes("abcd", 4, 0), "\"\\\\+4\"");
    ck_assert_str_eq(json_bytes("", 0, 0), "\"\"");
    /* Escapes and characters are not cut. */
    ck_assert_str_eq(json_bytes("a\xff\xff", 3, 6), "\"a\\\\xff\\\\+1\"");
    ck_assert_str_eq(json_bytes("a\xff\xff", 3, 5), "\"a\\\\+2\"");
    ck_assert_str_eq(json_bytes("a\xe2\x82\xac!", 5, 4), "\"a\xe2\x82\xac\\\\+1\"");
    ck_assert_str_eq(json_bytes("a\xe2\x82\xac!", 5, 3), "\"a\\\\+4\"");
    ck_assert_str_eq(json_bytes("a\\", 2, 4), "\"a\\\\+1\"");
}
END_TEST

Suite *test_escape_suite(void)
{
    Suite *suite = suite_create("escape");
    TCase *tests = test_support_case(suite, "escape");

    tcase_add_test(tests, html_escapes_special_characters);
    tcase_add_test(tests, isolates_in_a_phrase_become_elements);
    tcase_add_test(tests, html_stops_at_its_length);
    tcase_add_test(tests, json_escapes_special_characters);
    tcase_add_test(tests, json_parses_to_the_same_text);
    tcase_add_test(tests, json_members_are_separated_by_commas);
    tcase_add_loop_test(tests, json_bytes_escapes_invalid_utf8, 0, sizeof(strings) / sizeof(strings[0]));
    tcase_add_test(tests, json_bytes_can_be_restored);
    tcase_add_test(tests, json_bytes_counts_the_bytes_that_it_omits);
    return suite;
}
