/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_SCHEMA_LOCK_H
#define MT_SCHEMA_LOCK_H

#include <apr_pools.h>
#include <libpq-fe.h>

/* The advisory lock that a program holds while it changes or fills the schema: "minitwit" in ASCII. docs/database.md
 * documents it, so that other programs can take it, too. */
#define MT_SCHEMA_LOCK_KEY "7883954021893368180"

/* The SQLSTATE after a wait for a lock has timed out. */
#define MT_SCHEMA_LOCK_NOT_AVAILABLE "55P03"

/* Takes the lock for the session. Waits up to 10 seconds for it. A backend may still be about to end after its program
 * has ended. Returns NULL, or the message for the operator, in pool, which names the sessions that hold the lock. After
 * a message the role is that of the connection ("set role none"). Also sets lock_timeout to 0. */
const char *mt_schema_lock_take(PGconn *pg, apr_pool_t *pool);

void mt_schema_lock_release(PGconn *pg);

/* Describes the sessions that hold a lock on one of the tables that the migration sql names, after the wait for it has
 * timed out. Takes a second. Returns the further lines of the message, in pool: a sentence for each session, and the
 * hint. Returns "" if no session holds the lock any more. */
const char *mt_schema_lock_describe_holders(PGconn *pg, apr_pool_t *pool, const char *sql);

#endif
