/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_IMPORT_ORIGIN_H
#define MT_IMPORT_ORIGIN_H

#include "admin/import.h"

/* Reads another MiniTwit's PostgreSQL database. One of its schemas must have the three tables of the original MiniTwit,
 * or views of the same form. Each function returns NULL, or the message for the operator, in pool. */

/* Begins a transaction with one snapshot. Sets counts to the number of rows of each table, and ids_max to the greatest
 * ids of users and messages. */
const char *mt_import_origin_begin(PGconn *pg, apr_pool_t *pool, const char *schema,
                                   apr_int64_t counts[MT_IMPORT_TABLES], apr_int64_t ids_max[MT_IMPORT_TABLES]);

/* Starts at the first row of a table. */
const char *mt_import_origin_open(PGconn *pg, apr_pool_t *pool, mt_import_table_t table);

/* Fetches the next rows. After the last row, the result is empty. The caller must PQclear *result, which is NULL after
 * a message. */
const char *mt_import_origin_fetch(PGconn *pg, apr_pool_t *pool, PGresult **result);

#endif
