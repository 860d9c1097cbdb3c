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
    const char *password_hash; /* only from mt_users_find, else NULL */
    /* Number of followees, at most MT_STATEMENT_FEW_FOLLOWEES + 1. Only from mt_sessions_find, else 0. */
    int followees;
    int new_mentions; /* unseen ones, at most MT_STATEMENT_MENTIONS_MAX. Only from mt_sessions_find, else 0 */
} mt_user_t;

/* username is in NFC (core/name.h). APR_EEXIST: the name is taken. */
apr_status_t mt_users_add(mt_connection_t *connection, const char *username, const char *email,
                          const char *password_hash);

/* Finds a user by name. A name in this layer means the user with exactly this name, or else the user with the name's
 * NFC (core/name.h). *user and its texts live in pool. APR_ENOENT: there is no such user. */
apr_status_t mt_users_find(mt_connection_t *connection, apr_pool_t *pool, const char *username, mt_user_t **user);

typedef struct mt_users_names_t {
    const char **items; /* in the pool of the call */
    int count;
    apr_int64_t last_id; /* the highest id of any user; 0: there is no user */
} mt_users_names_t;

/* Reads the names of the users whose id is above after and at most until. The caller limits the difference. */
apr_status_t mt_users_names(mt_connection_t *connection, apr_pool_t *pool, apr_int64_t after, apr_int64_t until,
                            mt_users_names_t *names);

/* Only for the store's files: takes the user from a result whose first columns are id, username, email and avatar.
 * APR_ENOENT: the result has no row. */
apr_status_t mt_users_take(apr_pool_t *pool, const PGresult *result, mt_user_t **user);

/* Replaces a hash by a newer one for the same password. Sessions stay. APR_ENOENT: the hash has changed since it was
 * read, and nothing is written. */
apr_status_t mt_users_rehash(mt_connection_t *connection, apr_int64_t user_id, const char *old_hash,
                             const char *new_hash);

#endif
