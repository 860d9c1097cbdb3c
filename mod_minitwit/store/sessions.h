/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_SESSIONS_H
#define MT_SESSIONS_H

#include "core/token.h"
#include "store/users.h"

/* Adds a session that ends lifetime seconds from now. If the user then has more than MT_STATEMENT_SESSIONS_MAX
 * sessions, the oldest end. user comes from mt_users_find. APR_ENOENT: the user's password hash has changed since then,
 * so the old password no longer opens a session. */
apr_status_t mt_sessions_add(mt_connection_t *connection, const unsigned char hash[MT_TOKEN_HASH_SIZE],
                             const mt_user_t *user, apr_int64_t lifetime);

/* Finds the user of a session that has not ended. It does not prolong the session. *user lives in pool. APR_ENOENT:
 * there is no such session. */
apr_status_t mt_sessions_find(mt_connection_t *connection, apr_pool_t *pool,
                              const unsigned char hash[MT_TOKEN_HASH_SIZE], mt_user_t **user);

/* Only for the store's files: takes the user from a result of MT_STATEMENT_SESSIONS_FIND. APR_ENOENT: there is no such
 * session. */
apr_status_t mt_sessions_take(apr_pool_t *pool, const PGresult *result, mt_user_t **user);

/* Only for the store's files: runs a write of the session's user. In one transaction, locks the row of this user and
 * then runs the statement id with the parameters values, of which the first is the session's hash. On success the
 * caller must PQclear *result, which has no row if the session has ended. Otherwise *result is NULL. */
apr_status_t mt_sessions_write(mt_connection_t *connection, mt_statement_id_t id, const char *const *values,
                               PGresult **result);

/* The same for a statement that writes to the row of the session's user. */
apr_status_t mt_sessions_change(mt_connection_t *connection, mt_statement_id_t id, const char *const *values,
                                PGresult **result);

/* Ends a session on all nodes. It succeeds also if there is none. */
apr_status_t mt_sessions_remove(mt_connection_t *connection, const unsigned char hash[MT_TOKEN_HASH_SIZE]);

#endif
