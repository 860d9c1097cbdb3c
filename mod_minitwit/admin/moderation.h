/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_MODERATION_H
#define MT_MODERATION_H

#include "admin/plain.h"

/* The operator's commands for messages. Each function returns NULL, or the message for the operator, in pool. */

/* Selects the messages of a list. Numbers are texts. */
typedef struct mt_moderation_filter_t {
    const char *user_id; /* of the author; NULL: all authors */
    int is_flagged;      /* 1: only flagged ones */
    const char *before;  /* only ids below this one; NULL: all */
    const char *limit;   /* NULL: all */
} mt_moderation_filter_t;

/* Lists messages, the greatest id first, with the columns id, pub_date, username, flagged, text. */
const char *mt_moderation_each(PGconn *pg, apr_pool_t *pool, const mt_moderation_filter_t *filter,
                               mt_plain_take_fn take, void *baton);

/* Lists all messages, the smallest id first, with the columns id, author_id, text, flagged (0 or 1). */
const char *mt_moderation_dump(PGconn *pg, apr_pool_t *pool, mt_plain_take_fn take, void *baton);

typedef enum mt_moderation_t {
    MT_MODERATION_FLAG,
    MT_MODERATION_UNFLAG,
    MT_MODERATION_DELETE
} mt_moderation_t;

/* Flags, unflags or deletes messages in one transaction. ids is an array literal, "{1,2}". If an id does not exist, no
 * message changes, and the function returns a message. The tables that repeat the flag change with the messages. Sets
 * *changed to the number of messages that were not in this state before. Each of those gets a row in the audit log. */
const char *mt_moderation_do(PGconn *pg, apr_pool_t *pool, mt_moderation_t what, const char *ids, apr_int64_t *changed);

#endif
