/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/escape.h"
#include "core/json.h"
#include "suites.h"
#include "support.h"

#include <apr_strings.h>
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

START_TEST(html_escapes_what_has_a_meaning)
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

START_TEST(html_stops_at_its_length)
{
    mt_buffer_t buffer;

    mt_buffer_init(&buffer, test_pool, 0);
    mt_escape_html(&buffer, "a<b<c", 3);
    mt_escape_html(&buffer, "ignored", 0);
    ck_assert_str_eq(mt_buffer_text(&buffer), "a&lt;b");
}
END_TEST

START_TEST(json_escapes_what_it_must)
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

START_TEST(json_reads_back_as_it_was)
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

Suite *test_escape_suite(void)
{
    Suite *suite = suite_create("escape");
    TCase *tests = test_support_case(suite, "escape");

    tcase_add_test(tests, html_escapes_what_has_a_meaning);
    tcase_add_test(tests, html_stops_at_its_length);
    tcase_add_test(tests, json_escapes_what_it_must);
    tcase_add_test(tests, json_reads_back_as_it_was);
    return suite;
}
