/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "suites.h"
#include "support.h"

#include "core/template.h"

#include <apr_file_info.h>
#include <apr_file_io.h>
#include <apr_strings.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

typedef struct reply_t {
    const char *text;
} reply_t;

typedef struct message_t {
    const char *username;
    const char *text;
    int own;
    mt_list_t replies;
} message_t;

typedef struct layout_t {
    const char *title;
    const char *user;
    int dark;
} layout_t;

typedef struct page_t {
    layout_t layout;
    const char *text;
    const char *url;
    int flag;
    mt_list_t messages;
} page_t;

static const mt_field_t reply_fields[] = { { "text", MT_FIELD_TEXT, offsetof(reply_t, text), NULL }, { 0 } };

static const mt_field_t message_fields[] = { { "username", MT_FIELD_TEXT, offsetof(message_t, username), NULL },
                                             { "text", MT_FIELD_TEXT, offsetof(message_t, text), NULL },
                                             { "own", MT_FIELD_FLAG, offsetof(message_t, own), NULL },
                                             { "replies", MT_FIELD_LIST, offsetof(message_t, replies), reply_fields },
                                             { 0 } };

static const mt_field_t layout_fields[] = { { "title", MT_FIELD_TEXT, offsetof(layout_t, title), NULL },
                                            { "user", MT_FIELD_TEXT, offsetof(layout_t, user), NULL },
                                            { "dark", MT_FIELD_FLAG, offsetof(layout_t, dark), NULL },
                                            { 0 } };

static const mt_field_t page_fields[] = { { "text", MT_FIELD_TEXT, offsetof(page_t, text), NULL },
                                          { "url", MT_FIELD_TEXT, offsetof(page_t, url), NULL },
                                          { "flag", MT_FIELD_FLAG, offsetof(page_t, flag), NULL },
                                          { "messages", MT_FIELD_LIST, offsetof(page_t, messages), message_fields },
                                          { 0 } };

static char dir[64];
static page_t view;

