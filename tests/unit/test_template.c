/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "suites.h"
#include "support.h"
#include "template_support.h"

#include <apr_strings.h>

static const char *render_saved(void)
{
    const mt_template_t *compiled = NULL;
    const char *problem = template_support_load(&compiled);
    mt_buffer_t out;

    ck_assert_msg(problem == NULL, "%s", problem);
    mt_buffer_init(&out, test_pool, 0);
    mt_template_render(compiled, &template_support_view, &out);
    return mt_buffer_text(&out);
}

/* Renders template_support_view with the page, in a layout that adds nothing. */
static const char *render(const char *page)
{
    template_support_save("layout.html", "{{> page}}");
    template_support_save("page.html", page);
    return render_saved();
}

static message_t messages[] = { { .username = "ada", .text = "<1>", .own = 1 },
                                { .username = "bob", .text = "" },
                                { .username = "cy", .text = "3" } };
static reply_t replies[] = { { "r1" }, { "r2" } };

static void add_messages(apr_size_t count)
{
    template_support_view.messages.items = messages;
    template_support_view.messages.count = count;
    template_support_view.messages.size = sizeof(messages[0]);
    messages[0].replies.items = replies;
    messages[0].replies.count = 2;
    messages[0].replies.size = sizeof(replies[0]);
}

START_TEST(plain_text_is_not_changed)
{
    static const char *const texts[] = { "",   "x",          "\n",        "a { b } }} } {", "{",
                                         "}}", "{ {text} }", "s\xc3\xa9", "\r\n x\r\n" };

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        ck_assert_str_eq(render(texts[i]), texts[i]);
}
END_TEST

START_TEST(fields_are_escaped)
{
    template_support_view.text = "<a href=\"x\">'&'</a>";
    ck_assert_str_eq(
        render("[{{text}}|{{ text }}|{{\ttext}}]"),
        "[&lt;a href=&#34;x&#34;&gt;&#39;&amp;&#39;&lt;/a&gt;|&lt;a href=&#34;x&#34;&gt;&#39;&amp;&#39;&lt;/a&gt;|"
        "&lt;a href=&#34;x&#34;&gt;&#39;&amp;&#39;&lt;/a&gt;]");
    ck_assert_str_eq(render("{{url}}"), "");
}
END_TEST

START_TEST(raw_fields_are_not_escaped)
{
    template_support_view.text = "<b>&";
    ck_assert_str_eq(render("{{&text}}{{& text }}"), "<b>&<b>&");
    ck_assert_str_eq(render("[{{&url}}]"), "[]");
}
END_TEST

START_TEST(names_in_phrases_are_isolated)
{
    static const char isolated[] = "\"\xe2\x81\xa8\xd7\x90\xe2\x81\xa9\"";

    template_support_view.phrase = "plain <\xe2\x80\xae>";
    ck_assert_str_eq(render("{{phrase}}"), "plain &lt;\xe2\x80\xae&gt;");
    template_support_view.phrase = template_support_view.text = "\"\xe2\x81\xa8\xd7\x90\xe2\x81\xa9\"";
    ck_assert_str_eq(render("<p>{{phrase}}{{text}}{{&phrase}}{{#phrase}}!{{/phrase}}{{^phrase}}?{{/phrase}}"),
                     apr_pstrcat(test_pool,
                                 "<p>&#34;<bdi>\xd7\x90</bdi>&#34;&#34;\xe2\x81\xa8\xd7\x90\xe2\x81\xa9&#34;", isolated,
                                 "!", NULL));
    /* Markup is impossible in an attribute and in a title. */
    ck_assert_str_eq(
        render("<!-- it's > \" --><TITLE>{{phrase}}</title><p a='>' b=\"'{{phrase}}\" c={{phrase}}>{{phrase}}"),
        "<!-- it's > \" --><TITLE>&#34;\xe2\x81\xa8\xd7\x90\xe2\x81\xa9&#34;</title><p a='>' "
        "b=\"'&#34;\xe2\x81\xa8\xd7\x90\xe2\x81\xa9&#34;\" c=&#34;\xe2\x81\xa8\xd7\x90\xe2\x81\xa9&#34;>"
        "&#34;<bdi>\xd7\x90</bdi>&#34;");
}
END_TEST

START_TEST(values_of_fields_are_not_templates)
{
    template_support_view.text = "{{url}}{{> page}}";
    template_support_view.url = "never";
    ck_assert_str_eq(render("{{text}}{{&text}}"), "{{url}}{{&gt; page}}{{url}}{{> page}}");
}
END_TEST

START_TEST(sections_depend_on_texts_and_flags)
{
    static const char page[] = "{{#text}}T{{text}}{{/text}}{{^text}}t{{/text}}{{#flag}}F{{/flag}}{{^flag}}f{{/flag}}";

    ck_assert_str_eq(render(page), "tf");
    template_support_view.text = "";
    ck_assert_str_eq(render(page), "tf");
    template_support_view.text = "x";
    template_support_view.flag = 2;
    ck_assert_str_eq(render(page), "TxF");
    template_support_view.flag = -1;
    ck_assert_str_eq(render("{{#flag}}{{#text}}{{^url}}{{text}}{{/url}}{{/text}}{{/flag}}"), "x");
}
END_TEST

