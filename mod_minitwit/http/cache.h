/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_CACHE_H
#define MT_CACHE_H

#include "http/request.h"

/* A cache of rendered answers that are the same for all clients. It lies in memory that all child processes share
 * (core/cachetable.h).
 *
 * Each answer has a subject: one user's messages, or all messages. A change made by this httpd ends the answers of its
 * subject at once, so the next request sees the change. A change made elsewhere (another httpd, minitwitctl, SQL) shows
 * when MinitwitCacheLifetime is over. */

/* The post_config hook. */
apr_status_t mt_cache_post_config(apr_pool_t *pconf, server_rec *server);

/* Looks for the answer to a request. Call it before any query for the answer's content. username: the subject, as the
 * client sent it; NULL: all messages. part: len bytes that distinguish answers with the same path, mount and argument,
 * for example by the query string. No part may be the beginning of another one.
 *
 * Returns 1 if the response now has the body, its encoding and the ETag. Returns 0 if the caller must make the answer
 * and then call mt_cache_keep, mt_cache_keep_page or mt_cache_release. */
int mt_cache_find(mt_request_t *request, const char *username, const void *part, apr_size_t len);

/* Stores the response's body if mt_cache_find looked for it. The body may be compressed first if this client accepts
 * gzip. */
void mt_cache_keep(mt_request_t *request);

/* The same, and also sets the response's ETag, even if the answer is not stored. */
void mt_cache_keep_page(mt_request_t *request);

/* Sets the response's ETag as mt_cache_keep_page does, but stores nothing. For a personal page. */
void mt_cache_tag_page(mt_request_t *request);

/* Gives up the answer that mt_cache_find looked for: it will not be stored. */
void mt_cache_release(mt_request_t *request);

/* Invalidates the answers about one user, for example after a change of their profile. Call it like mt_cache_forget. */
void mt_cache_forget_user(apr_pool_t *pool, const char *username);

/* The same for both users when a follow begins or ends, because their pages show the number of follows. Either may be
 * NULL. */
void mt_cache_forget_pair(apr_pool_t *pool, const char *follower, const char *followee);

/* Invalidates the answers about a user's messages, and those about all messages. Call it after the commit and before
 * the answer, also if the outcome of the commit is unknown. If the database commits after the request has given up, the
 * change appears when MinitwitCacheLifetime is over. */
void mt_cache_forget(apr_pool_t *pool, const char *username);

/* Invalidates all answers. Call this if the outcome of a write and the users that it concerned are unknown. */
void mt_cache_forget_all(void);

#endif
