/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "store/users.h"

#include "store/exchange.h"

apr_status_t mt_users_add(mt_connection_t *connection, const char *username, const char *email,
                          const char *password_hash)
{
    const char *values[] = { username, email, password_hash };

    return mt_exchange_write(connection, MT_STATEMENT_USERS_ADD, values, APR_EEXIST);
}

apr_status_t mt_users_take(apr_pool_t *pool, const PGresult *result, mt_user_t **user)
{
    if (PQntuples(result) == 0)
        return APR_ENOENT;
    mt_user_t *taken = apr_pcalloc(pool, sizeof(*taken));
    taken->id = mt_value_integer(result, 0, 0);
    taken->username = mt_value_text(pool, result, 0, 1);
    taken->email = mt_value_text(pool, result, 0, 2);
    taken->avatar = mt_value_text(pool, result, 0, 3);
    *user = taken;
    return APR_SUCCESS;
}

apr_status_t mt_users_find(mt_connection_t *connection, apr_pool_t *pool, const char *username, mt_user_t **user)
{
    const char *values[] = { username, mt_value_nfc(pool, username) };
    PGresult *result;
    apr_status_t rv = mt_exchange_run(connection, MT_STATEMENT_USERS_FIND, values, &result);

    if (rv == APR_SUCCESS)
        rv = mt_users_take(pool, result, user);
    if (rv == APR_SUCCESS)
        (*user)->password_hash = mt_value_text(pool, result, 0, 4);
    PQclear(result);
    return rv;
}

apr_status_t mt_users_rehash(mt_connection_t *connection, apr_int64_t user_id, const char *old_hash,
                             const char *new_hash)
{
    char id[MT_VALUE_INTEGER_SIZE];
    const char *values[] = { mt_value_format_integer(id, user_id), old_hash, new_hash };

    return mt_exchange_write(connection, MT_STATEMENT_USERS_REHASH, values, APR_ENOENT);
}

apr_status_t mt_users_names(mt_connection_t *connection, apr_pool_t *pool, apr_int64_t after, apr_int64_t until,
                            mt_users_names_t *names)
{
    char begin[MT_VALUE_INTEGER_SIZE], end[MT_VALUE_INTEGER_SIZE];
    const char *values[] = { mt_value_format_integer(begin, after), mt_value_format_integer(end, until) };
    mt_call_t calls[] = { { .id = MT_STATEMENT_USERS_LAST }, { .id = MT_STATEMENT_USERS_NAMES, .values = values } };
    apr_status_t rv = mt_exchange_batch(connection, calls, 2);

    if (rv == APR_SUCCESS) {
        const PGresult *result = calls[1].result;

        names->last_id = mt_value_integer(calls[0].result, 0, 0);
        names->count = PQntuples(result);
        names->items = apr_palloc(pool, (apr_size_t)names->count * sizeof(*names->items));
        for (int row = 0; row < names->count; row++)
            names->items[row] = mt_value_text(pool, result, row, 0);
    }
    mt_pipeline_clear(calls, 2);
    return rv;
}
