/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_FOLLOWS_H
#define MT_FOLLOWS_H

#include "store/users.h"

/* Make one user follow or unfollow another. All are idempotent: if nothing needs to change, or if both are the same
 * user, they succeed. APR_ENOENT: one of the users does not exist. */

/* The two users, in pool. */
typedef struct mt_follow_t {
    mt_user_t *follower;  /* NULL: the session has ended */
    const char *followee; /* the stored name; NULL: there is no such user, or the session has ended */
} mt_follow_t;

/* The follower is the user of a session. *follow is always set. */
apr_status_t mt_follows_add(mt_connection_t *connection, apr_pool_t *pool, const unsigned char *session,
                            const char *followee, mt_follow_t *follow);
apr_status_t mt_follows_remove(mt_connection_t *connection, apr_pool_t *pool, const unsigned char *session,
                               const char *followee, mt_follow_t *follow);

/* The follower is named. */
apr_status_t mt_follows_add_by_username(mt_connection_t *connection, apr_pool_t *pool, const char *follower,
                                        const char *followee);
apr_status_t mt_follows_remove_by_username(mt_connection_t *connection, apr_pool_t *pool, const char *follower,
                                           const char *followee);

/* Some of a user's followees. */
typedef struct mt_follows_names_t {
    const char **items; /* in the pool of the call */
    int count;
} mt_follows_names_t;

/* Reads the names of the user's followees, at most limit of them, in the order in which the user followed them. *after:
 * 0 for the first names. The call sets it to the place of the last name, so that the next call reads the names after
 * that one. The place stays valid if the user no longer follows this followee. APR_ENOENT: there is no such user. */
apr_status_t mt_follows_names(mt_connection_t *connection, apr_pool_t *pool, const char *follower, apr_int64_t limit,
                              apr_int64_t *after, mt_follows_names_t *names);

#endif
