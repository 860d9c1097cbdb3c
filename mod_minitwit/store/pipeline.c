/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "store/pipeline.h"

#include "store/connection_internal.h"
#include "store/prepared.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>

/* A stage is a message in the pipeline that has its own result. */
typedef enum stage_kind_t {
    STAGE_SETTINGS,
    STAGE_PREPARE,
    STAGE_EXECUTE
} stage_kind_t;

typedef struct stage_t {
    stage_kind_t kind;
    mt_call_t *call; /* for the settings: the main call, for the label of an error */
} stage_t;

/* The settings, the deferred statement and the calls, and a preparation for each statement. */
#define STAGES_MAX (1 + 2 * (1 + MT_PIPELINE_CALLS_MAX))

typedef struct pipeline_t {
    mt_connection_t *connection;
    mt_prepared_t *prepared;
    mt_call_t *calls;
    int call_count;
    mt_call_t deferred;
    const char *deferred_values[1];
    stage_t stages[STAGES_MAX];
    int count;
    mt_failure_remedy_t remedy;
} pipeline_t;

static mt_call_t *get_main(const pipeline_t *pipeline)
{
    return &pipeline->calls[pipeline->call_count - 1];
}

static const char *get_label(const pipeline_t *pipeline)
{
    return mt_statement_label(get_main(pipeline)->id);
}

static void add_call(pipeline_t *pipeline, mt_call_t *call)
{
    call->result = NULL;
    if (!pipeline->prepared->known[call->id])
        pipeline->stages[pipeline->count++] = (stage_t){ STAGE_PREPARE, call };
    pipeline->stages[pipeline->count++] = (stage_t){ STAGE_EXECUTE, call };
}

/* At the deadline the client gives up, so the server must stop, too. Otherwise a statement could wait for a lock as
 * long as another session holds it, and abandoned back ends would take up all connections. */
static int get_statement_timeout(const mt_connection_t *connection)
{
    return (int)((connection->timeout + 999) / 1000);
}

static void plan(pipeline_t *pipeline)
{
    mt_connection_t *connection = pipeline->connection;
    const char *encoding = PQparameterStatus(connection->link.pg, "client_encoding");

    if (!encoding || strcmp(encoding, "UTF8") != 0 ||
        pipeline->prepared->statement_timeout != get_statement_timeout(connection))
        pipeline->stages[pipeline->count++] = (stage_t){ STAGE_SETTINGS, get_main(pipeline) };
    if (connection->deferred[0] && get_main(pipeline)->id != MT_STATEMENT_SIMULATOR_RECORD) {
        pipeline->deferred_values[0] = connection->deferred;
        pipeline->deferred = (mt_call_t){ MT_STATEMENT_SIMULATOR_RECORD, pipeline->deferred_values, NULL };
        add_call(pipeline, &pipeline->deferred);
    }
    for (int i = 0; i < pipeline->call_count; i++)
        add_call(pipeline, &pipeline->calls[i]);
}

static int send_stage(const pipeline_t *pipeline, const stage_t *stage)
{
    PGconn *pg = pipeline->connection->link.pg;
    const mt_statement_t *statement = mt_statement_get(stage->call->id);
    char name[MT_PREPARED_NAME_SIZE], text[16];
    const char *const timeout[] = { text };

    switch (stage->kind) {
    case STAGE_SETTINGS:
        snprintf(text, sizeof(text), "%d", get_statement_timeout(pipeline->connection));
        return PQsendQueryParams(pg, MT_STATEMENT_SETTINGS, 1, NULL, timeout, NULL, NULL, 0);
    case STAGE_PREPARE:
        return PQsendPrepare(pg, mt_prepared_name(pipeline->prepared, stage->call->id, name), statement->sql, 0, NULL);
    default:
        return PQsendQueryPrepared(pg, mt_prepared_name(pipeline->prepared, stage->call->id, name),
                                   statement->parameters, stage->call->values, NULL, NULL, 0);
    }
}

static int send_all(const pipeline_t *pipeline)
{
    PGconn *pg = pipeline->connection->link.pg;

    if (!PQenterPipelineMode(pg))
        return 0;
    for (int i = 0; i < pipeline->count; i++) {
        if (!send_stage(pipeline, &pipeline->stages[i]))
            return 0;
    }
    return PQpipelineSync(pg);
}

/* Receives the next result. *result is NULL at the end of a stage's results. Returns 0 if the deadline passed. */
static int receive(pipeline_t *pipeline, PGresult **result)
{
    mt_link_t *link = &pipeline->connection->link;

    while (PQstatus(link->pg) == CONNECTION_OK && PQisBusy(link->pg)) {
        int unsent = PQflush(link->pg);

        if (!mt_link_wait(link, unsent > 0 ? POLLIN | POLLOUT : POLLIN)) {
            mt_link_drop(link);
            return 0;
        }
        /* Results that arrived before the failure can still be read. */
        if (!PQconsumeInput(link->pg))
            mt_link_drop(link);
    }
    *result = PQgetResult(link->pg);
    return 1;
}

static void take_result(pipeline_t *pipeline, const stage_t *stage, PGresult *result)
{
    if (stage->kind == STAGE_EXECUTE && stage->call != &pipeline->deferred) {
        stage->call->result = result;
        return;
    }
    if (stage->kind == STAGE_PREPARE)
        pipeline->prepared->known[stage->call->id] = 1;
    /* The deferred statement sets a sequence, which a rollback does not undo. */
    else if (stage->kind == STAGE_EXECUTE)
        pipeline->connection->deferred[0] = '\0';
    PQclear(result);
}

