/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_MESSAGES_H
#define MT_MESSAGES_H

#include "store/users.h"

typedef struct mt_message_t {
    apr_int64_t id;
    const char *username; /* of the author */
    const char *email;
    const char *avatar;
    const char *text;
    apr_int64_t pub_date; /* seconds since 1970 */
} mt_message_t;

typedef struct mt_messages_t {
    mt_message_t *items; /* newest first, also within one second; without flagged messages */
    int count;
} mt_messages_t;

/* A part of a timeline. */
typedef struct mt_message_range_t {
    /* Only messages older than the one with this id. 0: from the newest. Reading sets an unknown id to 0. */
    apr_int64_t before;
    apr_int64_t limit; /* maximum number of messages */
} mt_message_range_t;

/* A timeline and its visitor. Everything lives in the pool. */
typedef struct mt_timeline_t {
    mt_user_t *visitor; /* the user of the session; NULL: there is no session */
    mt_user_t *owner;   /* the author of the messages, only from mt_messages_by_user, else NULL */
    int followed;       /* 1: the visitor follows the owner */
    mt_messages_t messages;
} mt_timeline_t;

/* These functions read a timeline. session is the hash of the session's token, as for mt_sessions_find, or NULL if
 * there is none. A session that has ended counts as none. A timeline without messages is a success. */

/* Reads all users' messages. */
apr_status_t mt_messages_public(mt_connection_t *connection, apr_pool_t *pool, const unsigned char *session,
                                mt_message_range_t *page, mt_timeline_t *timeline);

/* Reads one user's messages. APR_ENOENT: there is no such user. The visitor is set nevertheless. */
apr_status_t mt_messages_by_user(mt_connection_t *connection, apr_pool_t *pool, const unsigned char *session,
                                 const char *username, mt_message_range_t *page, mt_timeline_t *timeline);

/* Reads the messages of the visitor and of the users that they follow. APR_ENOENT: there is no session. */
apr_status_t mt_messages_home(mt_connection_t *connection, apr_pool_t *pool, const unsigned char *session,
                              mt_message_range_t *page, mt_timeline_t *timeline);

/* Adds a message of the session's user. *author: this user, in pool. APR_ENOENT: the session has ended, nothing is
 * written, and *author is NULL. */
apr_status_t mt_messages_add(mt_connection_t *connection, apr_pool_t *pool, const unsigned char *session,
                             const char *text, mt_user_t **author);

/* Adds a message by the author's name. APR_ENOENT: there is no such user. */
apr_status_t mt_messages_add_by_username(mt_connection_t *connection, apr_pool_t *pool, const char *username,
                                         const char *text);

#endif
