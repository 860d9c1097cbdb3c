/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_MARKS_H
#define MT_MARKS_H

#include <apr_pools.h>

/* The maximum number of different names, and of different tags. Each costs a look-up or a row. */
#define MT_MARKS_MAX 50

/* The names and tags in a message, as parameters of a statement. The type is json, because core/escape.h writes it.
 * PostgreSQL's arrays have other rules for quotes. */
typedef struct mt_marks_t {
    const char *names; /* [{"name":"...","nfc":"..."}]: names with their NFC, null if equal (statement_parts.h) */
    const char *tags;  /* ["..."]: folded (core/entity.h), each once */
} mt_marks_t;

/* Finds the marks in a message. text is valid UTF-8. The results live in pool. NULL: there is none of this kind. */
void mt_marks_find(apr_pool_t *pool, const char *text, mt_marks_t *marks);

#endif
