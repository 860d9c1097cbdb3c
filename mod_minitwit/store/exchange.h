/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_EXCHANGE_H
#define MT_EXCHANGE_H

#include "store/pipeline.h"
#include "store/value.h"

/* Runs statements, and repeats them once where that is safe. Each operation of the store is an exchange, which is one
 * or two attempts to run a pipeline (store/pipeline.h) before one deadline. The second attempt depends on the first
 * one's outcome:
 *
 *     done        no second attempt
 *     undone      the server rolled back: repeat if the SQLSTATE has a remedy (store/failure.h)
 *     lost        the commit is uncertain: reconnect and repeat, unless a statement is an MT_STATEMENT_WRITE
 *     late        the deadline has passed: no second attempt
 *
 * So a write never runs twice unless twice has the same effect as once. If its fate stays unknown, the error has
 * unknown_fate. */

/* Runs different statements in this order, after the deferred statement if there is one, in one round trip and one
 * transaction. Returns APR_SUCCESS if it is committed, and then each call has a result, which the caller frees with
 * mt_pipeline_clear. Otherwise no call has a result. The strictest kind of all calls decides whether they may repeat.
 * The last call is the main one: the observer gets its id with the time of the whole batch, and an error that belongs
 * to no single statement has its label. Returns APR_EEXIST if a unique key is taken, or APR_EGENERAL with the error in
 * the connection. */
apr_status_t mt_exchange_batch(mt_connection_t *connection, mt_call_t *calls, int count);

/* mt_exchange_batch for a single statement. The caller must PQclear *result. */
apr_status_t mt_exchange_run(mt_connection_t *connection, mt_statement_id_t id, const char *const *values,
                             PGresult **result);

/* The same, but keeps the deadline of the connection's previous statement: for operations of several round trips. */
apr_status_t mt_exchange_continue(mt_connection_t *connection, mt_statement_id_t id, const char *const *values,
                                  PGresult **result);

/* mt_exchange_run for a write. If it affected no row, returns none (for example APR_ENOENT) instead of APR_SUCCESS. */
apr_status_t mt_exchange_write(mt_connection_t *connection, mt_statement_id_t id, const char *const *values,
                               apr_status_t none);

/* mt_exchange_run for a statement that returns one number. Sets *number only on success. */
apr_status_t mt_exchange_number(mt_connection_t *connection, mt_statement_id_t id, const char *const *values,
                                apr_int64_t *number);

#endif
