/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "store/statistics.h"

#include "store/connection_internal.h"
#include "store/exchange.h"

#include <apr_strings.h>

apr_status_t mt_statistics_load(mt_connection_t *connection, mt_statistics_t *statistics)
{
    PGresult *result;
    apr_status_t rv = mt_exchange_run(connection, MT_STATEMENT_STATISTICS, NULL, &result);

    if (rv == APR_SUCCESS) {
        statistics->users = mt_value_integer(result, 0, 0);
        statistics->last_user = mt_value_integer(result, 0, 1);
        statistics->messages = mt_value_integer(result, 0, 2);
        statistics->last_message = mt_value_integer(result, 0, 3);
        statistics->follows = mt_value_integer(result, 0, 4);
    }
    PQclear(result);
    return rv;
}

apr_status_t mt_statistics_update(mt_connection_t *connection, mt_statistics_t *statistics)
{
    char last_user[MT_VALUE_INTEGER_SIZE], last_message[MT_VALUE_INTEGER_SIZE];
    const char *values[] = {
        mt_value_format_integer(last_user, statistics->last_user),
        mt_value_format_integer(last_message, statistics->last_message),
    };
    PGresult *result;
    apr_status_t rv = mt_exchange_run(connection, MT_STATEMENT_STATISTICS_SINCE, values, &result);

    if (rv == APR_SUCCESS) {
        statistics->users += mt_value_integer(result, 0, 0);
        statistics->last_user = mt_value_integer(result, 0, 1);
        statistics->messages += mt_value_integer(result, 0, 2);
        statistics->last_message = mt_value_integer(result, 0, 3);
    }
    PQclear(result);
    return rv;
}

apr_status_t mt_statistics_load_state(mt_connection_t *connection, mt_statistics_state_t *state)
{
    PGresult *result;
    apr_status_t rv = mt_exchange_run(connection, MT_STATEMENT_STATISTICS_STATE, NULL, &result);

    if (rv == APR_SUCCESS) {
        state->messages_flagged = mt_value_integer(result, 0, 0);
        state->sessions = mt_value_integer(result, 0, 1);
        state->simulator_latest = mt_value_integer(result, 0, 2);
        state->backup_at = mt_value_integer(result, 0, 3);
        state->search_pending = mt_value_integer(result, 0, 4);
    }
    PQclear(result);
    return rv;
}

static const char *format_array(apr_pool_t *pool, const apr_int64_t *numbers, int count)
{
    const char *text = "{";

    for (int i = 0; i < count; i++)
        text = apr_psprintf(pool, "%s%s%" APR_INT64_T_FMT, text, i > 0 ? "," : "", numbers[i]);
    return apr_pstrcat(pool, text, "}", NULL);
}

/* Adds the users without any followees or followers. */
static void add_rest(mt_statistics_spread_t *spread, apr_int64_t users, int count)
{
    for (int i = 0; i <= count; i++)
        users -= spread->users[i];
    spread->users[0] += users;
}

apr_status_t mt_statistics_spread(mt_connection_t *connection, const apr_int64_t *bounds, int count,
                                  mt_statistics_spread_t *followees, mt_statistics_spread_t *followers)
{
    const char *values[] = { format_array(connection->pool, bounds, count) };
    mt_statistics_spread_t *spreads[] = { followees, followers };
    apr_int64_t users = 0;
    PGresult *result;
    apr_status_t rv = mt_exchange_run(connection, MT_STATEMENT_STATISTICS_FOLLOWS, values, &result);

    for (int i = 0; i < 2; i++) {
        spreads[i]->users = apr_pcalloc(connection->pool, ((apr_size_t)count + 1) * sizeof(*spreads[i]->users));
        spreads[i]->sum = 0;
    }
    for (int row = 0; rv == APR_SUCCESS && row < PQntuples(result); row++) {
        apr_int64_t which = mt_value_integer(result, row, 0);

        if (which == 0) {
            users = mt_value_integer(result, row, 2);
            continue;
        }
        spreads[which - 1]->users[mt_value_integer(result, row, 1)] = mt_value_integer(result, row, 2);
        spreads[which - 1]->sum += mt_value_integer(result, row, 3);
    }
    if (rv == APR_SUCCESS) {
        add_rest(followees, users, count);
        add_rest(followers, users, count);
    }
    PQclear(result);
    return rv;
}
