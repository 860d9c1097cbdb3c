/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_TEMPLATE_H
#define MT_TEMPLATE_H

#include "core/buffer.h"

/* HTML templates. The server compiles each page once, at start-up, against the list of its view's fields. So a misspelt
 * name stops the start-up and never reaches a visitor. Compiled templates do not change, so many threads can render
 * them at once.
 *
 *   {{name}}                 a field, escaped for HTML
 *   {{&name}}                a field as it is: for markup and URLs that the program itself made
 *   {{#name}} ... {{/name}}  shown if a text or flag is set; for a list: repeated for each item
 *   {{^name}} ... {{/name}}  shown if it is absent, unset or empty
 *   {{> page}}               in the layout: the place of the page's own template
 *   {{> name}}               the file name.html of the same folder, as if its text were here
 *   {{! ... }}               a comment
 *
 * The names in a phrase are isolated by <bdi> between tags, and by the characters U+2068 and U+2069 in an attribute or
 * a title, where markup is impossible.
 *
 * A tag that is alone on its line leaves no empty line behind. Inside a list, the item's fields come first, then those
 * of the enclosing lists and of the view. */

typedef enum mt_field_kind_t {
    MT_FIELD_TEXT,   /* const char *; NULL and "" are absent */
    MT_FIELD_PHRASE, /* the same, with names that mt_name_isolate has isolated: see mt_escape_html_phrase */
    MT_FIELD_FLAG,   /* int */
    MT_FIELD_LIST    /* mt_list_t */
} mt_field_kind_t;

/* One field of a view. A view is a plain struct. A list of fields ends with a row without a name. */
typedef struct mt_field_t {
    const char *name;
    mt_field_kind_t kind;
    apr_size_t offset;              /* in the view or in the item */
    const struct mt_field_t *items; /* for a list: the fields of its items */
} mt_field_t;

typedef struct mt_list_t {
    const void *items; /* count structs of size bytes */
    apr_size_t count;
    apr_size_t size;
} mt_list_t;

typedef struct mt_template_t mt_template_t;

/* Reads and compiles dir/page, inserted into dir/layout.html, and the files that the two insert. Each view begins with
 * the layout's view. So the offsets of both lists count from the start of the view, and the page may use both lists. A
 * file has at most 1 MiB of UTF-8. Sections nest at most 16 deep. A page inserts at most 64 files, none of them into
 * itself. Returns NULL and sets *compiled, in pool. Otherwise returns the message for the operator, which begins with
 * the file and, for a mistake in it, the line. */
const char *mt_template_load(apr_pool_t *pool, const char *dir, const char *page, const mt_field_t *layout_fields,
                             const mt_field_t *page_fields, const mt_template_t **compiled);

/* Compiles a text that the program itself contains. It inserts no files. name: for the message. */
const char *mt_template_parse(apr_pool_t *pool, const char *name, const char *text, const mt_field_t *fields,
                              const mt_template_t **compiled);

void mt_template_render(const mt_template_t *compiled, const void *view, mt_buffer_t *out);

#endif
