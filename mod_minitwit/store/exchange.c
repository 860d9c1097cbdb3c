/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "store/exchange.h"

#include "core/timestamp.h"
#include "store/failure.h"
#include "store/prepared.h"

#include <apr_strings.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

/* A stage is a message of the pipeline that has a result of its own. */
typedef enum stage_kind_t {
    STAGE_SETTINGS,
    STAGE_PREPARE,
    STAGE_EXECUTE
} stage_kind_t;

typedef struct stage_t {
    stage_kind_t kind;
    mt_statement_id_t id;
} stage_t;

#define STAGES_MAX 5

/* One attempt to run a statement, together with what must go before it. */
typedef struct attempt_t {
    mt_connection_t *connection;
    mt_prepared_t *prepared;
    mt_statement_id_t id;
    const char *const *values;
    const char *deferred[1];
    stage_t stages[STAGES_MAX];
    int count;
    PGresult *result; /* of the statement itself */
    mt_failure_remedy_t remedy;
} attempt_t;

typedef enum outcome_t {
    OUTCOME_DONE,   /* and committed */
    OUTCOME_UNDONE, /* the server said no: surely nothing is committed */
    OUTCOME_LOST,   /* the connection failed: nothing is known */
    OUTCOME_LATE    /* the deadline passed: nothing is known */
} outcome_t;

/* Keeps the text on one line. */
static void note_error(mt_connection_t *connection, const char *statement, const char *sqlstate, const char *text)
{
    char *line = apr_pstrdup(connection->pool, text && *text ? text : "no reason given");
    apr_size_t len = strlen(line);

    while (len > 0 && strchr("\r\n ", line[len - 1]))
        line[--len] = '\0';
    for (char *c = line; *c; c++) {
        if (strchr("\r\n\t", *c))
            *c = ' ';
    }
    connection->error.failure = mt_failure_classify(sqlstate);
    connection->error.statement = statement;
    apr_cpystrn(connection->error.sqlstate, sqlstate, sizeof(connection->error.sqlstate));
    connection->error.text = line;
}

static void note_late(mt_connection_t *connection, const char *statement)
{
    const char *text = apr_psprintf(connection->pool, "no answer from the database within %" APR_TIME_T_FMT " ms",
                                    apr_time_as_msec(connection->timeout));

    note_error(connection, statement, "", text);
}

apr_status_t mt_exchange_connect(mt_connection_t *connection)
{
    int late;

    if (mt_link_reconnect(&connection->link, &late))
        return APR_SUCCESS;
    if (late)
        note_late(connection, "connect");
    else
        note_error(connection, "connect", "", PQerrorMessage(connection->link.pg));
    return APR_EGENERAL;
}

static void add_statement(attempt_t *attempt, mt_statement_id_t id)
{
    if (!attempt->prepared->known[id])
        attempt->stages[attempt->count++] = (stage_t){ STAGE_PREPARE, id };
    attempt->stages[attempt->count++] = (stage_t){ STAGE_EXECUTE, id };
}

/* At the deadline nobody waits any longer, but the server would go on, perhaps behind a lock for as long as that is held, and
 * one abandoned backend after the other would fill it up. */
static int get_statement_timeout(const mt_connection_t *connection)
{
    return (int)((connection->timeout + 999) / 1000);
}

static void plan(attempt_t *attempt)
{
    const char *encoding = PQparameterStatus(attempt->connection->link.pg, "client_encoding");

    attempt->count = 0;
    /* Texts are UTF-8, whatever the environment or the role's settings make of a new connection. */
    if (!encoding || strcmp(encoding, "UTF8") != 0 ||
        attempt->prepared->statement_timeout != get_statement_timeout(attempt->connection))
        attempt->stages[attempt->count++] = (stage_t){ STAGE_SETTINGS, attempt->id };
    if (attempt->connection->deferred[0] && attempt->id != MT_STATEMENT_SIMULATOR_RECORD)
        add_statement(attempt, MT_STATEMENT_SIMULATOR_RECORD);
    add_statement(attempt, attempt->id);
}

static int send_stage(const attempt_t *attempt, const stage_t *stage)
{
    PGconn *pg = attempt->connection->link.pg;
    const mt_statement_t *statement = mt_statement_get(stage->id);
    const char *const *values = stage->id == attempt->id ? attempt->values : attempt->deferred;
    char name[MT_PREPARED_NAME_SIZE], text[16];
    const char *const timeout[] = { text };

    switch (stage->kind) {
    case STAGE_SETTINGS:
        snprintf(text, sizeof(text), "%d", get_statement_timeout(attempt->connection));
        return PQsendQueryParams(pg,
                                 "select set_config('client_encoding', 'UTF8', false), "
                                 "set_config('statement_timeout', $1, false)",
                                 1, NULL, timeout, NULL, NULL, 0);
    case STAGE_PREPARE:
        return PQsendPrepare(pg, mt_prepared_name(attempt->prepared, stage->id, name), statement->sql, 0, NULL);
    default:
        return PQsendQueryPrepared(pg, mt_prepared_name(attempt->prepared, stage->id, name), statement->parameters,
                                   values, NULL, NULL, 0);
    }
}

