/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "store/statistics.h"

#include "store/exchange.h"

apr_status_t mt_statistics_load(mt_connection_t *connection, mt_statistics_t *statistics)
{
    PGresult *result;
    apr_status_t rv = mt_exchange_run(connection, MT_STATEMENT_STATISTICS, NULL, &result);

    if (rv == APR_SUCCESS) {
        statistics->users = mt_value_integer(result, 0, 0);
        statistics->messages = mt_value_integer(result, 0, 1);
        statistics->messages_flagged = mt_value_integer(result, 0, 2);
        statistics->follows = mt_value_integer(result, 0, 3);
        statistics->sessions = mt_value_integer(result, 0, 4);
    }
    PQclear(result);
    return rv;
}
