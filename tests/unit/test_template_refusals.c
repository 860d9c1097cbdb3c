/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "suites.h"
#include "support.h"
#include "template_support.h"

#include <apr_file_info.h>
#include <apr_file_io.h>
#include <apr_strings.h>
#include <string.h>

/* Returns the message about the saved files without the folder. */
static const char *refuse_saved(void)
{
    const mt_template_t *compiled = NULL;
    const char *problem = template_support_load(&compiled);

    ck_assert_ptr_nonnull(problem);
    ck_assert_ptr_null(compiled);
    ck_assert_int_eq(strncmp(problem, template_support_dir, strlen(template_support_dir)), 0);
    return problem + strlen(template_support_dir) + 1;
}

static const char *refuse(const char *layout, const char *page)
{
    template_support_save("layout.html", layout);
    template_support_save("page.html", page);
    return refuse_saved();
}

#define assert_begins(text, expected)                                                                                  \
    do {                                                                                                               \
        const char *actual = (text);                                                                                   \
        ck_assert_msg(strncmp(actual, expected, strlen(expected)) == 0, "%s", actual);                                 \
    } while (0)

#define assert_holds(text, expected)                                                                                   \
    do {                                                                                                               \
        const char *actual = (text);                                                                                   \
        ck_assert_msg(strstr(actual, expected) != NULL, "%s", actual);                                                 \
    } while (0)

START_TEST(unknown_fields_are_refused)
{
    assert_begins(refuse("{{> page}}", "\n\n{{nmae}}"), "page.html:3: there is no field \"nmae\" here; ");
    assert_holds(refuse("{{> page}}", "{{nmae}}"), "use one of: text, url, phrase, flag, messages, title, user, dark");
    assert_holds(refuse("{{> page}}", "{{#messages}}{{x}}{{/messages}}"),
                 ": username, text, own, replies, text, url, ");
    assert_begins(refuse("{{> page}}", "{{#x}}{{/x}}"), "page.html:1: there is no field \"x\" here; ");
    assert_begins(refuse("{{> page}}", "{{^x}}{{/x}}"), "page.html:1: there is no field \"x\" here; ");
    assert_begins(refuse("{{> page}}", "{{&x}}"), "page.html:1: there is no field \"x\" here; ");
    assert_begins(refuse("{{> page}}", "{{tex}}"), "page.html:1: there is no field \"tex\" here; ");
    assert_begins(refuse("{{> page}}", "{{texts}}"), "page.html:1: there is no field \"texts\" here; ");
    assert_begins(refuse("{{> page}}", "{{Text}}"), "page.html:1: there is no field \"Text\" here; ");
    assert_begins(refuse("{{> page}}", "{{text text}}"), "page.html:1: there is no field \"text text\" here; ");
    assert_begins(refuse("{{> page}}", "{{\xc3\xa9}}"), "page.html:1: there is no field \"\xc3\xa9\" here; ");
    /* Fields of a list or of the page do not exist outside it. */
    assert_begins(refuse("{{> page}}", "{{#messages}}{{/messages}}{{username}}"), "page.html:1: there is no field ");
    assert_begins(refuse("{{text}}{{> page}}", ""),
                  "layout.html:1: there is no field \"text\" here; use one of: title, user, dark");
}
END_TEST

START_TEST(lists_and_flags_are_not_texts)
{
    assert_begins(refuse("{{> page}}", "\n{{messages}}"),
                  "page.html:2: messages is a list, not a text; write {{#messages}} ");
    assert_begins(refuse("{{> page}}", "{{&messages}}"), "page.html:1: messages is a list, not a text; ");
    assert_begins(refuse("{{> page}}", "{{flag}}"), "page.html:1: flag is a flag, not a text; write {{#flag}} ");
}
END_TEST

START_TEST(sections_must_be_closed)
{
    assert_begins(refuse("{{> page}}", "a\n{{#text}}\nb\n"), "page.html:2: {{#text}} is never closed; ");
    assert_begins(refuse("{{> page}}", "{{^text}}"), "page.html:1: {{^text}} is never closed; ");
    assert_begins(refuse("{{#user}}\n{{> page}}", ""), "layout.html:1: {{#user}} is never closed; ");
    /* A section begins and ends in the same file. */
    assert_begins(refuse("{{#user}}\n{{> page}}\n{{/user}}", "{{/user}}"),
                  "page.html:1: {{/user}} closes a section that was ");
    assert_begins(refuse("{{> page}}{{/user}}", "{{#user}}"), "page.html:1: {{#user}} is never closed; ");
}
END_TEST

