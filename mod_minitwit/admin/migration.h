/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_MIGRATION_H
#define MT_MIGRATION_H

#include <apr_pools.h>
#include <libpq-fe.h>

/* The advisory lock that a program holds while it changes the schema or fills it: "minitwit" in ASCII. docs/database.md documents it,
 * so that other programs can take it too. */
#define MT_MIGRATION_LOCK_KEY "7883954021893368180"

/* With the text that belongs to each; it is the caller's for no longer than the call. */
typedef enum mt_migration_event_t {
    MT_MIGRATION_RUNS,   /* a migration begins: its file */
    MT_MIGRATION_WAITS,  /* it met somebody's lock, was undone, and will be tried again until it meets none: NULL */
    MT_MIGRATION_BLOCKED /* one who holds such a lock, and what ends that. Once it is known, and then each minute */
} mt_migration_event_t;

/* Runs the migrations in dir (NNN-name.sql) that the database does not have yet, each in a transaction, all under an
 * advisory lock, so that two at once do no harm. A schema that is newer, but works with this build, stays as it is. *version: what
 * the database has then. Returns NULL, or the message for the operator (in pool); what was migrated before it stays. */
typedef void (*mt_migration_report_fn)(void *baton, mt_migration_event_t event, int version, const char *text);
const char *mt_migration_run(PGconn *pg, apr_pool_t *pool, const char *dir, mt_migration_report_fn report, void *baton,
                             int *version);

#endif
