/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_CACHE_H
#define MT_CACHE_H

#include "http/request.h"

/* Rendered answers that are the same for everybody, kept for a moment in memory that all child processes share
 * (core/cachetable.h). Each is about somebody's messages, or about everybody's. A change that this httpd makes ends them at once:
 * the next request sees it. What changes elsewhere (another httpd, minitwitctl, SQL) is seen when MinitwitCacheLifetime is over. */

/* post_config. */
apr_status_t mt_cache_post_config(apr_pool_t *pconf, server_rec *server);

/* Looks for the answer to a request, before anything is read of what it is made of. username: whose messages it shows, as the
 * client gave it; NULL: everybody's. part: which of all the answers at this path, mount and argument; such as what stands in the
 * query.
 *
 * 1: the body, its encoding and the ETag are in the response. 0: make it, then call one of the functions that keep it. */
int mt_cache_find(mt_request_t *request, const char *username, apr_int64_t part);

/* If the answer was looked for, others may have the response's body from now on: in the form in which this client takes it, which the
 * response's body then has. */
void mt_cache_keep(mt_request_t *request);

/* The same, with an ETag, which the response gets in any case. */
void mt_cache_keep_page(mt_request_t *request);

/* The answer that was looked for is not to be kept after all. */
void mt_cache_release(mt_request_t *request);

/* To be called when a user's messages may have changed: after the commit, before the answer; also when it is not known whether they
 * have. What the database commits after it was given up is then seen when MinitwitCacheLifetime is over. */
void mt_cache_forget(const char *username);

#endif
