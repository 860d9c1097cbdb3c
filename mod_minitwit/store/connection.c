/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "store/connection.h"

#include "core/timestamp.h"
#include "store/connection_internal.h"
#include "store/prepared.h"

#include <apr_strings.h>

mt_connection_t *mt_connection_wrap(apr_pool_t *pool, PGconn *pg, const char *conninfo, apr_interval_time_t timeout)
{
    mt_connection_t *connection = apr_pcalloc(pool, sizeof(*connection));

    connection->link.pg = pg;
    connection->pool = pool;
    connection->conninfo = conninfo;
    connection->timeout = timeout;
    /* If this fails, the connection is bad, and the first operation reconnects. */
    PQsetnonblocking(pg, 1);
    return connection;
}

PGconn *mt_connection_take(mt_connection_t *connection)
{
    PGconn *pg = connection->link.pg;

    connection->link.pg = NULL;
    return pg;
}

static void observe(const mt_connection_t *connection)
{
    if (connection->link.pg && connection->observer)
        mt_prepared_observe(connection->link.pg, connection->observer->opened);
}

void mt_connection_observe(mt_connection_t *connection, const mt_observer_t *observer, void *baton)
{
    connection->observer = observer;
    connection->baton = baton;
    observe(connection);
}

void mt_connection_note(mt_connection_t *connection, const char *statement, const char *sqlstate, const char *text)
{
    mt_failure_note(&connection->error, connection->pool, statement, sqlstate, text);
}

void mt_connection_note_late(mt_connection_t *connection, const char *statement)
{
    mt_failure_note_late(&connection->error, connection->pool, statement, connection->timeout);
}

static void note_failure(mt_connection_t *connection, const mt_connect_failure_t *failure)
{
    mt_store_error_t *error = &connection->error;
    mt_store_error_t other = { .statement = "connect" };

    mt_connection_note(connection, "connect", failure->sqlstate, failure->text);
    error->is_late = failure->is_late;
    if (failure->is_unresolved) {
        error->cause = "the name of the database server could not be resolved";
        error->advice = "Check the name servers of httpd's machine (getent ahosts NAME), or write addresses instead of "
                        "names in DBDParams.";
    }
    else if (!*failure->sqlstate && *failure->other) {
        mt_failure_note(&other, connection->pool, "connect", failure->other, "");
        error->cause =
            apr_pstrcat(connection->pool, "one database server cannot be reached, and another one reports that ",
                        mt_failure_cause(&other), NULL);
        error->advice = apr_pstrcat(connection->pool, "Start the server that cannot be reached. For the other one: ",
                                    mt_failure_advise(&other), NULL);
    }
}

apr_status_t mt_connection_join(mt_connection_t *connection, mt_connect_t **attempt, apr_int64_t until)
{
    if (!*attempt)
        *attempt = mt_connect_begin(connection->conninfo, connection->timeout);
    mt_connect_state_t state = mt_connect_run(*attempt, until);

    connection->lost = state != MT_CONNECT_DONE;
    if (state == MT_CONNECT_DONE) {
        connection->error = (mt_store_error_t){ .failure = MT_STORE_OK };
        PQfinish(connection->link.pg);
        connection->link.pg = mt_connect_take(*attempt);
        observe(connection);
    }
    else {
        mt_link_drop(&connection->link);
        note_failure(connection, mt_connect_failure(*attempt));
    }
    if (state == MT_CONNECT_PENDING)
        return APR_EAGAIN;
    mt_connect_end(*attempt);
    *attempt = NULL;
    return state == MT_CONNECT_DONE ? APR_SUCCESS : APR_EGENERAL;
}

apr_status_t mt_connection_reconnect(mt_connection_t *connection)
{
    static const mt_connect_failure_t lost = { .text = "the connection is lost" };

    if (!connection->conninfo) {
        mt_link_drop(&connection->link);
        note_failure(connection, &lost);
        return APR_EGENERAL;
    }
    mt_connect_t *attempt =
        mt_connect_begin(connection->conninfo, connection->link.deadline - mt_timestamp_monotonic());
    return mt_connection_join(connection, &attempt, APR_INT64_MAX);
}

int mt_connection_is_alive(mt_connection_t *connection)
{
    connection->lost = 0;
    return mt_link_is_alive(&connection->link);
}

apr_status_t mt_connection_check(mt_connection_t *connection)
{
    if (mt_connection_is_alive(connection))
        return APR_SUCCESS;
    mt_link_start(&connection->link, connection->timeout);
    return mt_connection_reconnect(connection);
}

const mt_store_error_t *mt_connection_error(const mt_connection_t *connection)
{
    return &connection->error;
}

int mt_connection_is_usable(const mt_connection_t *connection)
{
    return PQstatus(connection->link.pg) == CONNECTION_OK;
}
