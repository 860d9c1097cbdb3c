/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_IMPORT_QUERY_H
#define MT_IMPORT_QUERY_H

#include "ctl/import/import_map.h"
#include "ctl/import/import_source.h"

/* The statements that read another site's database, for SQLite and PostgreSQL. */

typedef struct mt_import_reader_t {
    apr_pool_t *pool;
    int is_postgres;
    void *self;
    /* Runs a statement whose only row has two integers. Returns NULL, or the message for the operator. */
    const char *(*ask)(void *self, const char *sql, apr_int64_t numbers[2]);
} mt_import_reader_t;

/* Finds the tables and columns (import_map.h), and how their rows refer to each other. Makes the statements that select
 * a row's cells (import_source.h). Sets the source's map, counts and ids_max. options: the values of --map, or NULL.
 * Returns NULL, or the message for the operator. */
const char *mt_ctl_import_query_prepare(const mt_import_reader_t *reader, const mt_import_catalog_t *catalog,
                                        const char *options, const char *queries[MT_IMPORT_TABLES],
                                        mt_import_source_t *source);

#endif
