/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_TEMPLATE_COMPILE_H
#define MT_TEMPLATE_COMPILE_H

#include "core/template_internal.h"
#include "core/template_source.h"

#define MT_TEMPLATE_LAYOUT "layout.html"

/* The files of a page. */
typedef struct mt_template_input_t {
    mt_template_source_t *layout;
    const mt_field_t *layout_fields;
    mt_template_source_t *page;
    const mt_field_t *page_fields;
    /* Opens another file that one of these inserts, like mt_template_source_load. NULL: there are none. */
    const char *(*open)(apr_pool_t *pool, const char *dir, const char *name, mt_template_source_t *source);
    const char *dir; /* for open */
} mt_template_input_t;

/* Compiles the page, inserted into the layout. Returns NULL and sets *code, in pool, or returns the message for the
 * operator. */
const char *mt_template_compile(apr_pool_t *pool, const mt_template_input_t *input, const mt_instruction_t **code);

#endif
