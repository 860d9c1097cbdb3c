/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_PEOPLE_H
#define MT_PEOPLE_H

#include "store/profiles.h"

/* Lists of the users who follow a user, or whom a user follows: the newest follow first. */

/* A user in a list. */
typedef struct mt_person_t {
    apr_int64_t place; /* in the list: greater than 0, and smaller for older follows */
    const char *username;
    const char *email;
    const char *avatar;
    const char *about;
} mt_person_t;

/* A part of a list. Set before or after, or neither. A place stays valid when the user at this place is unfollowed. */
typedef struct mt_people_range_t {
    apr_int64_t before; /* only follows older than this place; 0: from the newest */
    apr_int64_t after;  /* only the next follows that are newer than this place; 0: none */
    apr_int64_t limit;  /* maximum number of users */
} mt_people_range_t;

/* Everything lives in the pool. */
typedef struct mt_people_t {
    mt_user_t *visitor;   /* the user of the session; NULL: there is no session */
    mt_user_t *owner;     /* the user whose list it is */
    mt_profile_t profile; /* of this user */
    mt_person_t *items;   /* newest first */
    int count;
} mt_people_t;

/* Read a list in one round trip. session is the hash of the session's token, as for mt_sessions_find, or NULL if there
 * is none. APR_ENOENT: there is no user with this name. The visitor is set nevertheless. */
apr_status_t mt_people_followers(mt_connection_t *connection, apr_pool_t *pool, const unsigned char *session,
                                 const char *username, const mt_people_range_t *range, mt_people_t *people);
apr_status_t mt_people_followees(mt_connection_t *connection, apr_pool_t *pool, const unsigned char *session,
                                 const char *username, const mt_people_range_t *range, mt_people_t *people);

#endif
