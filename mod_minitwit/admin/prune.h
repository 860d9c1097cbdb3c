/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_PRUNE_H
#define MT_PRUNE_H

#include "admin/plain.h"

/* Selects the rows to delete. */
typedef struct mt_prune_criteria_t {
    const char *days;    /* minimum age of messages, a number as text; NULL: no messages */
    int is_flagged_only; /* 1: only flagged messages */
    const char *now;     /* reference time, set by mt_prune_count */
} mt_prune_criteria_t;

typedef struct mt_prune_counts_t {
    apr_int64_t sessions; /* expired ones */
    apr_int64_t messages;
} mt_prune_counts_t;

/* Count or delete expired sessions and old messages. Both functions return NULL, or the message for the operator, in
 * pool. */

const char *mt_prune_count(PGconn *pg, apr_pool_t *pool, mt_prune_criteria_t *criteria, mt_prune_counts_t *counts);

/* Deletes the rows that mt_prune_count has counted, with at most 5,000 rows per transaction, so that no request waits
 * long for a lock. Sets *counts to the number of deleted rows, also after an error, because earlier transactions stay
 * committed. The whole run has one row in the audit log, if it deletes anything. */
const char *mt_prune_delete(PGconn *pg, apr_pool_t *pool, const mt_prune_criteria_t *criteria,
                            mt_prune_counts_t *counts);

#endif
