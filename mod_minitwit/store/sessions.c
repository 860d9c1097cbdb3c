/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "store/sessions.h"

#include "store/exchange.h"

apr_status_t mt_sessions_add(mt_connection_t *connection, const unsigned char hash[MT_TOKEN_HASH_SIZE],
                             const mt_user_t *user, apr_int64_t lifetime)
{
    char token_hash[MT_VALUE_HASH_SIZE], id[MT_VALUE_INTEGER_SIZE], seconds[MT_VALUE_INTEGER_SIZE];
    const char *values[] = { mt_value_format_hash(token_hash, hash), mt_value_format_integer(id, user->id),
                             mt_value_format_integer(seconds, lifetime), user->password_hash };

    return mt_exchange_write(connection, MT_STATEMENT_SESSIONS_ADD, values, APR_ENOENT);
}

apr_status_t mt_sessions_take(apr_pool_t *pool, const PGresult *result, mt_user_t **user)
{
    apr_status_t rv = mt_users_take(pool, result, user);

    if (rv == APR_SUCCESS) {
        (*user)->followees = (int)mt_value_integer(result, 0, 4);
        (*user)->new_mentions = (int)mt_value_integer(result, 0, 5);
    }
    return rv;
}

apr_status_t mt_sessions_find(mt_connection_t *connection, apr_pool_t *pool,
                              const unsigned char hash[MT_TOKEN_HASH_SIZE], mt_user_t **user)
{
    char token_hash[MT_VALUE_HASH_SIZE];
    const char *values[] = { mt_value_format_hash(token_hash, hash) };
    PGresult *result;
    apr_status_t rv = mt_exchange_run(connection, MT_STATEMENT_SESSIONS_FIND, values, &result);

    if (rv == APR_SUCCESS)
        rv = mt_sessions_take(pool, result, user);
    PQclear(result);
    return rv;
}

static apr_status_t write_locked(mt_connection_t *connection, mt_statement_id_t lock, mt_statement_id_t id,
                                 const char *const *values, PGresult **result)
{
    mt_call_t calls[] = { { .id = lock, .values = values }, { .id = id, .values = values } };
    apr_status_t rv = mt_exchange_batch(connection, calls, 2);

    *result = calls[1].result;
    calls[1].result = NULL;
    mt_pipeline_clear(calls, 2);
    return rv;
}

apr_status_t mt_sessions_write(mt_connection_t *connection, mt_statement_id_t id, const char *const *values,
                               PGresult **result)
{
    return write_locked(connection, MT_STATEMENT_SESSIONS_LOCK, id, values, result);
}

apr_status_t mt_sessions_change(mt_connection_t *connection, mt_statement_id_t id, const char *const *values,
                                PGresult **result)
{
    return write_locked(connection, MT_STATEMENT_SESSIONS_LOCK_ROW, id, values, result);
}

apr_status_t mt_sessions_remove(mt_connection_t *connection, const unsigned char hash[MT_TOKEN_HASH_SIZE])
{
    char token_hash[MT_VALUE_HASH_SIZE];
    const char *values[] = { mt_value_format_hash(token_hash, hash) };

    return mt_exchange_write(connection, MT_STATEMENT_SESSIONS_REMOVE, values, APR_SUCCESS);
}
