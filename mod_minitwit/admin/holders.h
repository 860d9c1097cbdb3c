/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_HOLDERS_H
#define MT_HOLDERS_H

#include <apr_pools.h>
#include <libpq-fe.h>

/* Describe the sessions that hold a lock, after the wait for it has timed out. They return the further lines of the
 * message, in pool: a sentence for each session, and the hint; or "" if no session holds the lock any more. */

/* A lock on one of the tables that the migration sql names. Takes a second. */
const char *mt_holders_describe_tables(PGconn *pg, apr_pool_t *pool, const char *sql);

/* The advisory lock key, a number. Afterwards the role is that of the connection ("set role none"). */
const char *mt_holders_describe_lock(PGconn *pg, apr_pool_t *pool, const char *key);

#endif
