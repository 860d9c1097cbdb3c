/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_EXPORT_H
#define MT_EXPORT_H

#include "admin/plain.h"

/* All users, messages and follows as they are at one moment: plain libpq, for an operator's command. Each returns NULL, or the message
 * for the operator, in pool. */

typedef enum mt_export_table_t {
    MT_EXPORT_USERS,    /* id, username, email, password hash, whether he is disabled */
    MT_EXPORT_MESSAGES, /* id, author's id, text, microseconds since 1970, flagged as 1 or 0 */
    MT_EXPORT_FOLLOWS,  /* id of who, of whom */
    MT_EXPORT_TABLES
} mt_export_table_t;

/* Begins a transaction that sees that moment, and lasts as long as the connection. */
const char *mt_export_begin(PGconn *pg, apr_pool_t *pool);

/* Begins with the first row of a table. */
const char *mt_export_open(PGconn *pg, apr_pool_t *pool, mt_export_table_t table);

/* The next rows; none after the last. *result is the caller's, to PQclear. */
const char *mt_export_fetch(PGconn *pg, apr_pool_t *pool, PGresult **result);

#endif
