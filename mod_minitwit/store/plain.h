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

/* Each statement of the transaction sees what was committed before it. */
const char *mt_plain_begin(PGconn *pg, apr_pool_t *pool);

/* Commits when message is NULL, else rolls back. Returns message, or why it was not committed. */
const char *mt_plain_end(PGconn *pg, apr_pool_t *pool, const char *message);

#endif