static int send_all(const attempt_t *attempt)
{
    PGconn *pg = attempt->connection->link.pg;

    if (!PQenterPipelineMode(pg))
        return 0;
    for (int i = 0; i < attempt->count; i++) {
        if (!send_stage(attempt, &attempt->stages[i]))
            return 0;
    }
    return PQpipelineSync(pg);
}

/* *result is NULL at the end of a stage's results. Returns 0 when the deadline passed. */
static int receive(attempt_t *attempt, PGresult **result)
{
    mt_link_t *link = &attempt->connection->link;

    while (PQstatus(link->pg) == CONNECTION_OK && PQisBusy(link->pg)) {
        int unsent = PQflush(link->pg);

        if (!mt_link_wait(link, unsent > 0 ? POLLIN | POLLOUT : POLLIN)) {
            mt_link_drop(link);
            return 0;
        }
        /* What had arrived before the connection failed is still there to be taken. */
        if (!PQconsumeInput(link->pg))
            mt_link_drop(link);
    }
    *result = PQgetResult(link->pg);
    return 1;
}

static void take_result(attempt_t *attempt, const stage_t *stage, PGresult *result)
{
    if (stage->kind == STAGE_PREPARE) {
        attempt->prepared->known[stage->id] = 1;
    }
    else if (stage->kind == STAGE_EXECUTE) {
        /* A sequence keeps its value whatever becomes of the transaction. */
        if (stage->id == MT_STATEMENT_SIMULATOR_RECORD)
            attempt->connection->deferred[0] = '\0';
        if (stage->id == attempt->id) {
            attempt->result = result;
            return;
        }
    }
    PQclear(result);
}

/* Only the primary message: details quote rows, and with them what no log may hold. */
static outcome_t take_error(attempt_t *attempt, const char *label, const PGresult *result)
{
    const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *text = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);

    note_error(attempt->connection, label, sqlstate ? sqlstate : "", text ? text : PQresultErrorMessage(result));
    attempt->remedy = mt_failure_remedy(attempt->connection->error.sqlstate);
    return attempt->remedy == MT_FAILURE_UNKNOWN ? OUTCOME_LOST : OUTCOME_UNDONE;
}

static outcome_t receive_stage(attempt_t *attempt, const stage_t *stage, outcome_t outcome)
{
    const char *label = mt_statement_label(stage->id);
    PGresult *result;

    while (receive(attempt, &result)) {
        ExecStatusType status = PQresultStatus(result);

        if (!result)
            return outcome;
        if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK) {
            take_result(attempt, stage, result);
            continue;
        }
        /* Stages behind the one that failed are only reported as skipped. */
        if (outcome == OUTCOME_DONE && status != PGRES_PIPELINE_ABORTED)
            outcome = take_error(attempt, label, result);
        PQclear(result);
    }
    if (outcome == OUTCOME_UNDONE)
        return outcome;
    note_late(attempt->connection, mt_statement_label(attempt->id));
    return OUTCOME_LATE;
}

/* The commit happens at the synchronisation, so that only its result tells of success. */
static outcome_t receive_sync(attempt_t *attempt, outcome_t outcome)
{
    PGconn *pg = attempt->connection->link.pg;
    const char *label = mt_statement_label(attempt->id);
    const char *severity;
    PGresult *result;

    if (!receive(attempt, &result)) {
        if (outcome == OUTCOME_UNDONE)
            return outcome;
        note_late(attempt->connection, label);
        return OUTCOME_LATE;
    }
    if (PQresultStatus(result) == PGRES_PIPELINE_SYNC) {
        PQclear(result);
        /* Success stands, even if libpq should be confused and the connection is of no further use. */
        if (!PQexitPipelineMode(pg))
            mt_link_drop(&attempt->connection->link);
        return outcome;
    }
    if (outcome == OUTCOME_DONE) {
        outcome = OUTCOME_LOST;
        if (!result)
            note_error(attempt->connection, label, "", PQerrorMessage(pg));
        /* An error here undid the commit; the server's farewell says nothing about it. */
        else if (take_error(attempt, label, result) == OUTCOME_UNDONE &&
                 (severity = PQresultErrorField(result, PG_DIAG_SEVERITY_NONLOCALIZED)) != NULL &&
                 strcmp(severity, "ERROR") == 0)
            outcome = OUTCOME_UNDONE;
    }
    PQclear(result);
    mt_link_drop(&attempt->connection->link);
    return outcome;
}

