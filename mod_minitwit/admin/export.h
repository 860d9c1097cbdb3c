/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_EXPORT_H
#define MT_EXPORT_H

#include "admin/plain.h"

/* Reads all users, messages and follows in one snapshot. Each function returns NULL, or the message for the operator,
 * in pool. */

typedef enum mt_export_table_t {
    /* id, username, email, password hash, disabled, about, time of the registration in microseconds since 1970 or null,
     * date of the newest mention that the user has seen, likewise */
    MT_EXPORT_USERS,
    /* id, author's id, text, microseconds since 1970, flagged as 1 or 0, id of the answered message and of its author,
     * or null, ids of the mentioned users and tags, each separated by spaces, or null */
    MT_EXPORT_MESSAGES,
    MT_EXPORT_FOLLOWS, /* id of the follower, id of the followed user */
    MT_EXPORT_TABLES
} mt_export_table_t;

/* Commits a row to the audit, then begins the transaction, which ends with the connection. has_passwords: 1 if the
 * caller writes the hashes. */
const char *mt_export_begin(PGconn *pg, apr_pool_t *pool, int has_passwords);

/* Starts at the first row of a table. */
const char *mt_export_open(PGconn *pg, apr_pool_t *pool, mt_export_table_t table);

/* Fetches the next rows. After the last row, the result is empty. The caller must PQclear *result. */
const char *mt_export_fetch(PGconn *pg, apr_pool_t *pool, PGresult **result);

#endif
