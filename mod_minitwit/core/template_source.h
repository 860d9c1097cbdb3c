/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_TEMPLATE_SOURCE_H
#define MT_TEMPLATE_SOURCE_H

#include <apr_pools.h>

/* A file and how far it has been compiled. Its text stays in memory: literals point into it. */
typedef struct mt_template_source_t {
    const char *path;
    const char *start;
    const char *at;
    const char *end;
    int line;         /* of at */
    unsigned outside; /* sections that were open before this file began: it may not close them */
} mt_template_source_t;

/* Reads dir/name. Returns NULL, or the message for the operator. */
const char *mt_template_source_load(apr_pool_t *pool, const char *dir, const char *name, mt_template_source_t *source);

/* Returns a message that begins with "FILE:LINE: ". */
const char *mt_template_source_fail(apr_pool_t *pool, const mt_template_source_t *source, int line, const char *format,
                                    ...) __attribute__((format(printf, 4, 5)));

#endif
