/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_SESSIONS_H
#define MT_SESSIONS_H

#include "core/token.h"
#include "store/users.h"

/* Begins a session of a user of mt_users_find that ends lifetime seconds from now. APR_ENOENT: his password hash has changed
 * since; nobody who knows only the former password gets a session once it has. */
apr_status_t mt_sessions_add(mt_connection_t *connection, const unsigned char hash[MT_TOKEN_HASH_SIZE],
                             const mt_user_t *user, apr_int64_t lifetime);

/* The user of a session that has not ended. A read: it prolongs nothing. APR_ENOENT: no such session. */
apr_status_t mt_sessions_find(mt_connection_t *connection, apr_pool_t *pool,
                              const unsigned char hash[MT_TOKEN_HASH_SIZE], mt_user_t **user);

/* For the store's own files: the user of a result of MT_STATEMENT_SESSIONS_FIND. APR_ENOENT: no such session. */
apr_status_t mt_sessions_take(apr_pool_t *pool, const PGresult *result, mt_user_t **user);

/* Ends a session on every node. Success also when there is none. */
apr_status_t mt_sessions_remove(mt_connection_t *connection, const unsigned char hash[MT_TOKEN_HASH_SIZE]);

#endif
