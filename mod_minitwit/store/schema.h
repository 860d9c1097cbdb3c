/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_SCHEMA_H
#define MT_SCHEMA_H

#include "store/connection.h"

/* The schema version that this build needs: the number of the newest file in sql/. */
#define MT_SCHEMA_VERSION 11

/* Builds that need at least this version also work with MT_SCHEMA_VERSION, because all later migrations only add to the
 * schema, or remove objects that no statement of these builds names. For a rolling update, the version of the previous
 * release must be among them. These builds also work with each version in between, which the database has during a
 * migration, or after a failed one. */
#define MT_SCHEMA_WORKS_WITH 4

/* The schema of the database. */
typedef struct mt_schema_t {
    int version;    /* 0: none */
    int works_with; /* builds that need this version or a newer one work with it */
} mt_schema_t;

apr_status_t mt_schema_load(mt_connection_t *connection, mt_schema_t *schema);

typedef enum mt_schema_fit_t {
    MT_SCHEMA_FITS,
    MT_SCHEMA_TOO_OLD, /* migrate the database */
    MT_SCHEMA_TOO_NEW  /* install a newer build */
} mt_schema_fit_t;

mt_schema_fit_t mt_schema_fit(const mt_schema_t *schema);

/* Returns a message with the version of the schema and the one that this build needs, in pool. */
const char *mt_schema_describe(const mt_schema_t *schema, apr_pool_t *pool);

/* Returns the hint for that message, a full sentence that says how to make the schema fit. NULL: it fits. */
const char *mt_schema_advise(const mt_schema_t *schema);

/* Loads the number of connections that ordinary roles may use. */
apr_status_t mt_schema_max_connections(mt_connection_t *connection, int *max_connections);

#endif
