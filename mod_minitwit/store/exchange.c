/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "store/exchange.h"

#include "core/timestamp.h"
#include "store/connection_internal.h"
#include "store/prepared.h"

#include <string.h>

/* The calls are one transaction, so the strictest kind applies to all. */
static mt_statement_kind_t get_kind(const mt_call_t *calls, int count)
{
    mt_statement_kind_t strictest = MT_STATEMENT_READ;

    for (int i = 0; i < count; i++) {
        mt_statement_kind_t kind = mt_statement_get(calls[i].id)->kind;
        if (kind > strictest)
            strictest = kind;
    }
    return strictest;
}

/* Returns 1 if the calls may be sent again after this outcome, and prepares the connection for it. */
static int may_repeat(mt_connection_t *connection, mt_statement_kind_t kind, mt_pipeline_outcome_t outcome,
                      mt_failure_remedy_t remedy)
{
    if (outcome == MT_PIPELINE_LOST) {
        mt_link_drop(&connection->link);
        return kind != MT_STATEMENT_WRITE;
    }
    if (outcome == MT_PIPELINE_LATE)
        return 0;
    if (remedy == MT_FAILURE_PREPARE)
        mt_prepared_forget(mt_prepared_get(connection->link.pg));
    else if (remedy == MT_FAILURE_RECONNECT)
        mt_link_drop(&connection->link);
    return remedy != MT_FAILURE_NONE;
}

static apr_status_t repeat_once(mt_connection_t *connection, mt_call_t *calls, int count)
{
    mt_statement_kind_t kind = get_kind(calls, count);

    for (int again = 1;; again--) {
        mt_failure_remedy_t remedy;
        mt_pipeline_outcome_t outcome;

        /* If a transaction is still open, the sync would not commit our statements. */
        if (PQstatus(connection->link.pg) != CONNECTION_OK ||
            PQtransactionStatus(connection->link.pg) != PQTRANS_IDLE) {
            if (mt_connection_reconnect(connection) != APR_SUCCESS)
                return APR_EGENERAL;
        }
        outcome = mt_pipeline_run(connection, calls, count, &remedy);
        if (outcome == MT_PIPELINE_DONE) {
            connection->error = (mt_store_error_t){ .failure = MT_STORE_OK };
            return APR_SUCCESS;
        }
        if (outcome != MT_PIPELINE_UNDONE && kind != MT_STATEMENT_READ)
            connection->error.unknown_fate = 1;
        if (!may_repeat(connection, kind, outcome, remedy) || again == 0)
            break;
    }
    return strcmp(connection->error.sqlstate, "23505") == 0 ? APR_EEXIST : APR_EGENERAL;
}

/* Like mt_exchange_batch, but keeps the current deadline. */
static apr_status_t run(mt_connection_t *connection, mt_call_t *calls, int count)
{
    mt_statement_id_t main_id = calls[count - 1].id;
    apr_status_t rv;

    for (int i = 0; i < count; i++)
        calls[i].result = NULL;
    if (connection->lost)
        return APR_EGENERAL;
    connection->error = (mt_store_error_t){ .failure = MT_STORE_OK };
    if (!mt_prepared_get(connection->link.pg)) {
        mt_connection_note(connection, mt_statement_label(main_id), "", "out of memory");
        return APR_EGENERAL;
    }
    apr_int64_t began = mt_timestamp_monotonic();
    rv = repeat_once(connection, calls, count);
    if (connection->observer)
        connection->observer->ran(connection->baton, main_id, mt_timestamp_monotonic() - began);
    if (rv != APR_SUCCESS)
        connection->lost = PQstatus(connection->link.pg) != CONNECTION_OK;
    /* The deferred statement was sent with the others, and shares their result. */
    connection->deferred[0] = '\0';
    return rv;
}

apr_status_t mt_exchange_batch(mt_connection_t *connection, mt_call_t *calls, int count)
{
    mt_link_start(&connection->link, connection->timeout);
    return run(connection, calls, count);
}

apr_status_t mt_exchange_continue(mt_connection_t *connection, mt_statement_id_t id, const char *const *values,
                                  PGresult **result)
{
    mt_call_t call = { .id = id, .values = values };
    apr_status_t rv = run(connection, &call, 1);

    *result = call.result;
    return rv;
}

apr_status_t mt_exchange_run(mt_connection_t *connection, mt_statement_id_t id, const char *const *values,
                             PGresult **result)
{
    mt_link_start(&connection->link, connection->timeout);
    return mt_exchange_continue(connection, id, values, result);
}

apr_status_t mt_exchange_write(mt_connection_t *connection, mt_statement_id_t id, const char *const *values,
                               apr_status_t none)
{
    PGresult *result;
    apr_status_t rv = mt_exchange_run(connection, id, values, &result);

    if (rv == APR_SUCCESS && mt_value_affected(result) == 0)
        rv = none;
    PQclear(result);
    return rv;
}

apr_status_t mt_exchange_number(mt_connection_t *connection, mt_statement_id_t id, const char *const *values,
                                apr_int64_t *number)
{
    PGresult *result;
    apr_status_t rv = mt_exchange_run(connection, id, values, &result);

    if (rv == APR_SUCCESS)
        *number = mt_value_integer(result, 0, 0);
    PQclear(result);
    return rv;
}
