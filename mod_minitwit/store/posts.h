/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_POSTS_H
#define MT_POSTS_H

#include "store/users.h"

/* A message that was added. Everything lives in the pool. */
typedef struct mt_post_t {
    mt_user_t *author;    /* NULL: the session has ended */
    const char *answered; /* name of the author of the answered message; NULL: it answers none */
} mt_post_t;

/* Adds a message of the session's user, with its mentions and tags (store/marks.h). answers: the id of the message that
 * it answers; 0: none. APR_ENOENT: nothing is written, because the session has ended, or else because the answered
 * message does not exist or is flagged. */
apr_status_t mt_posts_add(mt_connection_t *connection, apr_pool_t *pool, const unsigned char *session, const char *text,
                          apr_int64_t answers, mt_post_t *post);

/* Adds a message by the author's name, with its mentions and tags. APR_ENOENT: there is no such user. */
apr_status_t mt_posts_add_by_username(mt_connection_t *connection, apr_pool_t *pool, const char *username,
                                      const char *text);

#endif
