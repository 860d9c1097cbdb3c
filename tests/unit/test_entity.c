/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/entity.h"

#include "core/buffer.h"
#include "core/name.h"
#include "marked_urls.h"
#include "suites.h"
#include "support.h"

#include <apr_strings.h>
#include <string.h>

static const marked_t others[] = {
    /* text */
    { "", NULL },
    { "Good morning, everyone!", NULL },
    { "h", NULL },
    { "hhttp", NULL },
    { "her house: half past 8, http, https and :// are words", NULL },
    { "Blåbærgrød ☕ 今日は", NULL },

    /* mentions */
    { "@a", "<M a>" },
    { "@Jonas thanks", "<M Jonas> thanks" },
    { "Thanks, @Jonas!", "Thanks, <M Jonas>!" },
    { "(@a), [@b]; @c: @d? '@e'", "(<M a>), [<M b>]; <M c>: <M d>? '<M e>'" },
    { "@a@b", "<M a>@b" },
    { "@@a", "@<M a>" },
    { "@a @b,@c/@d", "<M a> <M b>,<M c>/<M d>" },
    { "@a_b.c-d", "<M a_b.c-d>" },
    { "@a.", "<M a>." },
    { "@a-.-b-.-", "<M a-.-b>-.-" },
    { "@a...", "<M a>..." },
    { "@_", "<M _>" },
    { "@007", "<M 007>" },
    { "@.a", "<M .a>" },
    { "@", NULL },
    { "@ a", NULL },
    { "@.", NULL },
    { "@-", NULL },
    { "a@b", NULL },
    { "Write to first.last+tag@mail.example today", NULL },
    { "é@b 日@b 8@b _@b", NULL },
    { "e" ACUTE "@b", NULL },
    { "❤" VS16 "@b", "❤" VS16 "<M b>" },
    { "1" VS16 KEYCAP "@b", "1" VS16 KEYCAP "<M b>" },
    { "👍@b👍", "👍<M b>👍" },
    { "@Åse", "<M Åse>" },
    { "@A"
      "\xcc\x8a"
      "se",
      "<M A"
      "\xcc\x8a"
      "se>" },
    { "@田中さん", "<M 田中さん>" },
    { "@田中、@山田。", "<M 田中>、<M 山田>。" },
    { "@" SALAM " " LRM "@" SHALOM, "<M " SALAM "> " LRM "<M " SHALOM ">" },
    { "@" MI ZWNJ RAVAM, "<M " MI ZWNJ RAVAM ">" },
    { "@" MI ZWNJ, "<M " MI ">" ZWNJ },
    { "@a" ZWNJ "b", "<M a>" ZWNJ "b" },
    { "@a" ZWNJ "日", "<M a>" ZWNJ "日" },
    { "@a" RLO "b", "<M a>" RLO "b" },
    { "@" ACUTE "a", NULL },
    { "@a's", "<M a>'s" },
    { "@a #b http://c.example", "<M a> <T b> <U http://c.example>" },
    { "@ftp://a.example", NULL },
    { "@a:b", "<M a>:b" },

    /* mentions in quotes */
    { "@\"Roger Histand\"", "<Q Roger Histand>" },
    { "Hello @\"Roger Histand\", hello", "Hello <Q Roger Histand>, hello" },
    { "@\"a\"@\"b\"", "<Q a><Q b>" },
    { "@\"a\"b", "<Q a>b" },
    { "@\"a@b #c http://d\"", "@\"a@b <T c> <U http://d>\"" },
    { "@\"a@b #c\"", "<Q a@b #c>" },
    { "@\"Åse 👍\"", "<Q Åse 👍>" },
    { "@\" \"", "<Q  >" },
    { "@\"", NULL },
    { "@\"\"", NULL },
    { "@\"\"a\"", NULL },
    { "@\"a", NULL },
    { "@\"a @b", "@\"a <M b>" },
    { "@\"a\nb\"", NULL },
    { "@\"a/b\"", NULL },
    { "a@\"b\"", NULL },
    { "@“a”", NULL },
    { "@'a'", NULL },

    /* tags */
    { "#a", "<T a>" },
    { "Learn #C11 and #httpd!", "Learn <T C11> and <T httpd>!" },
    { "#a_b", "<T a_b>" },
    { "#a-b", "<T a>-b" },
    { "#a.b", "<T a>.b" },
    { "#1", NULL },
    { "#2026", NULL },
    { "#１２", NULL },
    { "#1a", "<T 1a>" },
    { "#2026_07", "<T 2026_07>" },
    { "##x", "#<T x>" },
    { "#x#y", "<T x>#y" },
    { "#x #y,#z", "<T x> <T y>,<T z>" },
    { "a#b", NULL },
    { "#", NULL },
    { "# a", NULL },
    { "#!", NULL },
    { "#" VS16 KEYCAP, NULL },
    { "#" KEYCAP, NULL },
    { "#" ACUTE "a", NULL },
    { "&#39; &#x27;", NULL },
    { "#blåbær", "<T blåbær>" },
    { "#e" ACUTE "t" ACUTE, "<T e" ACUTE "t" ACUTE ">" },
    { "#日本語です", "<T 日本語です>" },
    { "今日は#日本", NULL },
    { "今日は、#日本。", "今日は、<T 日本>。" },
    { "#हिन्दी", "<T हिन्दी>" },
    { "#" SALAM "!", "<T " SALAM ">!" },
    { "#" MI ZWNJ RAVAM, "<T " MI ZWNJ RAVAM ">" },
    { "#👍", NULL },
    { "#a👍", "<T a>👍" },
    { "👍#a", "👍<T a>" },
    { "#a://b", NULL },
    { "@#a", "@<T a>" },
    { "#@a", "#<M a>" },
};