static void make_dir(void)
{
    strcpy(dir, "/tmp/test_template.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
    memset(&view, 0, sizeof(view));
}

static const char *path_of(const char *name)
{
    return apr_pstrcat(test_pool, dir, "/", name, NULL);
}

static void remove_dir(void)
{
    apr_file_remove(path_of("layout.html"), test_pool);
    apr_file_remove(path_of("page.html"), test_pool);
    ck_assert_int_eq(apr_dir_remove(dir, test_pool), APR_SUCCESS);
}

static void save_bytes(const char *name, const char *bytes, apr_size_t len)
{
    apr_file_t *file;

    ck_assert_int_eq(apr_file_open(&file, path_of(name), APR_FOPEN_WRITE | APR_FOPEN_CREATE | APR_FOPEN_TRUNCATE,
                                   APR_FPROT_OS_DEFAULT, test_pool),
                     APR_SUCCESS);
    ck_assert_int_eq(apr_file_write_full(file, bytes, len, NULL), APR_SUCCESS);
    ck_assert_int_eq(apr_file_close(file), APR_SUCCESS);
}

static void save(const char *name, const char *text)
{
    save_bytes(name, text, strlen(text));
}

static const char *load(const mt_template_t **compiled)
{
    return mt_template_load(test_pool, dir, "page.html", layout_fields, page_fields, compiled);
}

static const char *render_saved(void)
{
    const mt_template_t *compiled = NULL;
    const char *problem = load(&compiled);
    mt_buffer_t out;

    ck_assert_msg(problem == NULL, "%s", problem);
    mt_buffer_init(&out, test_pool, 0);
    mt_template_render(compiled, &view, &out);
    return mt_buffer_text(&out);
}

/* What the page makes of the view, in a layout that adds nothing. */
static const char *render(const char *page)
{
    save("layout.html", "{{> page}}");
    save("page.html", page);
    return render_saved();
}

/* What is wrong with them, without the folder. */
static const char *refuse_saved(void)
{
    const mt_template_t *compiled = NULL;
    const char *problem = load(&compiled);

    ck_assert_ptr_nonnull(problem);
    ck_assert_ptr_null(compiled);
    ck_assert_int_eq(strncmp(problem, dir, strlen(dir)), 0);
    return problem + strlen(dir) + 1;
}

static const char *refuse(const char *layout, const char *page)
{
    save("layout.html", layout);
    save("page.html", page);
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

static message_t messages[] = { { .username = "ada", .text = "<1>", .own = 1 },
                                { .username = "bob", .text = "" },
                                { .username = "cy", .text = "3" } };
static reply_t replies[] = { { "r1" }, { "r2" } };

static void add_messages(apr_size_t count)
{
    view.messages.items = messages;
    view.messages.count = count;
    view.messages.size = sizeof(messages[0]);
    messages[0].replies.items = replies;
    messages[0].replies.count = 2;
    messages[0].replies.size = sizeof(replies[0]);
}

START_TEST(plain_text_stays_as_it_is)
{
    static const char *const texts[] = { "",   "x",          "\n",        "a { b } }} } {", "{",
                                         "}}", "{ {text} }", "s\xc3\xa9", "\r\n x\r\n" };

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        ck_assert_str_eq(render(texts[i]), texts[i]);
}
END_TEST

START_TEST(fields_are_escaped)
{
    view.text = "<a href=\"x\">'&'</a>";
    ck_assert_str_eq(
        render("[{{text}}|{{ text }}|{{\ttext}}]"),
        "[&lt;a href=&#34;x&#34;&gt;&#39;&amp;&#39;&lt;/a&gt;|&lt;a href=&#34;x&#34;&gt;&#39;&amp;&#39;&lt;/a&gt;|"
        "&lt;a href=&#34;x&#34;&gt;&#39;&amp;&#39;&lt;/a&gt;]");
    ck_assert_str_eq(render("{{url}}"), "");
}
END_TEST

START_TEST(raw_fields_are_not)
{
    view.text = "<b>&";
    ck_assert_str_eq(render("{{&text}}{{& text }}"), "<b>&<b>&");
    ck_assert_str_eq(render("[{{&url}}]"), "[]");
}
END_TEST

START_TEST(what_a_field_holds_is_no_template)
{
    view.text = "{{url}}{{> page}}";
    view.url = "never";
    ck_assert_str_eq(render("{{text}}{{&text}}"), "{{url}}{{&gt; page}}{{url}}{{> page}}");
}
END_TEST

START_TEST(sections_show_what_is_there)
{
    static const char page[] = "{{#text}}T{{text}}{{/text}}{{^text}}t{{/text}}{{#flag}}F{{/flag}}{{^flag}}f{{/flag}}";

    ck_assert_str_eq(render(page), "tf");
    view.text = "";
    ck_assert_str_eq(render(page), "tf");
    view.text = "x";
    view.flag = 2;
    ck_assert_str_eq(render(page), "TxF");
    view.flag = -1;
    ck_assert_str_eq(render("{{#flag}}{{#text}}{{^url}}{{text}}{{/url}}{{/text}}{{/flag}}"), "x");
}
END_TEST

START_TEST(lists_are_shown_once_an_item)
{
    static const char page[] = "[{{#messages}}{{username}}:{{text}}{{#own}}!{{/own}}{{^text}}-{{/text}},{{/messages}}"
                               "{{^messages}}none{{/messages}}]";

    ck_assert_str_eq(render(page), "[none]");
    add_messages(1);
    ck_assert_str_eq(render(page), "[ada:&lt;1&gt;!,]");
    add_messages(3);
    ck_assert_str_eq(render(page), "[ada:&lt;1&gt;!,bob:-,cy:3,]");
}
END_TEST

START_TEST(names_mean_the_innermost_field)
{
    view.text = "page";
    view.url = "u";
    view.layout.title = "title";
    add_messages(2);
    ck_assert_str_eq(
        render("{{text}}{{#messages}}({{text}}{{url}}{{title}}{{#replies}}[{{text}}{{username}}{{url}}]{{/replies}}"
               "{{text}}){{/messages}}{{text}}"),
        "page(&lt;1&gt;utitle[r1adau][r2adau]&lt;1&gt;)(utitle)page");
}
END_TEST

START_TEST(sections_on_texts_keep_the_scope)
{
    view.url = "u";
    view.text = "page";
    add_messages(1);
    ck_assert_str_eq(render("{{#url}}{{text}}{{#messages}}{{#url}}{{text}}{{/url}}{{/messages}}{{/url}}"),
                     "page&lt;1&gt;");
}
END_TEST

START_TEST(one_list_may_be_nested_in_itself)
{
    add_messages(2);
    ck_assert_str_eq(render("{{#messages}}{{username}}({{#messages}}{{username}};{{/messages}}){{/messages}}"),
                     "ada(ada;bob;)bob(ada;bob;)");
}
END_TEST

START_TEST(comments_vanish)
{
    ck_assert_str_eq(render("a{{! b }}c{{!}}d{{!\n#/x\n}}e"), "acde");
}
END_TEST

START_TEST(tags_alone_on_a_line_take_the_line)
{
    view.flag = 1;
    view.text = "t";
    add_messages(2);
    ck_assert_str_eq(render("a\n{{#flag}}\nb\n{{/flag}}\nc\n"), "a\nb\nc\n");
    ck_assert_str_eq(render("a\n \t{{#flag}} \t\n  b\n\t{{/flag}}"), "a\n  b\n");
    ck_assert_str_eq(render("a\r\n{{#flag}}\r\nb\r\n{{/flag}}\r\nc\r\n"), "a\r\nb\r\nc\r\n");
    ck_assert_str_eq(render("{{#messages}}\n- {{username}}\n{{/messages}}\n"), "- ada\n- bob\n");
    ck_assert_str_eq(render("a\n  {{! one }}\n{{! two\n three }}\nb"), "a\nb");
    ck_assert_str_eq(render("{{! first }}\n{{! second }}\n"), "");
    ck_assert_str_eq(render("\n{{! first }}\n\n"), "\n\n");
}
END_TEST

START_TEST(tags_with_company_leave_the_line)
{
    view.flag = 1;
    view.text = "t";
    ck_assert_str_eq(render("a\n{{text}}\nb"), "a\nt\nb");
    ck_assert_str_eq(render(" {{&text}} \n"), " t \n");
    ck_assert_str_eq(render("{{#flag}}\nb{{/flag}}\nc"), "b\nc");
    ck_assert_str_eq(render("{{#flag}}{{/flag}}\n"), "\n");
    ck_assert_str_eq(render(" {{#flag}} {{/flag}} \n"), "   \n");
    ck_assert_str_eq(render("a {{! }}\nb"), "a \nb");
    ck_assert_str_eq(render("{{! }} a\nb"), " a\nb");
    ck_assert_str_eq(render("{{! }}\ra"), "\ra");
}
END_TEST

START_TEST(layout_surrounds_the_page)
{
    view.layout.title = "A & B";
    view.text = "text";
    save("layout.html",
         "<title>{{title}}</title>\n{{#user}}in{{/user}}{{^user}}out{{/user}}\n  {{> page}}\n<footer>\n");
    save("page.html", "<p>{{text}} {{title}}</p>\n");
    ck_assert_str_eq(render_saved(), "<title>A &amp; B</title>\nout\n<p>text A &amp; B</p>\n<footer>\n");
    save("layout.html", "[{{>page}}]");
    ck_assert_str_eq(render_saved(), "[<p>text A &amp; B</p>\n]");
    save("layout.html", "{{#dark}}[{{> page }}]{{/dark}}");
    ck_assert_str_eq(render_saved(), "");
    view.layout.dark = 1;
    ck_assert_str_eq(render_saved(), "[<p>text A &amp; B</p>\n]");
}
END_TEST

START_TEST(byte_order_marks_are_dropped)
{
    save("layout.html", "\xef\xbb\xbf{{> page}}");
    save("page.html", "\xef\xbb\xbf{{! alone }}\nx");
    ck_assert_str_eq(render_saved(), "x");
}
END_TEST

START_TEST(long_pages_are_rendered_whole)
{
    const char *piece = "0123456789 {{text}} {{#flag}}y{{/flag}}\n";
    const char *expected = "0123456789 &lt; y\n";

    view.text = "<";
    view.flag = 1;
    ck_assert_str_eq(render(test_support_repeat(piece, 5000)), test_support_repeat(expected, 5000));
}
END_TEST

START_TEST(nesting_goes_as_deep_as_promised)
{
    const char *sixteen = apr_pstrcat(test_pool, test_support_repeat("{{#messages}}", 16), "x",
                                      test_support_repeat("{{/messages}}", 16), NULL);
    const char *seventeen = apr_pstrcat(test_pool, "\n", test_support_repeat("{{#messages}}", 17), "x",
                                        test_support_repeat("{{/messages}}", 17), NULL);

    add_messages(1);
    ck_assert_str_eq(render(sixteen), "x");
    assert_begins(refuse("{{> page}}", seventeen), "page.html:2: sections are nested deeper than 16; ");
    assert_begins(refuse("{{#dark}}{{> page}}{{/dark}}", sixteen), "page.html:1: sections are nested deeper than 16; ");
    ck_assert_str_eq(render(test_support_repeat("{{#messages}}x{{/messages}}", 17)), test_support_repeat("x", 17));
}
END_TEST

START_TEST(compiled_templates_can_be_rendered_again)
{
    const mt_template_t *compiled = NULL;
    mt_buffer_t out;

    save("layout.html", "{{> page}}");
    save("page.html", "{{#messages}}{{username}}{{/messages}}{{text}}");
    ck_assert_ptr_null(load(&compiled));
    /* From now on the files do not matter. */
    save("page.html", "{{");
    mt_buffer_init(&out, test_pool, 0);
    add_messages(3);
    mt_template_render(compiled, &view, &out);
    view.messages.count = 0;
    view.text = "!";
    mt_template_render(compiled, &view, &out);
    ck_assert_str_eq(mt_buffer_text(&out), "adabobcy!");
}
END_TEST

START_TEST(unknown_fields_are_refused)
{
    assert_begins(refuse("{{> page}}", "\n\n{{nmae}}"), "page.html:3: there is no field \"nmae\" here; ");
    assert_holds(refuse("{{> page}}", "{{nmae}}"), "use one of: text, url, flag, messages, title, user, dark");
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
    /* What belongs to items, or to the page, is not known outside. */
    assert_begins(refuse("{{> page}}", "{{#messages}}{{/messages}}{{username}}"), "page.html:1: there is no field ");
    assert_begins(refuse("{{text}}{{> page}}", ""),
                  "layout.html:1: there is no field \"text\" here; use one of: title, user, dark");
}
END_TEST

START_TEST(fields_are_used_as_what_they_are)
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
    /* A page may not close what the layout opened, nor leave the layout to close its own. */
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
        "page.html:3: {{/text}} comes before the end of {{#flag}} of line 2; close that one first with {{/flag}}");
    assert_begins(refuse("{{> page}}", "{{#text}}{{/flag}}"),
                  "page.html:1: {{/flag}} comes before the end of {{#text}} ");
    assert_begins(refuse("{{> page}}", "{{#text}}{{/tex}}"), "page.html:1: {{/tex}} comes before the end of ");
    assert_begins(refuse("{{> page}}", "{{#text}}{{/text}}{{/text}}"),
                  "page.html:1: {{/text}} closes a section that was ");
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

START_TEST(tags_must_say_something)
{
    static const char *const empty[] = {
        "{{}}", "{{ }}", "{{#}}", "{{/ }}", "{{^}}", "{{&}}", "{{>}}", "{{#text}}{{/}}"
    };
    static const char *const unknown[] = { "{{{text}}}", "{{=<% %>=}}", "{{*text}}", "{{$text}}", "{{<page}}",
                                           "{{.}}",      "{{##text}}",  "{{@x}}",    "{{-}}",     "{{%x}}" };

    for (size_t i = 0; i < sizeof(empty) / sizeof(empty[0]); i++)
        assert_begins(refuse("{{> page}}", empty[i]), "page.html:1: this tag is empty; ");
    for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++)
        assert_holds(refuse("{{> page}}", unknown[i]), " is no kind of tag; ");
}
END_TEST

