/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_PRUNE_H
#define MT_PRUNE_H

#include "admin/plain.h"

/* What has had its time. */
typedef struct mt_prune_criteria_t {
    const char *days;    /* messages older than so many, a number as text, are over; NULL: none are */
    int is_flagged_only; /* 1: only if they are flagged */
    const char *now;     /* the moment that counts, set by mt_prune_count */
} mt_prune_criteria_t;

typedef struct mt_prune_counts_t {
    apr_int64_t sessions; /* that have expired */
    apr_int64_t messages;
} mt_prune_counts_t;

/* Each returns NULL, or the message for the operator, in pool. */

const char *mt_prune_count(PGconn *pg, apr_pool_t *pool, mt_prune_criteria_t *criteria, mt_prune_counts_t *counts);

/* Deletes what mt_prune_count has counted, some thousands a transaction, so that nobody waits long for a lock. *counts: how many
 * that was, also after a message: what was deleted before it stays so. The whole run has one row of the audit, if it deletes anything. */
const char *mt_prune_delete(PGconn *pg, apr_pool_t *pool, const mt_prune_criteria_t *criteria,
                            mt_prune_counts_t *counts);

#endif