static void append_marked(mt_buffer_t *buffer, const char *kind, const mt_entity_t *entity)
{
    mt_buffer_append_text(buffer, kind);
    mt_buffer_append(buffer, entity->target, entity->target_len);
    mt_buffer_append_text(buffer, ">");
}

/* Returns the text with its parts marked as in marked_urls.h. Checks the parts against each other and against the text.
 */
static const char *mark(const char *text, apr_size_t len)
{
    mt_entity_kind_t last = MT_ENTITY_URL;
    mt_entity_reader_t reader;
    mt_entity_t entity;
    mt_buffer_t buffer;
    const char *at = text;

    mt_buffer_init(&buffer, test_pool, 0);
    mt_entity_begin(&reader, text, len);
    while (mt_entity_next(&reader, &entity)) {
        apr_size_t before = (apr_size_t)(entity.target - entity.shown);

        ck_assert(entity.shown == at && entity.shown_len > 0 && entity.target_len > 0);
        ck_assert(entity.kind != MT_ENTITY_TEXT || last != MT_ENTITY_TEXT);
        at += entity.shown_len;
        last = entity.kind;
        if (entity.kind == MT_ENTITY_MENTION && before == 2)
            append_marked(&buffer, "<Q ", &entity);
        else if (entity.kind == MT_ENTITY_MENTION)
            append_marked(&buffer, "<M ", &entity);
        else if (entity.kind == MT_ENTITY_TAG)
            append_marked(&buffer, "<T ", &entity);
        else if (entity.kind == MT_ENTITY_URL)
            append_marked(&buffer, "<U ", &entity);
        else
            mt_buffer_append(&buffer, entity.target, entity.target_len);
    }
    ck_assert(at == text + len && !mt_entity_next(&reader, &entity));
    return mt_buffer_text(&buffer);
}

static void check_row(const marked_t *row)
{
    ck_assert_str_eq(mark(row->text, strlen(row->text)), row->parts ? row->parts : row->text);
}

START_TEST(finds_urls)
{
    check_row(&urls[_i]);
}
END_TEST

START_TEST(finds_mentions_and_tags)
{
    check_row(&others[_i]);
}
END_TEST

/* The bytes after the length must not count. */
START_TEST(stops_at_its_length)
{
    ck_assert_str_eq(mark("http://a.example/bc", 18), "<U http://a.example/b>");
    ck_assert_str_eq(mark("http://a.example:80", 17), "<U http://a.example>:");
    ck_assert_str_eq(mark("http://[::1]", 11), "http://[::1");
    ck_assert_str_eq(mark("http://a.example", 6), "http:/");
    ck_assert_str_eq(mark("@\"a\"", 3), "@\"a");
    ck_assert_str_eq(mark("@ab", 2), "<M a>");
    ck_assert_str_eq(mark("#1a", 2), "#1");
    ck_assert_str_eq(mark("@a\xc3\xa9", 3), "<M a>\xc3");
    ck_assert_str_eq(mark(NULL, 0), "");
}
END_TEST

static int count_parts(const char *text, apr_size_t len)
{
    mt_entity_reader_t reader;
    mt_entity_t entity;
    int count = 0;

    mt_entity_begin(&reader, text, len);
    while (mt_entity_next(&reader, &entity))
        count++;
    return count;
}

START_TEST(reads_bytes_of_any_value)
{
    static const char invalid[] = "\xff@a\xff#b\xffhttp://c.example/\xff";
    static const char zeros[] = "@a\0#b\0http://c/\0@\"d\0\"";
    static const char address[] = "http://[::1\0a]";

    ck_assert_str_eq(mark(invalid, sizeof(invalid) - 1), "\xff<M a>\xff<T b>\xff<U http://c.example/>\xff");
    ck_assert_str_eq(mark("\x80\x80\x80\x80\x80@a", 7), "\x80\x80\x80\x80\x80<M a>");
    ck_assert_int_eq(count_parts(zeros, sizeof(zeros) - 1), 6);
    ck_assert_str_eq(mark(address, sizeof(address) - 1), "http://[::1");
}
END_TEST

