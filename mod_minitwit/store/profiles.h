/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_PROFILES_H
#define MT_PROFILES_H

#include "store/users.h"

/* The facts on a user's page, besides mt_user_t. */
typedef struct mt_profile_t {
    const char *about;     /* the user's profile text; "": none */
    int is_dated;          /* 1: the time of the registration is known */
    apr_int64_t joined_at; /* this time, in seconds since 1970 */
    int messages;          /* unflagged ones; this and the next two are at most MT_STATEMENT_COUNTED_MAX */
    int followers;
    int followees;
} mt_profile_t;

/* Only for the store's files: takes the user and the profile from a result of MT_STATEMENT_USERS_PROFILE. APR_ENOENT:
 * there is no such user. */
apr_status_t mt_profiles_take(apr_pool_t *pool, const PGresult *result, mt_user_t **user, mt_profile_t *profile);

/* The profile text of the session's user. session is the hash of the session's token, as for mt_sessions_find. The
 * first function reads the text, the second replaces it. *user: the user of the session. Everything lives in pool.
 * APR_ENOENT: the session has ended, nothing is written, and *user is NULL. */
apr_status_t mt_profiles_about(mt_connection_t *connection, apr_pool_t *pool, const unsigned char *session,
                               mt_user_t **user, const char **about);
apr_status_t mt_profiles_describe(mt_connection_t *connection, apr_pool_t *pool, const unsigned char *session,
                                  const char *about, mt_user_t **user);

#endif
