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

#endif
