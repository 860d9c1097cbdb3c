/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_SESSIONS_H
#define MT_SESSIONS_H

#include "core/token.h"
#include "store/users.h"

/* Begins a session that ends lifetime seconds from now. */
apr_status_t mt_sessions_add(mt_connection_t *connection, const unsigned char hash[MT_TOKEN_HASH_SIZE],
                             apr_int64_t user_id, apr_int64_t lifetime);

/* The user of a session that has not ended. A read: it prolongs nothing. APR_ENOENT: no such session. */
apr_status_t mt_sessions_find(mt_connection_t *connection, apr_pool_t *pool,
                              const unsigned char hash[MT_TOKEN_HASH_SIZE], mt_user_t **user);

/* Ends a session on every node. Success also when there is none. */
apr_status_t mt_sessions_remove(mt_connection_t *connection, const unsigned char hash[MT_TOKEN_HASH_SIZE]);

#endif
