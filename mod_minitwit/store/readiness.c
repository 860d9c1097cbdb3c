/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "store/readiness.h"

#include "store/connection_internal.h"
#include "store/exchange.h"
#include "store/schema.h"

#include <apr_strings.h>
#include <poll.h>
#include <string.h>

static void judge(const mt_connection_t *connection, mt_readiness_t *readiness, apr_pool_t *pool)
{
    const mt_store_error_t *error = mt_connection_error(connection);

    readiness->problem = mt_failure_cause(error);
    readiness->advice = mt_failure_advise(error);
    if (error->failure != MT_STORE_UNAVAILABLE) {
        readiness->state = MT_READINESS_WRONG;
        /* A refused login names hosts and roles. */
        if (strcmp(error->statement, "connect") != 0)
            readiness->problem =
                apr_psprintf(pool, "%s (SQLSTATE %s: %s)", readiness->problem, error->sqlstate, error->text);
    }
    else if (error->is_late)
        readiness->state = MT_READINESS_LATE;
    else if (!*error->sqlstate || strncmp(error->sqlstate, "08", 2) == 0 || strncmp(error->sqlstate, "57P", 3) == 0)
        readiness->state = MT_READINESS_DOWN;
    else
        readiness->state = strcmp(error->statement, "connect") == 0 ? MT_READINESS_FULL : MT_READINESS_LOADED;
}

/* Sets *readiness, or returns 0 if a statement failed. */
static int check_schema(mt_connection_t *connection, mt_readiness_t *readiness, apr_pool_t *pool)
{
    mt_schema_t schema;

    if (mt_schema_load(connection, &schema) != APR_SUCCESS)
        return 0;
    if (mt_schema_fit(&schema) != MT_SCHEMA_FITS)
        *readiness =
            (mt_readiness_t){ MT_READINESS_WRONG, mt_schema_describe(&schema, pool), mt_schema_advise(&schema) };
    return 1;
}

static int check_writes(mt_connection_t *connection, mt_readiness_t *readiness, apr_pool_t *pool)
{
    PGresult *result;
    mt_store_error_t read_only = { .failure = MT_STORE_REFUSED, .statement = "", .sqlstate = "25006" };

    if (mt_exchange_run(connection, MT_STATEMENT_READINESS, NULL, &result) != APR_SUCCESS)
        return 0;
    *readiness = (mt_readiness_t){ MT_READINESS_WRONG, NULL, NULL };
    if (*PQgetvalue(result, 0, 0) == 't') {
        readiness->problem = "the database server is a standby, which accepts no writes";
        readiness->advice = mt_failure_advise(&read_only);
    }
    else if (*PQgetvalue(result, 0, 1) == 't') {
        readiness->problem = "the database is read-only, because default_transaction_read_only is on";
        readiness->advice =
            "Run minitwitctl doctor, which shows how to find the place where it is set. Reset it there.";
    }
    else if (*PQgetvalue(result, 0, 2) == 't') {
        readiness->problem = "writes wait for a synchronous standby, which does not confirm them";
        readiness->advice = "Start the standby, or let the primary run alone: see \"Two "
                            "servers\" in " MT_DOC_DIR "/database.md.";
    }
    else if (!PQgetisnull(result, 0, 3)) {
        readiness->problem =
            apr_psprintf(pool, "the site's role lacks rights in the database: %s", PQgetvalue(result, 0, 3));
        readiness->advice = "Run minitwitctl doctor as minitwit_owner, which prints the statements that grant them.";
    }
    else
        readiness->state = MT_READINESS_READY;
    PQclear(result);
    return 1;
}

/* Returns 0 with the error in the connection. */
static int run_trial(mt_connection_t *connection)
{
    static const char label[] = "trial";
    PGconn *pg = connection->link.pg;
    PGresult *result;
    int is_sent = PQsendQuery(pg, MT_READINESS_TRIAL), is_done = is_sent;

    mt_link_start(&connection->link, connection->timeout);
    if (!is_sent)
        mt_connection_note(connection, label, "", PQerrorMessage(pg));
    while (is_sent) {
        while (PQflush(pg) > 0 || (PQstatus(pg) == CONNECTION_OK && PQisBusy(pg))) {
            if (!mt_link_wait(&connection->link, PQflush(pg) > 0 ? POLLIN | POLLOUT : POLLIN)) {
                mt_link_drop(&connection->link);
                mt_connection_note_late(connection, label);
                return 0;
            }
            if (!PQconsumeInput(pg))
                break;
        }
        result = PQgetResult(pg);
        if (!result)
            break;
        if (PQresultStatus(result) == PGRES_FATAL_ERROR && is_done) {
            const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
            const char *text = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
            mt_connection_note(connection, label, sqlstate ? sqlstate : "", text ? text : PQresultErrorMessage(result));
            is_done = 0;
        }
        PQclear(result);
    }
    return is_done;
}

void mt_readiness_check(mt_connection_t *connection, int *trial, apr_pool_t *pool, mt_readiness_t *readiness)
{
    int is_wanted = *trial, is_done;

    *trial = 0;
    *readiness = (mt_readiness_t){ MT_READINESS_READY, NULL, NULL };
    is_done = mt_connection_check(connection) == APR_SUCCESS && check_schema(connection, readiness, pool);
    if (is_done && readiness->state == MT_READINESS_READY)
        is_done = check_writes(connection, readiness, pool);
    if (is_done && readiness->state == MT_READINESS_READY && is_wanted) {
        *trial = 1;
        is_done = run_trial(connection);
    }
    if (!is_done)
        judge(connection, readiness, pool);
}
