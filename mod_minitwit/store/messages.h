/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_MESSAGES_H
#define MT_MESSAGES_H

#include "core/cursor.h"
#include "store/identity.h"
#include "store/profiles.h"

#include <libpq-fe.h>

typedef struct mt_message_t {
    mt_cursor_t key;
    const char *username; /* of the author */
    const char *email;
    const char *avatar;
    const char *text;
    apr_int64_t answers;  /* the id of the message that it answers, which may be deleted; 0: none */
    const char *answered; /* the author of that message; NULL: there is none, or it is deleted or flagged */
} mt_message_t;

typedef struct mt_messages_t {
    mt_message_t *items; /* newest first, also within one second; without flagged messages */
    int count;
} mt_messages_t;

/* A part of a timeline: limit messages at most. */
typedef struct mt_message_range_t {
    enum {
        MT_RANGE_NEWEST, /* the newest messages */
        MT_RANGE_OLDER,  /* the newest of those that are older than begin */
        MT_RANGE_NEWER   /* the oldest of those that are newer than begin */
    } kind;
    mt_cursor_t begin;
    apr_int64_t limit;
    int with_site; /* 1: read the identity of the site, too */
} mt_message_range_t;

/* A timeline and its visitor. Everything lives in the pool. */
typedef struct mt_timeline_t {
    mt_user_t *visitor;         /* the user of the session; NULL: there is no session */
    mt_user_t *owner;           /* the author of the messages, only from the functions with a username, else NULL */
    mt_profile_t owner_profile; /* only from mt_messages_profile */
    int followed;               /* 1: the visitor follows the owner */
    mt_identity_t *site;        /* NULL unless the range asks for it */
    mt_messages_t messages;
} mt_timeline_t;

/* These functions read a timeline. session is the hash of the session's token, as for mt_sessions_find, or NULL if
 * there is none. A session that has ended counts as none. A timeline without messages is a success. */

/* Reads all users' messages. */
apr_status_t mt_messages_public(mt_connection_t *connection, apr_pool_t *pool, const unsigned char *session,
                                const mt_message_range_t *range, mt_timeline_t *timeline);

/* Reads one user's messages. APR_ENOENT: there is no such user. The visitor is set nevertheless. */
apr_status_t mt_messages_by_user(mt_connection_t *connection, apr_pool_t *pool, const unsigned char *session,
                                 const char *username, const mt_message_range_t *range, mt_timeline_t *timeline);

/* The same with the owner's profile. */
apr_status_t mt_messages_profile(mt_connection_t *connection, apr_pool_t *pool, const unsigned char *session,
                                 const char *username, const mt_message_range_t *range, mt_timeline_t *timeline);

/* Reads the messages of the visitor and of the users that they follow. APR_ENOENT: there is no session. */
apr_status_t mt_messages_home(mt_connection_t *connection, apr_pool_t *pool, const unsigned char *session,
                              const mt_message_range_t *range, mt_timeline_t *timeline);

/* Reads the messages that mention or answer the visitor. notes_seen: 1 to record that the visitor has seen all of them.
 * This writes only if there are new ones, and nothing to a read-only server. The visitor has the number of new ones
 * before that. APR_ENOENT: there is no session. */
apr_status_t mt_messages_mentioning(mt_connection_t *connection, apr_pool_t *pool, const unsigned char *session,
                                    int notes_seen, const mt_message_range_t *range, mt_timeline_t *timeline);

/* Reads the messages with a tag, which is folded (core/entity.h). */
apr_status_t mt_messages_tagged(mt_connection_t *connection, apr_pool_t *pool, const unsigned char *session,
                                const char *tag, const mt_message_range_t *range, mt_timeline_t *timeline);

/* A message and its place in a conversation. Everything lives in the pool. */
typedef struct mt_thread_t {
    mt_user_t *visitor;    /* as in mt_timeline_t */
    mt_messages_t message; /* one message */
    mt_messages_t
        answered;          /* the message that it answers; none if it answers none, or that one is flagged or deleted */
    mt_messages_t answers; /* the part of the answers to it */
} mt_thread_t;

/* Reads a message by its id and the name of its author. APR_ENOENT: there is no such message, or it is flagged. The
 * visitor is set nevertheless. */
apr_status_t mt_messages_thread(mt_connection_t *connection, apr_pool_t *pool, const unsigned char *session,
                                const char *username, apr_int64_t id, const mt_message_range_t *range,
                                mt_thread_t *thread);

/* Sets *pub_date so that it and the id are the key of the message, or the key where a deleted message stood.
 * APR_ENOENT: no message has had this id yet. */
apr_status_t mt_messages_key(mt_connection_t *connection, apr_int64_t id, apr_int64_t *pub_date);

/* Only for the store's files: takes the messages from a result with MESSAGE_COLUMNS of statement_parts.h, so that the
 * newest is the first. The last rows of the result may have no message. The pool keeps the result, because the texts
 * are not copied. */
void mt_messages_take(apr_pool_t *pool, PGresult *result, const mt_message_range_t *range, mt_messages_t *messages);

#endif