/* Returns 1 if the text is one part of this kind. */
static int is_one(const char *text, mt_entity_kind_t kind)
{
    mt_entity_reader_t reader;
    mt_entity_t entity;

    mt_entity_begin(&reader, text, strlen(text));
    return mt_entity_next(&reader, &entity) && entity.kind == kind && entity.shown_len == strlen(text);
}

static const char *between(const char *before, const char *piece, int times, const char *after)
{
    return apr_pstrcat(test_pool, before, test_support_repeat(piece, times), after, NULL);
}

START_TEST(limits_the_length_of_parts)
{
    ck_assert(is_one(between("http://a/", "b", MT_ENTITY_URL_MAX - 9, ""), MT_ENTITY_URL));
    ck_assert(is_one(between("http://a/", "b", MT_ENTITY_URL_MAX - 8, ""), MT_ENTITY_TEXT));
    ck_assert(is_one(between("http://a/@b/", "/#c/http://d", MT_ENTITY_URL_MAX, ""), MT_ENTITY_TEXT));
    ck_assert(is_one(between("@", "ø", MT_NAME_MAX, ""), MT_ENTITY_MENTION));
    ck_assert(is_one(between("@", "ø", MT_NAME_MAX + 1, ""), MT_ENTITY_TEXT));
    ck_assert(is_one(between("@\"", "ø", MT_NAME_MAX, "\""), MT_ENTITY_MENTION));
    ck_assert(is_one(between("@\"", "ø", MT_NAME_MAX + 1, "\""), MT_ENTITY_TEXT));
    ck_assert(is_one(between("#", "ø", MT_ENTITY_TAG_MAX, ""), MT_ENTITY_TAG));
    ck_assert(is_one(between("#", "ø", MT_ENTITY_TAG_MAX + 1, ""), MT_ENTITY_TEXT));
}
END_TEST

/* With a search that starts again at each piece, one of these texts would take hours. */
START_TEST(reads_long_texts)
{
    static const char *const pieces[] = {
        "http://", "http://a/", "http://a:", "http://a,", "http://a@", "http://a/)", "(http://a", "http://a.",
        "http:a",  "@",         "@\"",       "@\"a",      "@a.",       "#",          "#1",        "@a@",
        "h",       "é",         ")",         "((",        "https://[", "@http://",   "1.",        "a",
    };
    static const char *const openings[] = { "", "http://a/", "http://", "@", "@\"", "#" };

    for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
        for (size_t k = 0; k < sizeof(openings) / sizeof(openings[0]); k++) {
            const char *text = between(openings[k], pieces[i], 1000000 / (int)strlen(pieces[i]), "");
            apr_size_t len = 0;
            mt_entity_reader_t reader;
            mt_entity_t entity;

            mt_entity_begin(&reader, text, strlen(text));
            while (mt_entity_next(&reader, &entity))
                len += entity.shown_len;
            ck_assert_uint_eq(len, strlen(text));
        }
        apr_pool_clear(test_pool);
    }
}
END_TEST

static const struct {
    const char *tag;
    const char *folded;
} tags[] = {
    { "", "" },
    { "httpd", "httpd" },
    { "HTTPd_24", "httpd_24" },
    { "Straße", "strasse" },
    { "ÅSE", "åse" },
    { "A"
      "\xcc\x8a"
      "se",
      "åse" },
    { "\xe2\x84\xaa", "k" }, /* the Kelvin sign */
    { "ΣΊΣΥΦΟΣ", "σίσυφοσ" },
    { "σίσυφος", "σίσυφοσ" },
    { "İ", "i"
           "\xcc\x87" },
    { "日本語", "日本語" },
    { "α"
      "\xcd\x85\xcc\x93",
      "ἀι" }, /* the marks have another order after NFD */
    { MI ZWNJ RAVAM, MI ZWNJ RAVAM },
    { "A\xff", "A\xff" },
};

START_TEST(folds_tags)
{
    const char *folded = mt_entity_fold_tag(test_pool, tags[_i].tag, strlen(tags[_i].tag));

    ck_assert_str_eq(folded, tags[_i].folded);
    ck_assert_str_eq(mt_entity_fold_tag(test_pool, folded, strlen(folded)), folded);
}
END_TEST

Suite *test_entity_suite(void)
{
    Suite *suite = suite_create("entity");
    TCase *tests = test_support_case(suite, "entity");

    tcase_add_loop_test(tests, finds_urls, 0, sizeof(urls) / sizeof(urls[0]));
    tcase_add_loop_test(tests, finds_mentions_and_tags, 0, sizeof(others) / sizeof(others[0]));
    tcase_add_test(tests, stops_at_its_length);
    tcase_add_test(tests, reads_bytes_of_any_value);
    tcase_add_test(tests, limits_the_length_of_parts);
    tcase_add_test(tests, reads_long_texts);
    tcase_add_loop_test(tests, folds_tags, 0, sizeof(tags) / sizeof(tags[0]));
    return suite;
}
