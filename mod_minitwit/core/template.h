/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_TEMPLATE_H
#define MT_TEMPLATE_H

#include "core/buffer.h"

/* HTML templates. A page is compiled once, when the server starts, against the list of fields that its view has, so
 * that a misspelt name is found before anybody asks for the page. Compiled templates are never written again and may
 * be rendered by many threads at once.
 *
 *   {{name}}                 a field, escaped for HTML
 *   {{&name}}                a field as it is: for markup and URLs that the program itself made
 *   {{#name}} ... {{/name}}  for a text or a flag: when it is there; for a list: once an item
 *   {{^name}} ... {{/name}}  when it is absent, unset or empty
 *   {{> page}}               in the layout: where the page's own template goes
 *   {{! ... }}               a comment
 *
 * A tag that stands alone on its line takes the line with it. Inside a list the item's fields are looked up first, then
 * those around it. */

typedef enum mt_field_kind_t {
    MT_FIELD_TEXT, /* const char *; NULL and "" are absent */
    MT_FIELD_FLAG, /* int */
    MT_FIELD_LIST  /* mt_list_t */
} mt_field_kind_t;

/* One field of a view, which is a plain struct. A list of fields ends with a row without a name. */
typedef struct mt_field_t {
    const char *name;
    mt_field_kind_t kind;
    apr_size_t offset;              /* in the view, or in the item */
    const struct mt_field_t *items; /* the fields of a list's items */
} mt_field_t;

typedef struct mt_list_t {
    const void *items; /* count structs of size bytes */
    apr_size_t count;
    apr_size_t size;
} mt_list_t;

typedef struct mt_template_t mt_template_t;

/* Reads and compiles dir/page, set into dir/layout.html. Each view begins with the layout's view, so both lists of fields
 * count from its start, and the page may use both. Files hold at most 1 MiB of UTF-8; sections nest at most 16 deep.
 * Returns NULL and sets *compiled (in pool), or returns the message for the operator, which begins with the file, and the
 * line when one is at fault. */
const char *mt_template_load(apr_pool_t *pool, const char *dir, const char *page, const mt_field_t *layout_fields,
                             const mt_field_t *page_fields, const mt_template_t **compiled);

void mt_template_render(const mt_template_t *compiled, const void *view, mt_buffer_t *out);

#endif
