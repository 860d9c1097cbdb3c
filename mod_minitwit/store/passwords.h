/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_PASSWORDS_H
#define MT_PASSWORDS_H

#include <apr_pools.h>
#include <libpq-fe.h>

/* For an operator's command: plain libpq, without the deadlines of mt_connection_t. Each returns NULL, or the message for the
 * operator, in pool. */

/* *user_id is 0 when nobody is called so. username: valid UTF-8. */
const char *mt_passwords_find_user(PGconn *pg, apr_pool_t *pool, const char *username, apr_int64_t *user_id);

/* Gives a user another password hash and ends all his sessions, on every node, both in one transaction. A session that is begun
 * meanwhile with the former password ends, too, or does not begin: see mt_sessions_add. *ended: how many ended. */
const char *mt_passwords_replace(PGconn *pg, apr_pool_t *pool, apr_int64_t user_id, const char *hash,
                                 apr_int64_t *ended);

#endif
