/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_FOLLOWS_H
#define MT_FOLLOWS_H

#include "store/connection.h"

/* Both are idempotent: what is so already, and following oneself, is success and changes nothing. APR_ENOENT: one of them is
 * no user's name. */
apr_status_t mt_follows_add(mt_connection_t *connection, const char *who, const char *whom);
apr_status_t mt_follows_remove(mt_connection_t *connection, const char *who, const char *whom);

/* Names of the users whom a user follows, in the order in which he began to; at most limit. *names: *count
 * strings in pool. APR_ENOENT: no user named who. */
apr_status_t mt_follows_names(mt_connection_t *connection, apr_pool_t *pool, const char *who, apr_int64_t limit,
                              const char ***names, int *count);

#endif
