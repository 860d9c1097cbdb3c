/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "store/connection.h"

#include "store/connect.h"
#include "store/connection_internal.h"
#include "store/prepared.h"

#include <apr_strings.h>
#include <string.h>

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

/* libpq has no function that returns the SQLSTATE of a refused connection. In its verbose messages, the code is between
 * the severity and the text: "FATAL:  28P01: password authentication failed". With several hosts there are several
 * messages, and the code of the last one counts. */
static void note_refusal(mt_connection_t *connection, const mt_connect_failure_t *failure)
{
    char *text = apr_pstrdup(connection->pool, failure->text);
    char sqlstate[6] = "", *rest;

    for (const char *c = text; *c; c++) {
        if (strncmp(c, ":  ", 3) == 0 && strspn(c + 3, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") == 5 && c[8] == ':')
            apr_cpystrn(sqlstate, c + 3, sizeof(sqlstate));
    }
    if (failure->is_read_only)
        apr_cpystrn(sqlstate, "25006", sizeof(sqlstate));
    while ((rest = strstr(text, "\nLOCATION:")) != NULL)
        memmove(rest, rest + 1 + strcspn(rest + 1, "\n"), strlen(rest + 1 + strcspn(rest + 1, "\n")) + 1);
    mt_connection_note(connection, "connect", sqlstate, text);
    connection->error.is_late = failure->is_late;
}

apr_status_t mt_connection_reconnect(mt_connection_t *connection)
{
    mt_connect_failure_t failure = { .text = "the connection is lost" };
    PGconn *pg = NULL;

    if (connection->conninfo)
        pg = mt_connect_open(connection->pool, connection->conninfo, connection->link.deadline, &failure);
    if (!pg) {
        mt_link_drop(&connection->link);
        note_refusal(connection, &failure);
        return APR_EGENERAL;
    }
    PQfinish(connection->link.pg);
    connection->link.pg = pg;
    observe(connection);
    return APR_SUCCESS;
}

apr_status_t mt_connection_check(mt_connection_t *connection)
{
    connection->lost = 0;
    if (mt_link_is_alive(&connection->link))
        return APR_SUCCESS;
    connection->error = (mt_store_error_t){ .failure = MT_STORE_OK };
    mt_link_start(&connection->link, connection->timeout);
    if (mt_connection_reconnect(connection) == APR_SUCCESS)
        return APR_SUCCESS;
    connection->lost = 1;
    return APR_EGENERAL;
}

const mt_store_error_t *mt_connection_error(const mt_connection_t *connection)
{
    return &connection->error;
}

int mt_connection_is_usable(const mt_connection_t *connection)
{
    return PQstatus(connection->link.pg) == CONNECTION_OK;
}