/* Notes only the primary message. The detail may quote rows with personal data, which must not be logged. */
static mt_pipeline_outcome_t take_error(pipeline_t *pipeline, const char *label, const PGresult *result)
{
    const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *text = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);

    mt_connection_note(pipeline->connection, label, sqlstate ? sqlstate : "",
                       text ? text : PQresultErrorMessage(result));
    pipeline->remedy = mt_failure_remedy(pipeline->connection->error.sqlstate);
    return pipeline->remedy == MT_FAILURE_UNKNOWN ? MT_PIPELINE_LOST : MT_PIPELINE_UNDONE;
}

static mt_pipeline_outcome_t receive_stage(pipeline_t *pipeline, const stage_t *stage, mt_pipeline_outcome_t outcome)
{
    const char *label = mt_statement_label(stage->call->id);
    PGresult *result;

    while (receive(pipeline, &result)) {
        ExecStatusType status = PQresultStatus(result);

        if (!result)
            return outcome;
        if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK) {
            take_result(pipeline, stage, result);
            continue;
        }
        /* After a failed stage, the server only reports the others as skipped. */
        if (outcome == MT_PIPELINE_DONE && status != PGRES_PIPELINE_ABORTED)
            outcome = take_error(pipeline, label, result);
        PQclear(result);
    }
    if (outcome == MT_PIPELINE_UNDONE)
        return outcome;
    mt_connection_note_late(pipeline->connection, get_label(pipeline));
    return MT_PIPELINE_LATE;
}

/* An ERROR at the sync means that the commit failed. After a FATAL message, which ends the connection, the commit is
 * uncertain. */
static int undoes_commit(const PGresult *result)
{
    const char *severity = PQresultErrorField(result, PG_DIAG_SEVERITY_NONLOCALIZED);

    return severity != NULL && strcmp(severity, "ERROR") == 0;
}

/* The server commits at the sync, so only its result proves success. */
static mt_pipeline_outcome_t receive_sync(pipeline_t *pipeline, mt_pipeline_outcome_t outcome)
{
    PGconn *pg = pipeline->connection->link.pg;
    const char *label = get_label(pipeline);
    PGresult *result;

    if (!receive(pipeline, &result)) {
        if (outcome == MT_PIPELINE_UNDONE)
            return outcome;
        mt_connection_note_late(pipeline->connection, label);
        return MT_PIPELINE_LATE;
    }
    if (PQresultStatus(result) == PGRES_PIPELINE_SYNC) {
        PQclear(result);
        /* The commit is certain, even if libpq cannot leave the pipeline mode and the connection is useless. */
        if (!PQexitPipelineMode(pg))
            mt_link_drop(&pipeline->connection->link);
        return outcome;
    }
    if (outcome == MT_PIPELINE_DONE) {
        outcome = MT_PIPELINE_LOST;
        if (!result)
            mt_connection_note(pipeline->connection, label, "", PQerrorMessage(pg));
        else if (take_error(pipeline, label, result) == MT_PIPELINE_UNDONE && undoes_commit(result))
            outcome = MT_PIPELINE_UNDONE;
    }
    PQclear(result);
    mt_link_drop(&pipeline->connection->link);
    return outcome;
}

static int has_results(const pipeline_t *pipeline)
{
    for (int i = 0; i < pipeline->call_count; i++) {
        if (!pipeline->calls[i].result)
            return 0;
    }
    return 1;
}

static mt_pipeline_outcome_t run(pipeline_t *pipeline)
{
    mt_connection_t *connection = pipeline->connection;
    mt_pipeline_outcome_t outcome = MT_PIPELINE_DONE;

    plan(pipeline);
    if (!send_all(pipeline)) {
        mt_connection_note(connection, get_label(pipeline), "", PQerrorMessage(connection->link.pg));
        mt_link_drop(&connection->link);
        return MT_PIPELINE_LOST;
    }
    for (int i = 0; i < pipeline->count && outcome != MT_PIPELINE_LATE; i++)
        outcome = receive_stage(pipeline, &pipeline->stages[i], outcome);
    if (outcome != MT_PIPELINE_LATE)
        outcome = receive_sync(pipeline, outcome);
    if (outcome == MT_PIPELINE_DONE && !has_results(pipeline)) {
        mt_connection_note(connection, get_label(pipeline), "", "the server sent no result");
        mt_link_drop(&connection->link);
        return MT_PIPELINE_LOST;
    }
    return outcome;
}

mt_pipeline_outcome_t mt_pipeline_run(mt_connection_t *connection, mt_call_t *calls, int count,
                                      mt_failure_remedy_t *remedy)
{
    pipeline_t pipeline = { .connection = connection,
                            .prepared = mt_prepared_get(connection->link.pg),
                            .calls = calls,
                            .call_count = count,
                            .remedy = MT_FAILURE_UNKNOWN };
    mt_pipeline_outcome_t outcome = run(&pipeline);

    *remedy = pipeline.remedy;
    if (outcome == MT_PIPELINE_DONE) {
        /* The settings last only if their transaction was committed. */
        pipeline.prepared->statement_timeout = get_statement_timeout(connection);
        return outcome;
    }
    mt_pipeline_clear(calls, count);
    return outcome;
}

void mt_pipeline_clear(mt_call_t *calls, int count)
{
    for (int i = 0; i < count; i++) {
        PQclear(calls[i].result);
        calls[i].result = NULL;
    }
}