START_TEST(the_page_goes_in_once)
{
    assert_begins(refuse("<html>\n", ""), "layout.html:2: there is no {{> page}}; ");
    assert_begins(refuse("", ""), "layout.html:1: there is no {{> page}}; ");
    assert_begins(refuse("{{> page}}\n\n{{> page}}", ""), "layout.html:3: {{> page}} is on line 1 already; ");
    assert_begins(refuse("{{> page}}", "\n{{> page}}"), "page.html:2: {{> page}} stands in a page; ");
    assert_begins(refuse("{{> page}}\n{{> footer}}", ""), "layout.html:2: {{> footer}} cannot be inserted; ");
    assert_begins(refuse("{{> page}}", "{{> pag}}"), "page.html:1: {{> pag}} cannot be inserted; ");
}
END_TEST

START_TEST(the_page_goes_into_no_list)
{
    const mt_template_t *compiled;
    const char *problem;

    save("layout.html", "{{#messages}}{{> page}}{{/messages}}");
    save("page.html", "");
    problem = mt_template_load(test_pool, dir, "page.html", page_fields, page_fields, &compiled);
    ck_assert_ptr_nonnull(problem);
    assert_holds(problem, "layout.html:1: {{> page}} stands inside a list; ");
}
END_TEST

START_TEST(lines_are_counted_through_tags)
{
    assert_begins(refuse("{{> page}}", "{{! a\nb }}\n{{#text}}\n{{/text}}\n\n{{text}}\n{{x}}"), "page.html:7: ");
    assert_begins(refuse("{{> page}}", "{{! a\nb }} {{#text}}\r\n{{/text}}\r\n{{x}}"), "page.html:4: ");
    assert_begins(refuse("\n{{> page}}\n{{x}}", "\n\n\n"), "layout.html:3: ");
}
END_TEST

