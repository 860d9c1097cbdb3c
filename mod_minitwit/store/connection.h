/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_CONNECTION_H
#define MT_CONNECTION_H

#include "store/connect.h"
#include "store/failure.h"
#include "store/statement.h"

#include <apr_pools.h>
#include <apr_time.h>
#include <libpq-fe.h>

/* A PostgreSQL connection that one thread uses for one request, or minitwitctl for one command. After the
 * PGconn is lost, a new one replaces it. The list of its prepared statements belongs to the PGconn itself
 * (store/prepared.h), so it outlives this struct. */
typedef struct mt_connection_t mt_connection_t;

/* Results of the store's operations (apr_status_t):
 *   APR_SUCCESS   done; a write is committed
 *   APR_ENOENT    there is no such row; nothing is written
 *   APR_EEXIST    the row exists already; nothing is written
 *   APR_EGENERAL  failed, see mt_connection_error(); nothing is written, unless unknown_fate is set
 */

/* Wraps a PGconn that is connected and idle. NULL: none yet, and mt_connection_check makes one. conninfo is for a new
 * PGconn after the first one is lost; NULL: then operations fail. The result lives in pool, and conninfo must live as
 * long. timeout is the limit for each operation and for connecting, in microseconds. After it, the socket is shut down,
 * so that a late answer cannot reach the next user of the PGconn. */
mt_connection_t *mt_connection_wrap(apr_pool_t *pool, PGconn *pg, const char *conninfo, apr_interval_time_t timeout);

/* Returns the current PGconn, or NULL, and no longer uses it. The caller must PQfinish it or pass it on. */
PGconn *mt_connection_take(mt_connection_t *connection);

/* Callbacks for metrics. They may run in any thread, and must not use the connection. */
typedef struct mt_observer_t {
    /* change is 1 when a PGconn is first used, and -1 when it is closed. May be NULL. */
    void (*opened)(int change);
    /* A statement has taken duration microseconds, including the wait for its answer and a second attempt. For a batch
     * it is called once, with the last statement and the time of the whole batch. */
    void (*ran)(void *baton, mt_statement_id_t id, apr_interval_time_t duration);
} mt_observer_t;

/* Sets the callbacks. observer must outlive the PGconn. baton is passed to ran and must outlive the connection. */
void mt_connection_observe(mt_connection_t *connection, const mt_observer_t *observer, void *baton);

/* Checks, without waiting, whether the server has closed the connection since the last use. */
int mt_connection_is_alive(mt_connection_t *connection);

/* The same. If the server has closed the connection, reconnects within the time-out. Returns APR_SUCCESS if the
 * connection is ready for use. */
apr_status_t mt_connection_check(mt_connection_t *connection);

/* Connects, but at most until a time of mt_timestamp_monotonic(). *attempt: one that another connection has left, or
 * NULL to begin one with the time-out. If the time passes first, returns APR_EAGAIN, with an error in the connection.
 * Then another connection can continue *attempt, and the caller must keep it, or end it with mt_connect_end. Otherwise
 * sets *attempt to NULL, and returns APR_SUCCESS if the connection is ready for use, or APR_EGENERAL. */
apr_status_t mt_connection_join(mt_connection_t *connection, mt_connect_t **attempt, apr_int64_t until);

/* Returns the error of the last operation that returned APR_EGENERAL. */
const mt_store_error_t *mt_connection_error(const mt_connection_t *connection);

/* Returns 0 if the connection must not be used again because it is lost, shut down, or on a server that became
 * read-only. Then PQstatus is CONNECTION_BAD, so the pool recognises it, too. */
int mt_connection_is_usable(const mt_connection_t *connection);

#endif
