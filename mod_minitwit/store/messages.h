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
    mt_message_t *items; /* newest first; of one second, the later message first; none flagged */
    int count;
} mt_messages_t;

/* Which part of a timeline to read. */
typedef struct mt_message_range_t {
    /* only messages older than this one; 0: from the newest. Reading makes it 0 when it is no message's id */
    apr_int64_t before;
    apr_int64_t limit; /* most messages */
} mt_message_range_t;

/* A timeline, and who looks at it. All lives in the pool. */
typedef struct mt_timeline_t {
    mt_user_t *visitor; /* whose session it is; NULL: nobody's */
    mt_user_t *owner;   /* whose messages these are; only by mt_messages_by_user, else NULL */
    int followed;       /* 1: the visitor follows the owner */
    mt_messages_t messages;
} mt_timeline_t;

/* These read a timeline. session: the hash of a session's token, as mt_sessions_find has it; NULL: there is none. One
 * that is over is none, either. A timeline without messages is a success. */

/* Everybody's messages. */
apr_status_t mt_messages_public(mt_connection_t *connection, apr_pool_t *pool, const unsigned char *session,
                                mt_message_range_t *page, mt_timeline_t *timeline);

/* One user's messages. APR_ENOENT: no user of that name; the visitor is there all the same. */
apr_status_t mt_messages_by_user(mt_connection_t *connection, apr_pool_t *pool, const unsigned char *session,
                                 const char *username, mt_message_range_t *page, mt_timeline_t *timeline);

/* The visitor's own messages and those of the users he follows. APR_ENOENT: there is no visitor. */
apr_status_t mt_messages_home(mt_connection_t *connection, apr_pool_t *pool, const unsigned char *session,
                              mt_message_range_t *page, mt_timeline_t *timeline);

apr_status_t mt_messages_add(mt_connection_t *connection, apr_int64_t author_id, const char *text);

/* The same by the author's name, in one statement. APR_ENOENT: no such user. */
apr_status_t mt_messages_add_by_username(mt_connection_t *connection, const char *username, const char *text);

#endif
