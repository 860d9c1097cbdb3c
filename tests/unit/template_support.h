/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_TESTS_UNIT_TEMPLATE_SUPPORT_H
#define MT_TESTS_UNIT_TEMPLATE_SUPPORT_H

#include "core/template.h"

#include <check.h>

/* A view with fields of each kind, for the tests of templates. */

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
    const char *phrase;
    int flag;
    mt_list_t messages;
} page_t;

extern const mt_field_t template_support_fields[]; /* of the page without the layout */
extern page_t template_support_view;               /* empty when a test begins */
extern char template_support_dir[];                /* an empty folder for the test's templates */

/* Adds to the suite a test case whose tests can use these variables and test_pool. */
TCase *template_support_case(Suite *suite, const char *name);

/* Returns the path of layout.html, page.html, part.html or other.html. Other files are not removed after the test. */
const char *template_support_path(const char *name);

void template_support_save(const char *name, const char *text);
void template_support_save_bytes(const char *name, const char *bytes, apr_size_t len);

/* Calls mt_template_load for page.html in the layout. */
const char *template_support_load(const mt_template_t **compiled);

/* Returns an x in nested sections. */
const char *template_support_nested(int depth);

#endif
