/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "store/follows.h"

#include "store/exchange.h"

/* Both statements meet a row when there is a user named whom, whether anything changes or not. */
static apr_status_t change(mt_connection_t *connection, mt_statement_id_t id, apr_int64_t who_id, const char *whom)
{
    char who[MT_VALUE_INTEGER_SIZE];
    const char *values[] = { mt_value_format_integer(who, who_id), whom };

    return mt_exchange_write(connection, id, values, APR_ENOENT);
}

apr_status_t mt_follows_add(mt_connection_t *connection, apr_int64_t who_id, const char *whom)
{
    return change(connection, MT_STATEMENT_FOLLOWS_ADD, who_id, whom);
}

apr_status_t mt_follows_remove(mt_connection_t *connection, apr_int64_t who_id, const char *whom)
{
    return change(connection, MT_STATEMENT_FOLLOWS_REMOVE, who_id, whom);
}

apr_status_t mt_follows_exists(mt_connection_t *connection, apr_int64_t who_id, apr_int64_t whom_id, int *follows)
{
    char who[MT_VALUE_INTEGER_SIZE], whom[MT_VALUE_INTEGER_SIZE];
    const char *values[] = { mt_value_format_integer(who, who_id), mt_value_format_integer(whom, whom_id) };
    apr_int64_t exists = 0;
    apr_status_t rv = mt_exchange_number(connection, MT_STATEMENT_FOLLOWS_EXISTS, values, &exists);

    *follows = (int)exists;
    return rv;
}

apr_status_t mt_follows_names(mt_connection_t *connection, apr_pool_t *pool, apr_int64_t who_id, apr_int64_t limit,
                              const char ***names, int *count)
{
    char who[MT_VALUE_INTEGER_SIZE], most[MT_VALUE_INTEGER_SIZE];
    const char *values[] = { mt_value_format_integer(who, who_id), mt_value_format_integer(most, limit) };
    PGresult *result;
    apr_status_t rv = mt_exchange_run(connection, MT_STATEMENT_FOLLOWS_NAMES, values, &result);

    if (rv == APR_SUCCESS) {
        *count = PQntuples(result);
        *names = apr_palloc(pool, (apr_size_t)*count * sizeof(**names));
        for (int row = 0; row < *count; row++)
            (*names)[row] = mt_value_text(pool, result, row, 0);
    }
    PQclear(result);
    return rv;
}