START_TEST(sections_must_not_cross)
{
    assert_begins(refuse("{{> page}}", "{{/text}}"), "page.html:1: {{/text}} closes a section that was never opened; ");
    assert_begins(
        refuse("{{> page}}", "{{#text}}\n{{#flag}}\n{{/text}}\n{{/flag}}"),
        "page.html:3: {{/text}} comes before the end of {{#flag}} of line 2; first close that section with {{/flag}}");
    assert_begins(refuse("{{> page}}", "{{#text}}{{/flag}}"),
                  "page.html:1: {{/flag}} comes before the end of {{#text}} ");
    assert_begins(refuse("{{> page}}", "{{#text}}{{/tex}}"), "page.html:1: {{/tex}} comes before the end of ");
    assert_begins(refuse("{{> page}}", "{{#text}}{{/text}}{{/text}}"),
                  "page.html:1: {{/text}} closes a section that was ");
}
END_TEST

START_TEST(nesting_is_limited)
{
    assert_begins(refuse("{{> page}}", apr_pstrcat(test_pool, "\n", template_support_nested(17), NULL)),
                  "page.html:2: sections are nested deeper than 16; ");
    assert_begins(refuse("{{#dark}}{{> page}}{{/dark}}", template_support_nested(16)),
                  "page.html:1: sections are nested deeper than 16; ");
}
END_TEST

START_TEST(tags_must_be_closed)
{
    static const char *const open[] = {
        "{{",  "{{text", "{{text}",    "{{text\n}}",  "{{#text\n}}{{/text}}", "{{text {{url}}", "{{! {{text}} }}",
        "{{!", "{{! }",  "{{text}\n}", "{{{{text}}}}"
    };

    for (size_t i = 0; i < sizeof(open) / sizeof(open[0]); i++)
        assert_begins(refuse("{{> page}}", apr_pstrcat(test_pool, "\n\n", open[i], NULL)),
                      "page.html:3: a tag is not closed; ");
}
END_TEST

START_TEST(empty_and_unknown_tags_are_refused)
{
    static const char *const empty[] = {
        "{{}}", "{{ }}", "{{#}}", "{{/ }}", "{{^}}", "{{&}}", "{{>}}", "{{#text}}{{/}}"
    };
    static const char *const unknown[] = { "{{{text}}}", "{{=<% %>=}}", "{{*text}}", "{{$text}}", "{{<page}}",
                                           "{{.}}",      "{{##text}}",  "{{@x}}",    "{{-}}",     "{{%x}}" };

    for (size_t i = 0; i < sizeof(empty) / sizeof(empty[0]); i++)
        assert_begins(refuse("{{> page}}", empty[i]), "page.html:1: this tag is empty; ");
    for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++)
        assert_holds(refuse("{{> page}}", unknown[i]), " does not begin a tag; ");
}
END_TEST

START_TEST(the_page_is_inserted_once)
{
    assert_begins(refuse("<html>\n", ""), "layout.html:2: there is no {{> page}}; ");
    assert_begins(refuse("", ""), "layout.html:1: there is no {{> page}}; ");
    assert_begins(refuse("{{> page}}\n\n{{> page}}", ""), "layout.html:3: {{> page}} is already on line 1; ");
    assert_begins(refuse("{{> page}}", "\n{{> page}}"), "page.html:2: {{> page}} is in a page; ");
    template_support_save("part.html", "\n{{> page}}");
    assert_begins(refuse("{{> part}}", ""), "part.html:2: {{> page}} is in a page; ");
    assert_begins(refuse("{{> page}}", "{{> part}}"), "part.html:2: {{> page}} is in a page; ");
}
END_TEST

/* Returns the text that a message has for a line of the page that inserts a file. */
static const char *inserted_by(const char *line)
{
    return apr_pstrcat(test_pool, " (", template_support_path(line), " inserts this file)", NULL);
}

