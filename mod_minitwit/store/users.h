/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_USERS_H
#define MT_USERS_H

#include "store/connection.h"

typedef struct mt_user_t {
    apr_int64_t id;
    const char *username;
    const char *email;
    const char *avatar;        /* avatar id, see core/avatar.h */
    const char *password_hash; /* only by mt_users_find, else NULL */
    /* how many users he follows; counted to MT_STATEMENT_FEW_FOLLOWEES + 1 at most, only by mt_sessions_find, else 0 */
    int followees;
} mt_user_t;

/* APR_EEXIST: the name is taken. */
apr_status_t mt_users_add(mt_connection_t *connection, const char *username, const char *email,
                          const char *password_hash);

/* *user and its texts live in pool. APR_ENOENT: no such user. */
apr_status_t mt_users_find(mt_connection_t *connection, apr_pool_t *pool, const char *username, mt_user_t **user);

/* For the store's own files: the user of a result whose columns begin with id, username, email and avatar. APR_ENOENT:
 * it has no row. */
apr_status_t mt_users_take(apr_pool_t *pool, const PGresult *result, mt_user_t **user);

/* Replaces a hash by a newer one of the same password, unless it has changed since it was read (APR_ENOENT then).
 * Sessions stay. */
apr_status_t mt_users_rehash(mt_connection_t *connection, apr_int64_t user_id, const char *old_hash,
                             const char *new_hash);

#endif
