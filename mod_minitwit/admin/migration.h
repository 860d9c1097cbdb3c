/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_MIGRATION_H
#define MT_MIGRATION_H

#include <apr_pools.h>
#include <libpq-fe.h>

/* Migrates the schema while the site is running. Each file NNN-name.sql in a folder is one step, and the table
 * schema_version has a row for each step that is done. A step and its row are one transaction, so a step is done
 * completely or not at all. An advisory lock (admin/schema_lock.h) lets only one
 * migration run at a time.
 *
 * The danger is a queue of locks. PostgreSQL serves waiting lock requests in order, so if a step waits for a table
 * behind a long query, all later queries of that table wait behind the step:
 *
 *     long query (holds) <-- migration (waits) <-- requests of the site (wait)
 *
 * So a step waits for at most 100 ms and rolls back. Then a query finds the sessions that still hold the lock after a
 * second. If there are any, the step fails and the message names them. Otherwise it is tried again. */

typedef struct mt_migration_result_t {
    int version;      /* the schema version afterwards */
    const char *note; /* lines for the operator about the rights on a new database, in the pool; may be NULL */
} mt_migration_result_t;

/* A migration begins. file is its name. */
typedef void (*mt_migration_report_fn)(void *baton, int version, const char *file);

/* Runs the migrations in dir that the database does not have yet. A newer schema that works with this build stays
 * unchanged. Then limits the rights on a new database (admin/database_rights.h). Sets *result. Returns NULL, or the
 * message for the operator, in pool. Migrations that were committed before an error stay. report may be NULL. */
const char *mt_migration_run(PGconn *pg, apr_pool_t *pool, const char *dir, mt_migration_report_fn report, void *baton,
                             mt_migration_result_t *result);

#endif
