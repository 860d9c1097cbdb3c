/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_EXCHANGE_H
#define MT_EXCHANGE_H

#include "store/pipeline.h"
#include "store/value.h"

/* Runs statements, all different, in this order, and the deferred one before them, in one round trip and one transaction,
 * which is committed when this returns APR_SUCCESS. Then each has its result (mt_pipeline_clear), else none. Whether they may
 * run twice is up to the strictest of their kinds. The last one is the main one: the observer is told of that alone, with the
 * time that all of them took, and an error that is none of a single statement bears its label.
 * APR_EEXIST: a unique key is taken. APR_EGENERAL: the error is noted in the connection. */
apr_status_t mt_exchange_batch(mt_connection_t *connection, mt_call_t *calls, int count);

/* mt_exchange_batch for a single statement. *result: PQclear it. */
apr_status_t mt_exchange_run(mt_connection_t *connection, mt_statement_id_t id, const char *const *values,
                             PGresult **result);

/* The same, under the deadline of what the connection ran before: for operations of more than one round trip. */
apr_status_t mt_exchange_continue(mt_connection_t *connection, mt_statement_id_t id, const char *const *values,
                                  PGresult **result);

/* mt_exchange_run for a write. Returns none, like APR_ENOENT, in the place of APR_SUCCESS when it met no row. */
apr_status_t mt_exchange_write(mt_connection_t *connection, mt_statement_id_t id, const char *const *values,
                               apr_status_t none);

/* mt_exchange_run for a statement that returns one number. */
apr_status_t mt_exchange_number(mt_connection_t *connection, mt_statement_id_t id, const char *const *values,
                                apr_int64_t *number);

#endif
