/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "store/sessions.h"

#include "store/exchange.h"

apr_status_t mt_sessions_add(mt_connection_t *connection, const unsigned char hash[MT_TOKEN_HASH_SIZE],
                             apr_int64_t user_id, apr_int64_t lifetime)
{
    char token_hash[MT_VALUE_HASH_SIZE], id[MT_VALUE_INTEGER_SIZE], seconds[MT_VALUE_INTEGER_SIZE];
    const char *values[] = { mt_value_format_hash(token_hash, hash), mt_value_format_integer(id, user_id),
                             mt_value_format_integer(seconds, lifetime) };
    PGresult *result;
    apr_status_t rv = mt_exchange_run(connection, MT_STATEMENT_SESSIONS_ADD, values, &result);

    PQclear(result);
    return rv;
}

apr_status_t mt_sessions_find(mt_connection_t *connection, apr_pool_t *pool,
                              const unsigned char hash[MT_TOKEN_HASH_SIZE], mt_user_t **user)
{
    char token_hash[MT_VALUE_HASH_SIZE];
    const char *values[] = { mt_value_format_hash(token_hash, hash) };
    PGresult *result;
    apr_status_t rv = mt_exchange_run(connection, MT_STATEMENT_SESSIONS_FIND, values, &result);

    if (rv == APR_SUCCESS && PQntuples(result) == 0)
        rv = APR_ENOENT;
    if (rv == APR_SUCCESS) {
        mt_user_t *found = apr_pcalloc(pool, sizeof(*found));

        found->id = mt_value_integer(result, 0, 0);
        found->username = mt_value_text(pool, result, 0, 1);
        found->email = mt_value_text(pool, result, 0, 2);
        found->avatar = mt_value_text(pool, result, 0, 3);
        found->followees = (int)mt_value_integer(result, 0, 4);
        *user = found;
    }
    PQclear(result);
    return rv;
}

apr_status_t mt_sessions_remove(mt_connection_t *connection, const unsigned char hash[MT_TOKEN_HASH_SIZE])
{
    char token_hash[MT_VALUE_HASH_SIZE];
    const char *values[] = { mt_value_format_hash(token_hash, hash) };
    PGresult *result;
    apr_status_t rv = mt_exchange_run(connection, MT_STATEMENT_SESSIONS_REMOVE, values, &result);

    PQclear(result);
    return rv;
}