START_TEST(mistakes_in_inserted_files_have_their_lines)
{
    const char *problem;

    template_support_save("part.html", "a\n{{nmae}}\n");
    problem = refuse("{{> page}}", "\n\n{{> part}}");
    assert_begins(problem, "part.html:2: there is no field \"nmae\" here; use one of: text, url, ");
    assert_holds(problem, inserted_by("page.html:3"));
    template_support_save("other.html", "\n{{> part}}");
    problem = refuse("{{> page}}", "{{> other}}");
    assert_begins(problem, "part.html:2: there is no field ");
    assert_holds(problem, apr_pstrcat(test_pool, inserted_by("other.html:2"), inserted_by("page.html:1"), NULL));
    /* The fields of the page and of a list do not exist outside it. */
    template_support_save("part.html", "{{text}}");
    assert_begins(refuse("{{> page}}\n{{> part}}", "{{> part}}"),
                  "part.html:1: there is no field \"text\" here; use one of: title, user, dark (");
    template_support_save("part.html", "{{username}}");
    assert_begins(refuse("{{> page}}", "{{#messages}}{{> part}}{{/messages}}{{> part}}"),
                  "part.html:1: there is no field \"username\" here; ");
    /* A section begins and ends in the same file. */
    template_support_save("part.html", "\n{{/flag}}");
    assert_begins(refuse("{{> page}}", "{{#flag}}{{> part}}"), "part.html:2: {{/flag}} closes a section that was ");
    template_support_save("part.html", "\n{{#flag}}");
    assert_begins(refuse("{{> page}}", "{{> part}}{{/flag}}"), "part.html:2: {{#flag}} is never closed; ");
}
END_TEST

START_TEST(files_that_cannot_be_inserted_are_refused)
{
    static const char *const names[] = { "a/b", "a/../b", "part.html", "a b", "\xc3\xa6" };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const char *tag = apr_pstrcat(test_pool, "{{> ", names[i], "}}", NULL);
        const char *problem = refuse("{{> page}}", apr_pstrcat(test_pool, "\n", tag, NULL));

        assert_begins(problem, "page.html:2: {{> ");
        assert_holds(problem, "cannot be inserted; give the name of a file of this folder ");
    }
    assert_begins(refuse("{{> page}}", "{{> /etc/passwd}}"), "page.html:1: {{/ does not begin a tag; ");
    assert_begins(refuse("{{> page}}", "{{> ../part}}"), "page.html:1: {{. does not begin a tag; ");
    assert_begins(refuse("{{> page}}\n{{> footer}}", ""), "layout.html:2: {{> footer}} cannot be inserted: ");
    assert_holds(refuse("{{> page}}", "{{> footer}}"), "/footer.html: could not be read: No such file or directory; ");
    template_support_save("part.html", "\n\xff");
    assert_begins(refuse("{{> page}}", "{{> part}}"), "page.html:1: {{> part}} cannot be inserted: ");
    assert_holds(refuse("{{> page}}", "{{> part}}"), "/part.html:2: this line is not valid UTF-8; ");
}
END_TEST

START_TEST(files_are_not_inserted_into_themselves)
{
    template_support_save("part.html", "\n{{> part}}");
    assert_begins(refuse("{{> page}}", "{{> part}}"), "part.html:2: {{> part}} inserts a file into itself; ");
    template_support_save("part.html", "{{> other}}");
    template_support_save("other.html", "{{> part}}");
    assert_begins(refuse("{{> page}}", "{{> part}}"), "other.html:1: {{> part}} inserts a file into itself; ");
    assert_begins(refuse("{{> page}}", "{{> layout}}"), "page.html:1: {{> layout}} inserts a file into itself; ");
    assert_begins(refuse("{{> layout}}", ""), "layout.html:1: {{> layout}} inserts a file into itself; ");
}
END_TEST

START_TEST(insertions_are_limited)
{
    template_support_save("part.html", "x");
    assert_begins(
        refuse("{{> page}}", apr_pstrcat(test_pool, test_support_repeat("{{> part}}", 64), "\n{{> part}}", NULL)),
        "page.html:2: more than 64 files are inserted into this page; ");
    /* The files of the layout count, too. */
    assert_begins(refuse("{{> part}}{{> page}}", test_support_repeat("{{> part}}", 64)),
                  "page.html:1: more than 64 files are inserted into this page; ");
    template_support_save("part.html", test_support_repeat("{{> other}}", 40));
    template_support_save("other.html", "x");
    assert_begins(refuse("{{> page}}", "{{> part}}{{> part}}"), "part.html:1: more than 64 files are inserted ");
}
END_TEST

START_TEST(texts_of_the_program_insert_no_files)
{
    const mt_template_t *compiled = NULL;

    assert_begins(mt_template_parse(test_pool, "name", "\n{{> part}}", template_support_fields, &compiled),
                  "name:2: {{> part}} cannot be inserted; ");
    ck_assert_ptr_null(compiled);
}
END_TEST

