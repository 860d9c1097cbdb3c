/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_INDEXER_H
#define MT_INDEXER_H

#include "store/connection.h"

/* Adds messages to the index of the search (table search), a batch in each transaction. Posts do not wait for it. The
 * table search_progress has two positions, which are ids of messages:
 *
 *     all are in the index  |  perhaps some are missing  |  none is in the index
 *     --------------------complete---------------------seen---------------------> id
 *
 * seen follows the newest message at once. If a message is committed after one with a greater id, it is missing from
 * the index, for example after an import. So complete follows when no such message can appear any more, and the
 * messages in between are checked again. Only one node works at a time. The others skip the locked row. */

typedef struct mt_indexer_step_t {
    apr_int64_t added; /* messages */
    int is_behind;     /* 1: there is more to do at once */
} mt_indexer_step_t;

/* Runs one transaction, which adds at most twice limit messages. */
apr_status_t mt_indexer_step(mt_connection_t *connection, apr_int64_t limit, mt_indexer_step_t *step);

#endif
