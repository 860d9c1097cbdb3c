/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_SCHEMA_H
#define MT_SCHEMA_H

#include "store/connection.h"

/* The schema version that this build needs: the number of the newest file in sql/. */
#define MT_SCHEMA_VERSION 3

/* The version that the database has; 0 when it has none. */
apr_status_t mt_schema_version(mt_connection_t *connection, int *version);

/* How many connections the server leaves to ordinary roles. */
apr_status_t mt_schema_max_connections(mt_connection_t *connection, int *max_connections);

typedef enum mt_schema_event_t {
    MT_SCHEMA_RUNS, /* a migration begins */
    MT_SCHEMA_WAITS /* it met a lock that somebody else holds, was undone, and will be tried again until it meets none */
} mt_schema_event_t;

/* Runs the migrations in dir (NNN-name.sql) that the database does not have yet, each in a transaction, all under an
 * advisory lock, so that two at once do no harm. report hears of each event once a migration. Returns NULL, or the message
 * for the operator (in pool); what was migrated before it stays. */
typedef void (*mt_schema_report_fn)(void *baton, mt_schema_event_t event, int version, const char *file);
const char *mt_schema_migrate(PGconn *pg, apr_pool_t *pool, const char *dir, mt_schema_report_fn report, void *baton);

#endif
