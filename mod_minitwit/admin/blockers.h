/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_BLOCKERS_H
#define MT_BLOCKERS_H

#include <apr_pools.h>
#include <apr_tables.h>
#include <libpq-fe.h>

/* Finds the sessions that hold a lock while another session waits for it. A blocked session cannot query the server
 * itself, so a second connection does it after a delay:
 *
 *     pg      mt_blockers_ask    statement, waits for a lock ...    mt_blockers_take
 *     watch   pg_sleep(delay), then pg_blocking_pids(pg) --------->  result
 */

/* Connects to pg's server a second time and sends the query, which looks after delay milliseconds. Returns the new
 * connection for mt_blockers_take, or NULL if it failed. */
PGconn *mt_blockers_ask(PGconn *pg, apr_pool_t *pool, int delay);

/* Returns an array of const char * in pool. Each is a sentence for the operator about a session that blocks pg and the
 * command that ends it. The array is empty if no session blocks pg or the query failed. Closes watch, which may be
 * NULL. */
apr_array_header_t *mt_blockers_take(PGconn *watch, apr_pool_t *pool);

#endif
