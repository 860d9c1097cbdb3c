/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_PLAIN_H
#define MT_PLAIN_H

#include <apr_pools.h>
#include <libpq-fe.h>

/* Runs statements for an operator's command: plain libpq, without the deadlines of mt_connection_t. Each function
 * returns NULL, or the message for the operator, in pool. */

/* Runs one statement. values has count texts, which may be NULL. The caller must PQclear *result, which is NULL after a
 * message. */
const char *mt_plain_run(PGconn *pg, apr_pool_t *pool, const char *sql, int count, const char *const *values,
                         PGresult **result);

/* The same without a result. */
const char *mt_plain_do(PGconn *pg, apr_pool_t *pool, const char *sql, int count, const char *const *values);

/* Calls take for each row as it arrives, so that a result of any size needs little memory. If take returns 0, the
 * statement is cancelled, which is not an error. */
typedef int (*mt_plain_take_fn)(void *baton, const PGresult *row);
const char *mt_plain_each(PGconn *pg, apr_pool_t *pool, const char *sql, int count, const char *const *values,
                          mt_plain_take_fn take, void *baton);

/* Returns a message unless the database has exactly this build's schema version. */
const char *mt_plain_check_version(PGconn *pg, apr_pool_t *pool);

/* Begins a transaction in which each statement has its own snapshot (read committed). */
const char *mt_plain_begin(PGconn *pg, apr_pool_t *pool);

/* Commits if message is NULL, else rolls back. Returns message, or the reason why the commit failed. */
const char *mt_plain_end(PGconn *pg, apr_pool_t *pool, const char *message);

/* Returns the error of a result, or of the connection if result is NULL, in pool. If a privilege, table or column is
 * missing, it adds a hint on a second line. */
const char *mt_plain_describe(const PGresult *result, const PGconn *pg, apr_pool_t *pool);

/* The same with another hint, which is a full sentence. */
const char *mt_plain_explain(const PGresult *result, const PGconn *pg, apr_pool_t *pool, const char *hint);

#endif
