/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "store/follows.h"

#include "store/exchange.h"

apr_status_t mt_follows_add(mt_connection_t *connection, apr_pool_t *pool, const char *follower, const char *followee)
{
    const char *values[] = { follower, mt_value_nfc(pool, follower), followee, mt_value_nfc(pool, followee) };

    return mt_exchange_write(connection, MT_STATEMENT_FOLLOWS_ADD, values, APR_ENOENT);
}

apr_status_t mt_follows_remove(mt_connection_t *connection, apr_pool_t *pool, const char *follower,
                               const char *followee)
{
    const char *values[] = { follower, mt_value_nfc(pool, follower), followee, mt_value_nfc(pool, followee) };

    return mt_exchange_write(connection, MT_STATEMENT_FOLLOWS_REMOVE, values, APR_ENOENT);
}

apr_status_t mt_follows_names(mt_connection_t *connection, apr_pool_t *pool, const char *follower, apr_int64_t limit,
                              const char ***names, int *count)
{
    char most[MT_VALUE_INTEGER_SIZE];
    const char *values[] = { follower, mt_value_nfc(pool, follower), mt_value_format_integer(most, limit) };
    mt_call_t calls[] = { { .id = MT_STATEMENT_USERS_FIND, .values = values },
                          { .id = MT_STATEMENT_FOLLOWS_NAMES, .values = values } };
    apr_status_t rv = mt_exchange_batch(connection, calls, 2);

    if (rv == APR_SUCCESS && PQntuples(calls[0].result) == 0)
        rv = APR_ENOENT;
    if (rv == APR_SUCCESS) {
        *count = PQntuples(calls[1].result);
        *names = apr_palloc(pool, (apr_size_t)*count * sizeof(**names));
        for (int row = 0; row < *count; row++)
            (*names)[row] = mt_value_text(pool, calls[1].result, row, 0);
    }
    mt_pipeline_clear(calls, 2);
    return rv;
}
