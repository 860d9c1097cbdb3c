/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_SCHEMA_H
#define MT_SCHEMA_H

#include "store/connection.h"

/* The schema version that this build needs: the number of the newest file in sql/. */
#define MT_SCHEMA_VERSION 6

/* The oldest version that a build may need and still work with the schema of this one, because every migration after it only
 * adds to the schema. Nodes that are updated one after the other need the version before this to be among them. Those builds work
 * with every version in between, too, at which a release of several migrations stands for a while, or stays when one fails. */
#define MT_SCHEMA_WORKS_WITH 4

/* The advisory lock of whoever changes the schema or fills it: "minitwit" in ASCII. Documented in docs/database.md, so that other
 * programs can take the same. */
#define MT_SCHEMA_LOCK_KEY "7883954021893368180"

/* What the database has. */
typedef struct mt_schema_t {
    int version;    /* 0: none */
    int works_with; /* the oldest version that a build may need and still work with it */
} mt_schema_t;

apr_status_t mt_schema_load(mt_connection_t *connection, mt_schema_t *schema);

typedef enum mt_schema_fit_t {
    MT_SCHEMA_FITS,
    MT_SCHEMA_TOO_OLD, /* to be migrated */
    MT_SCHEMA_TOO_NEW  /* it wants a newer build */
} mt_schema_fit_t;

mt_schema_fit_t mt_schema_fit(const mt_schema_t *schema);

/* How many connections the server leaves to ordinary roles. */
apr_status_t mt_schema_max_connections(mt_connection_t *connection, int *max_connections);

/* With the text that belongs to each; it is the caller's for no longer than the call. */
typedef enum mt_schema_event_t {
    MT_SCHEMA_RUNS,   /* a migration begins: its file */
    MT_SCHEMA_WAITS,  /* it met somebody's lock, was undone, and will be tried again until it meets none: NULL */
    MT_SCHEMA_BLOCKED /* one who holds such a lock, and what ends that. Once it is known, and then each minute */
} mt_schema_event_t;

/* Runs the migrations in dir (NNN-name.sql) that the database does not have yet, each in a transaction, all under an
 * advisory lock, so that two at once do no harm. A schema that is newer, but works with this build, stays as it is. *version: what
 * the database has then. Returns NULL, or the message for the operator (in pool); what was migrated before it stays. */
typedef void (*mt_schema_report_fn)(void *baton, mt_schema_event_t event, int version, const char *text);
const char *mt_schema_migrate(PGconn *pg, apr_pool_t *pool, const char *dir, mt_schema_report_fn report, void *baton,
                              int *version);

#endif
