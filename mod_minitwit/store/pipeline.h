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
    const char *const *values; /* as many texts as the statement has parameters */
    PGresult *result;
} mt_call_t;

#define MT_PIPELINE_CALLS_MAX 5 /* calls of a batch */

typedef enum mt_pipeline_outcome_t {
    MT_PIPELINE_DONE,   /* and committed */
    MT_PIPELINE_UNDONE, /* the server said no: surely nothing is committed */
    MT_PIPELINE_LOST,   /* the connection failed: nothing is known */
    MT_PIPELINE_LATE    /* the deadline passed: nothing is known */
} mt_pipeline_outcome_t;

/* Sends calls as mt_exchange_batch does, and what must go before them, over a connection that is connected and idle;
 * tries once. Their results are there when it is done; else all are NULL, and the error is noted in the connection.
 * *remedy: what may help when it is undone. */
mt_pipeline_outcome_t mt_pipeline_run(mt_connection_t *connection, mt_call_t *calls, int count,
                                      mt_failure_remedy_t *remedy);

/* Clears the results that are there. */
void mt_pipeline_clear(mt_call_t *calls, int count);

#endif
