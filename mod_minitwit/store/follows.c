/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "store/follows.h"

#include "store/exchange.h"
#include "store/sessions.h"

static apr_status_t change(mt_connection_t *connection, apr_pool_t *pool, mt_statement_id_t id,
                           const unsigned char *session, const char *followee, mt_follow_t *follow)
{
    char token_hash[MT_VALUE_HASH_SIZE];
    const char *values[] = { mt_value_format_hash(token_hash, session), followee, mt_value_nfc(pool, followee) };
    PGresult *result;
    apr_status_t rv = mt_sessions_write(connection, id, values, &result);

    *follow = (mt_follow_t){ .follower = NULL };
    if (rv == APR_SUCCESS)
        rv = mt_users_take(pool, result, &follow->follower);
    if (rv == APR_SUCCESS && PQgetisnull(result, 0, 4))
        rv = APR_ENOENT;
    if (rv == APR_SUCCESS)
        follow->followee = mt_value_text(pool, result, 0, 4);
    PQclear(result);
    return rv;
}

apr_status_t mt_follows_add(mt_connection_t *connection, apr_pool_t *pool, const unsigned char *session,
                            const char *followee, mt_follow_t *follow)
{
    return change(connection, pool, MT_STATEMENT_FOLLOWS_ADD, session, followee, follow);
}

apr_status_t mt_follows_remove(mt_connection_t *connection, apr_pool_t *pool, const unsigned char *session,
                               const char *followee, mt_follow_t *follow)
{
    return change(connection, pool, MT_STATEMENT_FOLLOWS_REMOVE, session, followee, follow);
}

apr_status_t mt_follows_add_by_username(mt_connection_t *connection, apr_pool_t *pool, const char *follower,
                                        const char *followee)
{
    const char *values[] = { follower, mt_value_nfc(pool, follower), followee, mt_value_nfc(pool, followee) };

    return mt_exchange_write(connection, MT_STATEMENT_FOLLOWS_ADD_BY_USERNAME, values, APR_ENOENT);
}

apr_status_t mt_follows_remove_by_username(mt_connection_t *connection, apr_pool_t *pool, const char *follower,
                                           const char *followee)
{
    const char *values[] = { follower, mt_value_nfc(pool, follower), followee, mt_value_nfc(pool, followee) };

    return mt_exchange_write(connection, MT_STATEMENT_FOLLOWS_REMOVE_BY_USERNAME, values, APR_ENOENT);
}

apr_status_t mt_follows_names(mt_connection_t *connection, apr_pool_t *pool, const char *follower, apr_int64_t limit,
                              apr_int64_t *after, mt_follows_names_t *names)
{
    char most[MT_VALUE_INTEGER_SIZE], place[MT_VALUE_INTEGER_SIZE];
    const char *values[] = { follower, mt_value_nfc(pool, follower), mt_value_format_integer(most, limit),
                             mt_value_format_integer(place, *after) };
    mt_call_t calls[] = { { .id = MT_STATEMENT_USERS_FIND, .values = values },
                          { .id = MT_STATEMENT_FOLLOWS_NAMES, .values = values } };
    apr_status_t rv = mt_exchange_batch(connection, calls, 2);

    if (rv == APR_SUCCESS && PQntuples(calls[0].result) == 0)
        rv = APR_ENOENT;
    if (rv == APR_SUCCESS) {
        PGresult *result = calls[1].result;

        names->count = PQntuples(result);
        names->items = apr_palloc(pool, (apr_size_t)names->count * sizeof(*names->items));
        for (int row = 0; row < names->count; row++)
            names->items[row] = mt_value_text(pool, result, row, 0);
        if (names->count > 0)
            *after = mt_value_integer(result, names->count - 1, 1);
    }
    mt_pipeline_clear(calls, 2);
    return rv;
}
