/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_CURSOR_H
#define MT_CURSOR_H

#include <apr_pools.h>

/* The key of a message, which is also its place in a timeline. A timeline is sorted by date, then by id, and links to
 * other pages carry the key of the message where the page begins: "1764530123456789-42". So a page needs no look-up of
 * that message, and continues at the same place after the message was deleted. */

typedef struct mt_cursor_t {
    apr_int64_t pub_date; /* microseconds since 1970, of the years 1 to 9999 (core/date.h) */
    apr_int64_t id;       /* at least 0, below the maximum of its type */
} mt_cursor_t;

/* Parses the text of a cursor. Returns 1 and sets *cursor. Returns 0 for NULL and any other text. */
int mt_cursor_parse(const char *text, mt_cursor_t *cursor);

/* Returns the text, in pool. */
const char *mt_cursor_format(apr_pool_t *pool, const mt_cursor_t *cursor);

/* 1 if the first is newer than the second, -1 if it is older, 0 if they are equal. */
int mt_cursor_compare(const mt_cursor_t *first, const mt_cursor_t *second);

#endif
