/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "store/profiles.h"

#include "store/exchange.h"
#include "store/sessions.h"

apr_status_t mt_profiles_take(apr_pool_t *pool, const PGresult *result, mt_user_t **user, mt_profile_t *profile)
{
    apr_status_t rv = mt_users_take(pool, result, user);

    if (rv != APR_SUCCESS)
        return rv;
    profile->about = mt_value_text(pool, result, 0, 4);
    profile->is_dated = !PQgetisnull(result, 0, 5);
    profile->joined_at = profile->is_dated ? mt_value_integer(result, 0, 5) : 0;
    profile->messages = (int)mt_value_integer(result, 0, 6);
    profile->followers = (int)mt_value_integer(result, 0, 7);
    profile->followees = (int)mt_value_integer(result, 0, 8);
    return rv;
}

apr_status_t mt_profiles_about(mt_connection_t *connection, apr_pool_t *pool, const unsigned char *session,
                               mt_user_t **user, const char **about)
{
    char token_hash[MT_VALUE_HASH_SIZE];
    const char *values[] = { mt_value_format_hash(token_hash, session) };
    PGresult *result;
    apr_status_t rv = mt_exchange_run(connection, MT_STATEMENT_USERS_ABOUT, values, &result);

    *user = NULL;
    if (rv == APR_SUCCESS)
        rv = mt_users_take(pool, result, user);
    if (rv == APR_SUCCESS)
        *about = mt_value_text(pool, result, 0, 4);
    PQclear(result);
    return rv;
}

apr_status_t mt_profiles_describe(mt_connection_t *connection, apr_pool_t *pool, const unsigned char *session,
                                  const char *about, mt_user_t **user)
{
    char token_hash[MT_VALUE_HASH_SIZE];
    const char *values[] = { mt_value_format_hash(token_hash, session), about };
    PGresult *result;
    apr_status_t rv = mt_sessions_change(connection, MT_STATEMENT_USERS_DESCRIBE, values, &result);

    *user = NULL;
    if (rv == APR_SUCCESS)
        rv = mt_users_take(pool, result, user);
    PQclear(result);
    return rv;
}
