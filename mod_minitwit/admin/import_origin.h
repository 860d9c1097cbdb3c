/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_IMPORT_ORIGIN_H
#define MT_IMPORT_ORIGIN_H

#include "admin/import.h"

/* Another MiniTwit's PostgreSQL, in a schema of which there are the original's three tables, or views of that form. Each function
 * returns NULL, or the message for the operator, in pool. */

/* Begins a transaction that sees one moment; counts the rows of each table, and finds the highest ids. */
const char *mt_import_origin_begin(PGconn *pg, apr_pool_t *pool, const char *schema,
                                   apr_int64_t counts[MT_IMPORT_TABLES], apr_int64_t ids_max[MT_IMPORT_TABLES]);

/* Begins with the first row of a table. */
const char *mt_import_origin_open(PGconn *pg, apr_pool_t *pool, mt_import_table_t table);

/* The next rows; none after the last. *result is the caller's, to PQclear; NULL after a message. */
const char *mt_import_origin_fetch(PGconn *pg, apr_pool_t *pool, PGresult **result);

#endif
