/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_PIPELINE_H
#define MT_PIPELINE_H

#include "store/connection.h"

/* Statements that travel together. libpq's pipeline mode sends all of them before it reads the first result:
 *
 *     us                                                      server
 *     [settings] [prepare] execute, [prepare] execute, sync --->
 *     <--- a result for each, and the commit with the sync
 *
 * One round trip is one transaction. The server commits it when it reaches the sync, so only the result of the sync
 * proves that the writes are stored. After a failed statement the server skips the rest and rolls back. Settings and
 * preparations are sent only if this connection does not have them yet. */

/* One statement of a batch. */
typedef struct mt_call_t {
    mt_statement_id_t id;
    const char *const *values; /* one text for each parameter of the statement */
    PGresult *result;
} mt_call_t;

#define MT_PIPELINE_CALLS_MAX 5 /* calls in a batch */

typedef enum mt_pipeline_outcome_t {
    MT_PIPELINE_DONE,   /* committed */
    MT_PIPELINE_UNDONE, /* the server reported an error: certainly not committed */
    MT_PIPELINE_LOST,   /* the connection failed: perhaps committed */
    MT_PIPELINE_LATE    /* the deadline passed: perhaps committed */
} mt_pipeline_outcome_t;

/* Runs calls once, with the settings, preparations and deferred statement that must go before them. The connection must
 * be connected and idle. After MT_PIPELINE_DONE each call has its result. Otherwise all results are NULL, and the error
 * is in the connection. After MT_PIPELINE_UNDONE *remedy is the step before a second attempt. */
mt_pipeline_outcome_t mt_pipeline_run(mt_connection_t *connection, mt_call_t *calls, int count,
                                      mt_failure_remedy_t *remedy);

/* Frees the results and sets them to NULL. */
void mt_pipeline_clear(mt_call_t *calls, int count);

#endif