START_TEST(files_must_be_readable)
{
    assert_begins(refuse_saved(), "layout.html: cannot be read: No such file or directory; ");
    save("layout.html", "{{> page}}");
    assert_begins(refuse_saved(), "page.html: cannot be read: No such file or directory; ");
    ck_assert_int_eq(apr_dir_make(path_of("page.html"), APR_FPROT_OS_DEFAULT, test_pool), APR_SUCCESS);
    assert_begins(refuse_saved(), "page.html: cannot be read: Is a directory; ");
    ck_assert_int_eq(apr_dir_remove(path_of("page.html"), test_pool), APR_SUCCESS);
}
END_TEST

START_TEST(files_must_not_be_huge)
{
    const char *largest = test_support_repeat("0123456789abcdef", 65536);

    ck_assert_str_eq(render(largest), largest);
    assert_begins(refuse("{{> page}}", apr_pstrcat(test_pool, largest, "x", NULL)),
                  "page.html: is larger than 1048576 bytes; ");
}
END_TEST

START_TEST(files_must_be_utf8)
{
    static const char nul[] = "a\nb\0c";

    assert_begins(refuse("{{> page}}", "a\nb\n\xff\n"), "page.html:3: this line is not UTF-8; ");
    assert_begins(refuse("{{> page}}", "\xc3"), "page.html:1: this line is not UTF-8; ");
    assert_begins(refuse("{{> page}}\n\xe9", ""), "layout.html:2: this line is not UTF-8; ");
    assert_begins(refuse("{{> page}}", "\xed\xa0\x80"), "page.html:1: this line is not UTF-8; ");
    save("layout.html", "{{> page}}");
    save_bytes("page.html", nul, sizeof(nul) - 1);
    assert_begins(refuse_saved(), "page.html:2: this line is not UTF-8; ");
}
END_TEST

