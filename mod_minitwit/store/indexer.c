/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "store/indexer.h"

#include "store/exchange.h"

/* Merges the pending entries into the index, before a search must read them. */
static apr_status_t settle(mt_connection_t *connection)
{
    PGresult *result;
    apr_status_t rv = mt_exchange_continue(connection, MT_STATEMENT_SEARCH_SETTLE, NULL, &result);

    PQclear(result);
    return rv;
}

apr_status_t mt_indexer_step(mt_connection_t *connection, apr_int64_t limit, mt_indexer_step_t *step)
{
    char text[MT_VALUE_INTEGER_SIZE];
    const char *values[] = { mt_value_format_integer(text, limit) };
    mt_call_t calls[] = { { .id = MT_STATEMENT_SEARCH_INDEX, .values = values },
                          { .id = MT_STATEMENT_SEARCH_COMPLETE, .values = values } };
    apr_status_t rv = mt_exchange_batch(connection, calls, 2);

    *step = (mt_indexer_step_t){ .added = 0 };
    if (rv != APR_SUCCESS)
        return rv;
    if (PQntuples(calls[0].result) > 0) {
        step->added = mt_value_integer(calls[0].result, 0, 0);
        step->is_behind = step->added == limit;
    }
    if (PQntuples(calls[1].result) > 0) {
        step->added += mt_value_integer(calls[1].result, 0, 0);
        step->is_behind |= (int)mt_value_integer(calls[1].result, 0, 1);
    }
    mt_pipeline_clear(calls, 2);
    return step->added > 0 ? settle(connection) : APR_SUCCESS;
}
