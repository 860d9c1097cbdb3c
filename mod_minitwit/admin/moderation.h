/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_MODERATION_H
#define MT_MODERATION_H

#include "admin/plain.h"

/* What an operator does with messages. Each returns NULL, or the message for the operator, in pool. */

/* Which messages to list. Numbers are texts. */
typedef struct mt_moderation_filter_t {
    const char *user_id; /* of the author; NULL: anybody's */
    int is_flagged;      /* 1: only flagged ones */
    const char *before;  /* only ids below this one; NULL: all */
    const char *limit;   /* NULL: all */
} mt_moderation_filter_t;

/* Columns id, pub_date, username, flagged, text; the greatest id first. */
const char *mt_moderation_each(PGconn *pg, apr_pool_t *pool, const mt_moderation_filter_t *filter,
                               mt_plain_take_fn take, void *baton);

/* Columns id, author_id, text, flagged (0 or 1) of every message, the smallest id first. */
const char *mt_moderation_dump(PGconn *pg, apr_pool_t *pool, mt_plain_take_fn take, void *baton);

typedef enum mt_moderation_t {
    MT_MODERATION_FLAG,
    MT_MODERATION_UNFLAG,
    MT_MODERATION_DELETE
} mt_moderation_t;

/* Does it to all messages, or, when an id is none of a message, to none. ids: an array's literal, "{1,2}". *changed: how many it
 * was not done to before. Each of those gets a row of the audit, all in one transaction. */
const char *mt_moderation_do(PGconn *pg, apr_pool_t *pool, mt_moderation_t what, const char *ids, apr_int64_t *changed);

#endif
