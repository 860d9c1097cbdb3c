/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_TEMPLATE_TAG_H
#define MT_TEMPLATE_TAG_H

#include "core/template_source.h"

typedef struct mt_template_literal_t {
    const char *text; /* not NUL-terminated */
    apr_size_t len;
} mt_template_literal_t;

typedef struct mt_template_tag_t {
    char kind;        /* one of & # ^ / > ! or of the two below */
    const char *name; /* the text after the kind, without white space around it; not NUL-terminated */
    int len;
    int line;
} mt_template_tag_t;

#define MT_TEMPLATE_TAG_VALUE 'v'
#define MT_TEMPLATE_TAG_END   '\0' /* the end of the file */

/* Reads the text before the next tag, and the tag. Returns NULL, or the message for the operator. */
const char *mt_template_tag_read(apr_pool_t *pool, mt_template_source_t *source, mt_template_literal_t *literal,
                                 mt_template_tag_t *tag);

#endif
