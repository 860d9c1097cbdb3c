/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/xml.h"
#include "suites.h"
#include "support.h"

#include <string.h>

#define REPLACEMENT "\xef\xbf\xbd"

static const char *escape(const char *text, apr_size_t len)
{
    mt_buffer_t buffer;

    mt_buffer_init(&buffer, test_pool, 0);
    mt_xml_escape(&buffer, text, len);
    return mt_buffer_text(&buffer);
}

static const struct {
    const char *text;
    const char *escaped;
} texts[] = {
    { "", "" },
    { "plain", "plain" },
    { "<a href=\"x\" id='y'>&amp;</a>", "&lt;a href=&#34;x&#34; id=&#39;y&#39;&gt;&amp;amp;&lt;/a&gt;" },
    { "]]>", "]]&gt;" },
    { "a\tb\r\nc", "a&#9;b&#13;&#10;c" },
    { "\x01\x08\x0b\x0c\x1f", REPLACEMENT REPLACEMENT REPLACEMENT REPLACEMENT REPLACEMENT },
    { " \x7f\xc2\x80", " \x7f\xc2\x80" },
    { "\xef\xbf\xbd", REPLACEMENT },
    { "a\xef\xbf\xbe"
      "b\xef\xbf\xbf",
      "a" REPLACEMENT "b" REPLACEMENT },
    /* U+FFBE and U+FFFC, which resemble them, and the last character of all */
    { "\xef\xbe\xbe\xef\xbf\xbc\xf4\x8f\xbf\xbf", "\xef\xbe\xbe\xef\xbf\xbc\xf4\x8f\xbf\xbf" },
    { "gr\xc3\xbc\xc3\x9f \xf0\x9f\x98\x80 \xe2\x81\xa8\xd7\x90\xe2\x81\xa9",
      "gr\xc3\xbc\xc3\x9f \xf0\x9f\x98\x80 \xe2\x81\xa8\xd7\x90\xe2\x81\xa9" },
    /* not valid UTF-8: a lone byte, the beginning of a character, a surrogate */
    { "\xff"
      "a\xe2\x82",
      REPLACEMENT "a" REPLACEMENT REPLACEMENT },
    { "\xed\xa0\x80", REPLACEMENT REPLACEMENT REPLACEMENT },
};

START_TEST(special_and_forbidden_characters_are_replaced)
{
    ck_assert_str_eq(escape(texts[_i].text, strlen(texts[_i].text)), texts[_i].escaped);
}
END_TEST

START_TEST(only_the_given_bytes_count)
{
    ck_assert_str_eq(escape("a<b", 1), "a");
    ck_assert_str_eq(escape("a\0b", 3), "a" REPLACEMENT "b");
}
END_TEST

Suite *test_xml_suite(void)
{
    Suite *suite = suite_create("xml");
    TCase *tests = test_support_case(suite, "xml");

    tcase_add_loop_test(tests, special_and_forbidden_characters_are_replaced, 0, sizeof(texts) / sizeof(texts[0]));
    tcase_add_test(tests, only_the_given_bytes_count);
    return suite;
}
