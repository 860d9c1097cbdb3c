/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_BLOCKERS_H
#define MT_BLOCKERS_H

#include <apr_pools.h>
#include <apr_tables.h>
#include <libpq-fe.h>

/* Who holds a lock that a session waits for. For an operator's command: see store/plain.h. */

/* Has another connection to pg's server look, that many milliseconds from now, whom pg waits for then. NULL: there is none to be had.
 * Else it is for mt_blockers_take. */
PGconn *mt_blockers_ask(PGconn *pg, apr_pool_t *pool, int delay);

/* What it saw: of const char *, a sentence about each holder and what ends it, for the operator, in pool. Empty when nobody kept pg
 * waiting, or nobody knows. Closes the connection, which may be NULL. */
apr_array_header_t *mt_blockers_take(PGconn *watch, apr_pool_t *pool);

#endif
