/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_PLAIN_H
#define MT_PLAIN_H

#include <apr_pools.h>
#include <libpq-fe.h>

/* Statements of an operator's command: plain libpq, without the deadlines of mt_connection_t. Each returns NULL, or the message
 * for the operator, in pool. */

/* Runs one statement. values: count texts, of which any may be NULL. *result is the caller's, to PQclear; NULL after a message. */
const char *mt_plain_run(PGconn *pg, apr_pool_t *pool, const char *sql, int count, const char *const *values,
                         PGresult **result);

/* The same for who has no use for the result. */
const char *mt_plain_do(PGconn *pg, apr_pool_t *pool, const char *sql, int count, const char *const *values);

/* Gives each row of a statement's answer to take, one by one as they arrive, so that an answer of any size fits. take returns 0 when it
 * wants no more: the statement is cancelled, which is no error. */
typedef int (*mt_plain_take_fn)(void *baton, const PGresult *row);
const char *mt_plain_each(PGconn *pg, apr_pool_t *pool, const char *sql, int count, const char *const *values,
                          mt_plain_take_fn take, void *baton);

/* Refuses a schema of any other version than this build's own. */
const char *mt_plain_check_version(PGconn *pg, apr_pool_t *pool);

/* Each statement of the transaction sees what was committed before it. */
const char *mt_plain_begin(PGconn *pg, apr_pool_t *pool);

/* Commits when message is NULL, else rolls back. Returns message, or why it was not committed. */
const char *mt_plain_end(PGconn *pg, apr_pool_t *pool, const char *message);

/* What a result, or without one the connection, says went wrong. */
const char *mt_plain_describe(const PGresult *result, const PGconn *pg, apr_pool_t *pool);

/* The same; hint: what to do when a right, a table or a column is missing. */
const char *mt_plain_explain(const PGresult *result, const PGconn *pg, apr_pool_t *pool, const char *hint);

#endif