static outcome_t attempt_once(attempt_t *attempt)
{
    mt_connection_t *connection = attempt->connection;
    outcome_t outcome = OUTCOME_DONE;

    attempt->remedy = MT_FAILURE_UNKNOWN;
    plan(attempt);
    if (!send_all(attempt)) {
        note_error(connection, mt_statement_label(attempt->id), "", PQerrorMessage(connection->link.pg));
        mt_link_drop(&connection->link);
        return OUTCOME_LOST;
    }
    for (int i = 0; i < attempt->count && outcome != OUTCOME_LATE; i++)
        outcome = receive_stage(attempt, &attempt->stages[i], outcome);
    if (outcome != OUTCOME_LATE)
        outcome = receive_sync(attempt, outcome);
    if (outcome == OUTCOME_DONE && !attempt->result) {
        note_error(connection, mt_statement_label(attempt->id), "", "the server sent no result");
        mt_link_drop(&connection->link);
        return OUTCOME_LOST;
    }
    /* What a transaction sets goes when it fails. */
    if (outcome == OUTCOME_DONE)
        attempt->prepared->statement_timeout = get_statement_timeout(connection);
    if (outcome != OUTCOME_DONE && attempt->result) {
        PQclear(attempt->result);
        attempt->result = NULL;
    }
    return outcome;
}

/* Whether the statement may run once more after this outcome; if so, makes ready for it. */
static int may_repeat(attempt_t *attempt, outcome_t outcome)
{
    if (outcome == OUTCOME_LOST) {
        mt_link_drop(&attempt->connection->link);
        return mt_statement_get(attempt->id)->kind != MT_STATEMENT_WRITE;
    }
    if (outcome == OUTCOME_LATE)
        return 0;
    if (attempt->remedy == MT_FAILURE_PREPARE)
        mt_prepared_forget(attempt->prepared);
    else if (attempt->remedy == MT_FAILURE_RECONNECT)
        mt_link_drop(&attempt->connection->link);
    return attempt->remedy != MT_FAILURE_NONE;
}

static apr_status_t repeat_once(attempt_t *attempt)
{
    mt_connection_t *connection = attempt->connection;
    PGconn *pg = connection->link.pg;
    int reads = mt_statement_get(attempt->id)->kind == MT_STATEMENT_READ;

    for (int again = 1;; again--) {
        outcome_t outcome;

        /* In a transaction that somebody left open, nothing of ours would be committed. */
        if (PQstatus(pg) != CONNECTION_OK || PQtransactionStatus(pg) != PQTRANS_IDLE) {
            if (mt_exchange_connect(connection) != APR_SUCCESS)
                return APR_EGENERAL;
        }
        outcome = attempt_once(attempt);
        if (outcome == OUTCOME_DONE) {
            connection->error = (mt_store_error_t){ .failure = MT_STORE_OK };
            return APR_SUCCESS;
        }
        if (outcome != OUTCOME_UNDONE && !reads)
            connection->error.unknown_fate = 1;
        if (!may_repeat(attempt, outcome) || again == 0)
            break;
    }
    return strcmp(connection->error.sqlstate, "23505") == 0 ? APR_EEXIST : APR_EGENERAL;
}

apr_status_t mt_exchange_continue(mt_connection_t *connection, mt_statement_id_t id, const char *const *values,
                                  PGresult **result)
{
    attempt_t attempt = { .connection = connection, .id = id, .values = values };
    apr_status_t rv;

    *result = NULL;
    if (connection->lost)
        return APR_EGENERAL;
    connection->error = (mt_store_error_t){ .failure = MT_STORE_OK };
    attempt.prepared = mt_prepared_get(connection->link.pg);
    if (!attempt.prepared) {
        note_error(connection, mt_statement_label(id), "", "out of memory");
        return APR_EGENERAL;
    }
    attempt.deferred[0] = connection->deferred;
    apr_int64_t began = mt_timestamp_monotonic();
    rv = repeat_once(&attempt);
    if (connection->observer)
        connection->observer->ran(connection->baton, id, mt_timestamp_monotonic() - began);
    if (rv != APR_SUCCESS)
        connection->lost = PQstatus(connection->link.pg) != CONNECTION_OK;
    /* It went along; what became of it is told with the rest. */
    connection->deferred[0] = '\0';
    *result = attempt.result;
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

apr_status_t mt_exchange_flush(mt_connection_t *connection)
{
    /* The deferred text is emptied as soon as it is done, and may be needed for a second attempt. */
    const char *latest = apr_pstrdup(connection->pool, connection->deferred);

    return *latest ? mt_exchange_write(connection, MT_STATEMENT_SIMULATOR_RECORD, &latest, APR_SUCCESS) : APR_SUCCESS;
}
