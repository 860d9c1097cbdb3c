/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "template_support.h"

#include "support.h"

#include <apr_file_info.h>
#include <apr_file_io.h>
#include <apr_strings.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

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

const mt_field_t template_support_fields[] = { { "text", MT_FIELD_TEXT, offsetof(page_t, text), NULL },
                                               { "url", MT_FIELD_TEXT, offsetof(page_t, url), NULL },
                                               { "phrase", MT_FIELD_PHRASE, offsetof(page_t, phrase), NULL },
                                               { "flag", MT_FIELD_FLAG, offsetof(page_t, flag), NULL },
                                               { "messages", MT_FIELD_LIST, offsetof(page_t, messages),
                                                 message_fields },
                                               { 0 } };

char template_support_dir[64];
page_t template_support_view;

static void make_dir(void)
{
    strcpy(template_support_dir, "/tmp/test_template.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(template_support_dir));
    memset(&template_support_view, 0, sizeof(template_support_view));
}

const char *template_support_path(const char *name)
{
    return apr_pstrcat(test_pool, template_support_dir, "/", name, NULL);
}

static void remove_dir(void)
{
    static const char *const names[] = { "layout.html", "page.html", "part.html", "other.html" };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        apr_file_remove(template_support_path(names[i]), test_pool);
    ck_assert_int_eq(apr_dir_remove(template_support_dir, test_pool), APR_SUCCESS);
}

void template_support_save_bytes(const char *name, const char *bytes, apr_size_t len)
{
    apr_file_t *file;

    ck_assert_int_eq(apr_file_open(&file, template_support_path(name),
                                   APR_FOPEN_WRITE | APR_FOPEN_CREATE | APR_FOPEN_TRUNCATE, APR_FPROT_OS_DEFAULT,
                                   test_pool),
                     APR_SUCCESS);
    ck_assert_int_eq(apr_file_write_full(file, bytes, len, NULL), APR_SUCCESS);
    ck_assert_int_eq(apr_file_close(file), APR_SUCCESS);
}

void template_support_save(const char *name, const char *text)
{
    template_support_save_bytes(name, text, strlen(text));
}

const char *template_support_load(const mt_template_t **compiled)
{
    return mt_template_load(test_pool, template_support_dir, "page.html", layout_fields, template_support_fields,
                            compiled);
}

const char *template_support_nested(int depth)
{
    return apr_pstrcat(test_pool, test_support_repeat("{{#messages}}", depth), "x",
                       test_support_repeat("{{/messages}}", depth), NULL);
}

TCase *template_support_case(Suite *suite, const char *name)
{
    TCase *tests = test_support_case(suite, name);

    tcase_add_checked_fixture(tests, make_dir, remove_dir);
    return tests;
}