START_TEST(sections_of_lists_are_repeated)
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
    template_support_view.text = "page";
    template_support_view.url = "u";
    template_support_view.layout.title = "title";
    add_messages(2);
    ck_assert_str_eq(
        render("{{text}}{{#messages}}({{text}}{{url}}{{title}}{{#replies}}[{{text}}{{username}}{{url}}]{{/replies}}"
               "{{text}}){{/messages}}{{text}}"),
        "page(&lt;1&gt;utitle[r1adau][r2adau]&lt;1&gt;)(utitle)page");
}
END_TEST

START_TEST(sections_on_texts_keep_the_scope)
{
    template_support_view.url = "u";
    template_support_view.text = "page";
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

START_TEST(lines_with_only_a_tag_are_removed)
{
    template_support_view.flag = 1;
    template_support_view.text = "t";
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

START_TEST(lines_with_more_than_a_tag_are_kept)
{
    template_support_view.flag = 1;
    template_support_view.text = "t";
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
    template_support_view.layout.title = "A & B";
    template_support_view.text = "text";
    template_support_save(
        "layout.html", "<title>{{title}}</title>\n{{#user}}in{{/user}}{{^user}}out{{/user}}\n  {{> page}}\n<footer>\n");
    template_support_save("page.html", "<p>{{text}} {{title}}</p>\n");
    ck_assert_str_eq(render_saved(), "<title>A &amp; B</title>\nout\n<p>text A &amp; B</p>\n<footer>\n");
    template_support_save("layout.html", "[{{>page}}]");
    ck_assert_str_eq(render_saved(), "[<p>text A &amp; B</p>\n]");
    template_support_save("layout.html", "{{#dark}}[{{> page }}]{{/dark}}");
    ck_assert_str_eq(render_saved(), "");
    template_support_view.layout.dark = 1;
    ck_assert_str_eq(render_saved(), "[<p>text A &amp; B</p>\n]");
}
END_TEST

START_TEST(files_are_inserted)
{
    template_support_view.layout.title = "T";
    template_support_view.text = "<";
    template_support_save("part.html", "[{{text}}]\n");
    ck_assert_str_eq(render("a {{> part}}b\n  {{>part}}\nc"), "a [&lt;]\nb\n[&lt;]\nc");
    ck_assert_str_eq(render("{{#flag}}{{> part}}{{/flag}}"), "");
    /* The fields of a list around the tag exist in the file. */
    add_messages(3);
    template_support_save("part.html", "{{username}}:{{> other}}");
    template_support_save("other.html", "{{#own}}own{{/own}}{{title}}{{#replies}}<i>{{text}}</i>{{/replies}},");
    ck_assert_str_eq(render("{{#messages}}{{> part}}{{/messages}}"),
                     render("{{#messages}}{{username}}:{{#own}}own{{/own}}{{title}}{{#replies}}<i>{{text}}</i>{{/"
                            "replies}},{{/messages}}"));
}
END_TEST

START_TEST(files_are_inserted_into_the_layout)
{
    template_support_view.layout.title = "T";
    template_support_view.text = "x";
    template_support_view.phrase = "\xe2\x81\xa8n\xe2\x81\xa9";
    template_support_save("layout.html", "<title>{{> part}}</title>\n{{> page}}{{> part}}");
    template_support_save("page.html", "<p>{{text}}{{> part}}{{> other}}</p>");
    template_support_save("part.html", "\xef\xbb\xbf{{title}}");
    template_support_save("other.html", "<i title=\"{{phrase}}\">{{phrase}}");
    ck_assert_str_eq(render_saved(), "<title>T</title>\n<p>xT<i title=\"\xe2\x81\xa8n\xe2\x81\xa9\"><bdi>n</bdi></p>T");
}
END_TEST

START_TEST(sixty_four_files_are_inserted)
{
    template_support_save("part.html", "x");
    ck_assert_str_eq(render(test_support_repeat("{{> part}}", 64)), test_support_repeat("x", 64));
}
END_TEST

START_TEST(byte_order_marks_are_dropped)
{
    template_support_save("layout.html", "\xef\xbb\xbf{{> page}}");
    template_support_save("page.html", "\xef\xbb\xbf{{! alone }}\nx");
    ck_assert_str_eq(render_saved(), "x");
}
END_TEST

START_TEST(long_pages_are_rendered_whole)
{
    const char *piece = "0123456789 {{text}} {{#flag}}y{{/flag}}\n";
    const char *expected = "0123456789 &lt; y\n";

    template_support_view.text = "<";
    template_support_view.flag = 1;
    ck_assert_str_eq(render(test_support_repeat(piece, 5000)), test_support_repeat(expected, 5000));
}
END_TEST

START_TEST(files_may_be_large)
{
    const char *largest = test_support_repeat("0123456789abcdef", 65536);

    ck_assert_str_eq(render(largest), largest);
}
END_TEST

START_TEST(sections_can_be_nested_sixteen_times)
{
    add_messages(1);
    ck_assert_str_eq(render(template_support_nested(16)), "x");
    ck_assert_str_eq(render(test_support_repeat("{{#messages}}x{{/messages}}", 17)), test_support_repeat("x", 17));
}
END_TEST

START_TEST(compiled_templates_can_be_rendered_again)
{
    const mt_template_t *compiled = NULL;
    mt_buffer_t out;

    template_support_save("layout.html", "{{> page}}");
    template_support_save("page.html", "{{#messages}}{{username}}{{/messages}}{{text}}");
    ck_assert_ptr_null(template_support_load(&compiled));
    /* The files are no longer read. */
    template_support_save("page.html", "{{");
    mt_buffer_init(&out, test_pool, 0);
    add_messages(3);
    mt_template_render(compiled, &template_support_view, &out);
    template_support_view.messages.count = 0;
    template_support_view.text = "!";
    mt_template_render(compiled, &template_support_view, &out);
    ck_assert_str_eq(mt_buffer_text(&out), "adabobcy!");
}
END_TEST

START_TEST(texts_of_the_program_are_templates)
{
    const mt_template_t *compiled = NULL;
    mt_buffer_t out;

    template_support_view.text = "<&>";
    ck_assert_ptr_null(mt_template_parse(test_pool, "name", "{\"a\":{\"b\":{{&text}}}}\n{{text}}{{^flag}}.{{/flag}}",
                                         template_support_fields, &compiled));
    mt_buffer_init(&out, test_pool, 0);
    mt_template_render(compiled, &template_support_view, &out);
    ck_assert_str_eq(mt_buffer_text(&out), "{\"a\":{\"b\":<&>}}\n&lt;&amp;&gt;.");
    ck_assert_pstr_eq(mt_template_parse(test_pool, "name", "\n{{other}}", template_support_fields, &compiled),
                      "name:2: there is no field \"other\" here; use one of: text, url, phrase, flag, messages");
}
END_TEST

START_TEST(truncated_templates_are_accepted_or_refused)
{
    static const char page[] = "{{! c }}\n{{#messages}}\r\n<p>{{username}} {{&text}}{{^own}}-{{/own}}\n"
                               "{{#replies}} {{text}}{{/replies}}{{/messages}}\n{{^text}}{{url}}{{/text}}\n";

    add_messages(3);
    template_support_save("layout.html", "{{> page}}");
    for (size_t len = 0; len < sizeof(page); len++) {
        const mt_template_t *compiled = NULL;
        const char *problem;
        mt_buffer_t out;

        template_support_save_bytes("page.html", page, len);
        problem = template_support_load(&compiled);
        ck_assert_int_ne(problem == NULL, compiled == NULL);
        mt_buffer_init(&out, test_pool, 0);
        if (compiled)
            mt_template_render(compiled, &template_support_view, &out);
    }
}
END_TEST

Suite *test_template_suite(void)
{
    Suite *suite = suite_create("template");
    TCase *tests = template_support_case(suite, "render");

    tcase_add_test(tests, plain_text_is_not_changed);
    tcase_add_test(tests, fields_are_escaped);
    tcase_add_test(tests, raw_fields_are_not_escaped);
    tcase_add_test(tests, names_in_phrases_are_isolated);
    tcase_add_test(tests, values_of_fields_are_not_templates);
    tcase_add_test(tests, sections_depend_on_texts_and_flags);
    tcase_add_test(tests, sections_of_lists_are_repeated);
    tcase_add_test(tests, names_mean_the_innermost_field);
    tcase_add_test(tests, sections_on_texts_keep_the_scope);
    tcase_add_test(tests, one_list_may_be_nested_in_itself);
    tcase_add_test(tests, comments_vanish);
    tcase_add_test(tests, lines_with_only_a_tag_are_removed);
    tcase_add_test(tests, lines_with_more_than_a_tag_are_kept);
    tcase_add_test(tests, layout_surrounds_the_page);
    tcase_add_test(tests, files_are_inserted);
    tcase_add_test(tests, files_are_inserted_into_the_layout);
    tcase_add_test(tests, sixty_four_files_are_inserted);
    tcase_add_test(tests, byte_order_marks_are_dropped);
    tcase_add_test(tests, long_pages_are_rendered_whole);
    tcase_add_test(tests, files_may_be_large);
    tcase_add_test(tests, sections_can_be_nested_sixteen_times);
    tcase_add_test(tests, compiled_templates_can_be_rendered_again);
    tcase_add_test(tests, texts_of_the_program_are_templates);
    tcase_add_test(tests, truncated_templates_are_accepted_or_refused);
    return suite;
}
