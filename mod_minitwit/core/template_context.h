/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_TEMPLATE_CONTEXT_H
#define MT_TEMPLATE_CONTEXT_H

#include <apr.h>

/* Follows the HTML of a template, to find out whether a field stands between tags, where markup is possible. The state
 * at the start of a page is all zeros. */
typedef struct mt_template_context_t {
    enum {
        MT_TEMPLATE_CONTEXT_CONTENT,
        MT_TEMPLATE_CONTEXT_TAG,
        MT_TEMPLATE_CONTEXT_COMMENT
    } state;
    char quote;   /* in a tag: the quotation mark of the open attribute; 0: none */
    int is_plain; /* in an element whose content is plain text: title or textarea */
} mt_template_context_t;

/* Reads the next literal part of the template. */
void mt_template_context_read(mt_template_context_t *context, const char *text, apr_size_t len);

/* Returns 1 if a field here may contain markup. */
int mt_template_context_has_markup(const mt_template_context_t *context);

#endif
