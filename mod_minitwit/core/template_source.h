/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_TEMPLATE_SOURCE_H
#define MT_TEMPLATE_SOURCE_H

#include <apr_pools.h>

/* A file and the compiler's position in it. The text stays in memory, because literals point into it. */
typedef struct mt_template_source_t {
    const char *path;
    const char *start;
    const char *at;
    const char *end;
    int line;         /* of at */
    unsigned outside; /* number of sections that were open before this file, which it may not close */
    const struct mt_template_source_t *parent; /* the file that inserts this one; NULL: none */
} mt_template_source_t;

/* Reads dir/name. Returns NULL, or the message for the operator. */
const char *mt_template_source_load(apr_pool_t *pool, const char *dir, const char *name, mt_template_source_t *source);

/* Returns a message in pool that begins with "FILE:LINE: ". */
const char *mt_template_source_fail(apr_pool_t *pool, const mt_template_source_t *source, int line, const char *format,
                                    ...) __attribute__((format(printf, 4, 5)));

#endif