START_TEST(any_beginning_of_a_template_is_taken_or_refused)
{
    static const char page[] = "{{! c }}\n{{#messages}}\r\n<p>{{username}} {{&text}}{{^own}}-{{/own}}\n"
                               "{{#replies}} {{text}}{{/replies}}{{/messages}}\n{{^text}}{{url}}{{/text}}\n";

    add_messages(3);
    save("layout.html", "{{> page}}");
    for (size_t len = 0; len < sizeof(page); len++) {
        const mt_template_t *compiled = NULL;
        const char *problem;
        mt_buffer_t out;

        save_bytes("page.html", page, len);
        problem = load(&compiled);
        ck_assert_int_ne(problem == NULL, compiled == NULL);
        mt_buffer_init(&out, test_pool, 0);
        if (compiled)
            mt_template_render(compiled, &view, &out);
    }
}
END_TEST

static TCase *make_case(Suite *suite, const char *name)
{
    TCase *tests = test_support_case(suite, name);

    tcase_add_checked_fixture(tests, make_dir, remove_dir);
    return tests;
}

static void add_rendering(TCase *tests)
{
    tcase_add_test(tests, plain_text_stays_as_it_is);
    tcase_add_test(tests, fields_are_escaped);
    tcase_add_test(tests, raw_fields_are_not);
    tcase_add_test(tests, what_a_field_holds_is_no_template);
    tcase_add_test(tests, sections_show_what_is_there);
    tcase_add_test(tests, lists_are_shown_once_an_item);
    tcase_add_test(tests, names_mean_the_innermost_field);
    tcase_add_test(tests, sections_on_texts_keep_the_scope);
    tcase_add_test(tests, one_list_may_be_nested_in_itself);
    tcase_add_test(tests, comments_vanish);
    tcase_add_test(tests, tags_alone_on_a_line_take_the_line);
    tcase_add_test(tests, tags_with_company_leave_the_line);
    tcase_add_test(tests, layout_surrounds_the_page);
    tcase_add_test(tests, byte_order_marks_are_dropped);
    tcase_add_test(tests, long_pages_are_rendered_whole);
    tcase_add_test(tests, nesting_goes_as_deep_as_promised);
    tcase_add_test(tests, compiled_templates_can_be_rendered_again);
}

static void add_refusals(TCase *tests)
{
    tcase_add_test(tests, unknown_fields_are_refused);
    tcase_add_test(tests, fields_are_used_as_what_they_are);
    tcase_add_test(tests, sections_must_be_closed);
    tcase_add_test(tests, sections_must_not_cross);
    tcase_add_test(tests, tags_must_be_closed);
    tcase_add_test(tests, tags_must_say_something);
    tcase_add_test(tests, the_page_goes_in_once);
    tcase_add_test(tests, the_page_goes_into_no_list);
    tcase_add_test(tests, lines_are_counted_through_tags);
    tcase_add_test(tests, files_must_be_readable);
    tcase_add_test(tests, files_must_not_be_huge);
    tcase_add_test(tests, files_must_be_utf8);
    tcase_add_test(tests, any_beginning_of_a_template_is_taken_or_refused);
}

Suite *test_template_suite(void)
{
    Suite *suite = suite_create("template");

    add_rendering(make_case(suite, "render"));
    add_refusals(make_case(suite, "refuse"));
    return suite;
}
