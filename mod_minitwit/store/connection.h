/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_CONNECTION_H
#define MT_CONNECTION_H

#include "store/failure.h"
#include "store/statement.h"

#include <apr_pools.h>
#include <apr_time.h>
#include <libpq-fe.h>

/* One PostgreSQL connection, lent to one thread for one request (or to minitwitctl). The PGconn belongs to whoever
 * opened it. What is prepared on it is remembered with the PGconn itself (PQsetInstanceData), and forgotten when anyone
 * resets it. */
typedef struct mt_connection_t mt_connection_t;

/* Results of the store's operations (apr_status_t):
 *   APR_SUCCESS   done, and for a write: committed
 *   APR_ENOENT    no such row; nothing written
 *   APR_EEXIST    the row exists already; nothing written
 *   APR_EGENERAL  failed: mt_connection_error() says how. Only when unknown_fate is set may something be written.
 */

/* Wraps a PGconn that is connected and idle. timeout: the longest that any one operation may take, in microseconds;
 * when it passes, the socket is shut down, so that a late answer reaches nobody. Lives in pool. */
mt_connection_t *mt_connection_wrap(apr_pool_t *pool, PGconn *pg, apr_interval_time_t timeout);

/* A connection by conninfo that is not made yet: the first mt_connection_check makes it, under its time-out, which PQconnectdb
 * would not have. What a server says unasked goes nowhere. NULL: no memory. The caller's, to PQfinish. */
PGconn *mt_connection_prepare(const char *conninfo);

/* Who wants to know what is done with connections. Its functions may be called in any thread, and must not use the
 * connection. */
typedef struct mt_observer_t {
    /* A connection of libpq is used for the first time (1), or was closed (-1); whoever resets one leaves it open. May be
     * NULL. */
    void (*opened)(int change);
    /* A statement took so many microseconds, the wait for its answer and a second attempt included. Of several that travel
     * together only the last, which the others go before, is named, with the time of all. */
    void (*ran)(void *baton, mt_statement_id_t id, apr_interval_time_t duration);
} mt_observer_t;

/* observer has to outlive the PGconn; baton is for its function ran, and has to outlive the connection. */
void mt_connection_observe(mt_connection_t *connection, const mt_observer_t *observer, void *baton);

/* Looks, without waiting, whether the server has hung up since the last use; if so, connects anew within the time-out.
 * APR_SUCCESS: ready for use. */
apr_status_t mt_connection_check(mt_connection_t *connection);

/* The error of the last operation that returned APR_EGENERAL. */
const mt_store_error_t *mt_connection_error(const mt_connection_t *connection);

/* 0 when the connection must not be used again (lost, shut down, or on a server that became read-only). It has then
 * been made visibly bad: PQstatus is CONNECTION_BAD. */
int mt_connection_is_usable(const mt_connection_t *connection);

#endif
