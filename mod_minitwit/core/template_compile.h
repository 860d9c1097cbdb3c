/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_TEMPLATE_COMPILE_H
#define MT_TEMPLATE_COMPILE_H

#include "core/template_internal.h"
#include "core/template_source.h"

#define MT_TEMPLATE_LAYOUT "layout.html"

/* Compiles the page, inserted into the layout. Returns NULL and sets *code, in pool, or returns the message for the
 * operator. */
const char *mt_template_compile(apr_pool_t *pool, mt_template_source_t *layout, const mt_field_t *layout_fields,
                                mt_template_source_t *page, const mt_field_t *page_fields,
                                const mt_instruction_t **code);

#endif
