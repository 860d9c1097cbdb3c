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
typedef struct mt_page_t {
    apr_int64_t before; /* only messages older than this one; 0, or no message's id: from the newest */
    apr_int64_t limit;  /* most messages */
} mt_page_t;

/* Makes page the first one when page->before is no message's id. Asks nothing for a page that is the first one already. */
apr_status_t mt_messages_settle(mt_connection_t *connection, mt_page_t *page);

/* Everybody's messages. All results live in pool; none found is success with a count of 0. */
apr_status_t mt_messages_public(mt_connection_t *connection, apr_pool_t *pool, const mt_page_t *page,
                                mt_messages_t *messages);

/* One user's messages. */
apr_status_t mt_messages_by_user(mt_connection_t *connection, apr_pool_t *pool, apr_int64_t user_id,
                                 const mt_page_t *page, mt_messages_t *messages);

/* A user's own messages and those of the users he follows. The plan depends on user->followees. */
apr_status_t mt_messages_home(mt_connection_t *connection, apr_pool_t *pool, const mt_user_t *user,
                              const mt_page_t *page, mt_messages_t *messages);

apr_status_t mt_messages_add(mt_connection_t *connection, apr_int64_t author_id, const char *text);

/* The same by the author's name, in one statement. APR_ENOENT: no such user. */
apr_status_t mt_messages_add_by_username(mt_connection_t *connection, const char *username, const char *text);

#endif
