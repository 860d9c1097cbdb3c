/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_IMPORT_ORIGIN_H
#define MT_IMPORT_ORIGIN_H

#include "admin/import.h"

/* Reads another MiniTwit's PostgreSQL database. Each function returns NULL, or the message for the operator, in pool.
 */

/* Begins a transaction with one snapshot. */
const char *mt_import_origin_begin(PGconn *pg, apr_pool_t *pool, const char *schema);

/* Lists the tables and views of the schema: name, name of a column. The columns of one relation are adjacent. The
 * caller must PQclear *result, which is NULL after a message. */
const char *mt_import_origin_list(PGconn *pg, apr_pool_t *pool, const char *schema, PGresult **result);

/* Runs a statement whose only row has two integers. */
const char *mt_import_origin_ask(PGconn *pg, apr_pool_t *pool, const char *sql, apr_int64_t numbers[2]);

/* Starts at the first row of a select statement. */
const char *mt_import_origin_open(PGconn *pg, apr_pool_t *pool, const char *select);

/* Fetches the next rows. After the last row, the result is empty. The caller must PQclear *result, which is NULL after
 * a message. */
const char *mt_import_origin_fetch(PGconn *pg, apr_pool_t *pool, PGresult **result);

#endif