START_TEST(the_page_is_not_inserted_in_a_list)
{
    const mt_template_t *compiled;
    const char *problem;

    template_support_save("layout.html", "{{#messages}}{{> page}}{{/messages}}");
    template_support_save("page.html", "");
    problem = mt_template_load(test_pool, template_support_dir, "page.html", template_support_fields,
                               template_support_fields, &compiled);
    ck_assert_ptr_nonnull(problem);
    assert_holds(problem, "layout.html:1: {{> page}} is inside a list; ");
}
END_TEST

START_TEST(lines_within_tags_are_counted)
{
    assert_begins(refuse("{{> page}}", "{{! a\nb }}\n{{#text}}\n{{/text}}\n\n{{text}}\n{{x}}"), "page.html:7: ");
    assert_begins(refuse("{{> page}}", "{{! a\nb }} {{#text}}\r\n{{/text}}\r\n{{x}}"), "page.html:4: ");
    assert_begins(refuse("\n{{> page}}\n{{x}}", "\n\n\n"), "layout.html:3: ");
}
END_TEST

START_TEST(files_must_be_readable)
{
    assert_begins(refuse_saved(), "layout.html: could not be read: No such file or directory; ");
    template_support_save("layout.html", "{{> page}}");
    assert_begins(refuse_saved(), "page.html: could not be read: No such file or directory; ");
    ck_assert_int_eq(apr_dir_make(template_support_path("page.html"), APR_FPROT_OS_DEFAULT, test_pool), APR_SUCCESS);
    assert_begins(refuse_saved(), "page.html: could not be read: Is a directory; ");
    ck_assert_int_eq(apr_dir_remove(template_support_path("page.html"), test_pool), APR_SUCCESS);
}
END_TEST

START_TEST(files_must_not_be_huge)
{
    const char *largest = test_support_repeat("0123456789abcdef", 65536);

    assert_begins(refuse("{{> page}}", apr_pstrcat(test_pool, largest, "x", NULL)),
                  "page.html: is larger than 1048576 bytes; ");
}
END_TEST

START_TEST(files_must_be_utf8)
{
    static const char nul[] = "a\nb\0c";

    assert_begins(refuse("{{> page}}", "a\nb\n\xff\n"), "page.html:3: this line is not valid UTF-8; ");
    assert_begins(refuse("{{> page}}", "\xc3"), "page.html:1: this line is not valid UTF-8; ");
    assert_begins(refuse("{{> page}}\n\xe9", ""), "layout.html:2: this line is not valid UTF-8; ");
    assert_begins(refuse("{{> page}}", "\xed\xa0\x80"), "page.html:1: this line is not valid UTF-8; ");
    template_support_save("layout.html", "{{> page}}");
    template_support_save_bytes("page.html", nul, sizeof(nul) - 1);
    assert_begins(refuse_saved(), "page.html:2: this line is not valid UTF-8; ");
}
END_TEST

Suite *test_template_refusals_suite(void)
{
    Suite *suite = suite_create("template_refusals");
    TCase *tests = template_support_case(suite, "refuse");

    tcase_add_test(tests, unknown_fields_are_refused);
    tcase_add_test(tests, lists_and_flags_are_not_texts);
    tcase_add_test(tests, sections_must_be_closed);
    tcase_add_test(tests, sections_must_not_cross);
    tcase_add_test(tests, nesting_is_limited);
    tcase_add_test(tests, tags_must_be_closed);
    tcase_add_test(tests, empty_and_unknown_tags_are_refused);
    tcase_add_test(tests, the_page_is_inserted_once);
    tcase_add_test(tests, the_page_is_not_inserted_in_a_list);
    tcase_add_test(tests, mistakes_in_inserted_files_have_their_lines);
    tcase_add_test(tests, files_that_cannot_be_inserted_are_refused);
    tcase_add_test(tests, files_are_not_inserted_into_themselves);
    tcase_add_test(tests, insertions_are_limited);
    tcase_add_test(tests, texts_of_the_program_insert_no_files);
    tcase_add_test(tests, lines_within_tags_are_counted);
    tcase_add_test(tests, files_must_be_readable);
    tcase_add_test(tests, files_must_not_be_huge);
    tcase_add_test(tests, files_must_be_utf8);
    return suite;
}
