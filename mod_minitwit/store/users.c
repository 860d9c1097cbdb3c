/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "store/users.h"

#include "store/exchange.h"

apr_status_t mt_users_add(mt_connection_t *connection, const char *username, const char *email,
                          const char *password_hash)
{
    const char *values[] = { username, email, password_hash };
    PGresult *result;
    apr_status_t rv = mt_exchange_run(connection, MT_STATEMENT_USERS_ADD, values, &result);

    if (rv == APR_SUCCESS && mt_value_affected(result) == 0)
        rv = APR_EEXIST;
    PQclear(result);
    return rv;
}

apr_status_t mt_users_find(mt_connection_t *connection, apr_pool_t *pool, const char *username, mt_user_t **user)
{
    PGresult *result;
    apr_status_t rv = mt_exchange_run(connection, MT_STATEMENT_USERS_FIND, &username, &result);

    if (rv == APR_SUCCESS && PQntuples(result) == 0)
        rv = APR_ENOENT;
    if (rv == APR_SUCCESS) {
        mt_user_t *found = apr_pcalloc(pool, sizeof(*found));

        found->id = mt_value_integer(result, 0, 0);
        found->username = mt_value_text(pool, result, 0, 1);
        found->email = mt_value_text(pool, result, 0, 2);
        found->avatar = mt_value_text(pool, result, 0, 3);
        found->password_hash = mt_value_text(pool, result, 0, 4);
        *user = found;
    }
    PQclear(result);
    return rv;
}

apr_status_t mt_users_rehash(mt_connection_t *connection, apr_int64_t user_id, const char *old_hash,
                             const char *new_hash)
{
    char id[MT_VALUE_INTEGER_SIZE];
    const char *values[] = { mt_value_format_integer(id, user_id), old_hash, new_hash };
    PGresult *result;
    apr_status_t rv = mt_exchange_run(connection, MT_STATEMENT_USERS_REHASH, values, &result);

    if (rv == APR_SUCCESS && mt_value_affected(result) == 0)
        rv = APR_ENOENT;
    PQclear(result);
    return rv;
}
