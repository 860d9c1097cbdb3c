/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "ops/health.h"

#include "core/escape.h"
#include "core/revision.h"
#include "http/database.h"
#include "store/schema.h"

static void answer(mt_request_t *request, const char *status, const char *problem)
{
    mt_buffer_t *json = &request->response.body;
    request->response.content_type = "application/json";
    mt_buffer_append_text(json, "{\"status\":");
    mt_escape_json(json, status);
    mt_buffer_append_text(json, ",\"version\":");
    mt_escape_json(json, MT_VERSION);
    mt_buffer_append_text(json, ",\"revision\":");
    mt_escape_json(json, mt_revision_get());
    if (problem) {
        mt_buffer_append_text(json, ",\"problem\":");
        mt_escape_json(json, problem);
    }
    mt_buffer_append_text(json, "}\n");
}

int mt_ops_health_live(mt_request_t *request)
{
    answer(request, "alive", NULL);
    return OK;
}

/* Returns the reason why the schema's version could not be read. */
static const char *describe(mt_store_failure_t failure)
{
    switch (failure) {
    case MT_STORE_UNAVAILABLE:
        return "the database does not answer";
    case MT_STORE_SCHEMA:
        return "the database schema is incomplete, or the role in DBDParams lacks a privilege";
    default:
        return "the database rejected the query for its schema version";
    }
}

int mt_ops_health_ready(mt_request_t *request)
{
    mt_connection_t *connection;
    mt_schema_t schema;

    if (mt_database_open(request, &connection) != OK)
        return mt_request_fail(request, HTTP_SERVICE_UNAVAILABLE,
                               request->is_pool_empty ? "all database connections of this process are in use"
                                                      : "the database cannot be reached");
    if (mt_schema_load(connection, &schema) != APR_SUCCESS) {
        mt_request_fail_store(request, connection);
        return mt_request_fail(request, HTTP_SERVICE_UNAVAILABLE, describe(mt_connection_error(connection)->failure));
    }
    if (mt_schema_fit(&schema) != MT_SCHEMA_FITS)
        return mt_request_fail(request, HTTP_SERVICE_UNAVAILABLE, mt_schema_describe(&schema, request->pool));
    answer(request, "ready", NULL);
    return OK;
}

void mt_ops_health_fail(mt_request_t *request, int status)
{
    answer(request, status == HTTP_SERVICE_UNAVAILABLE ? "not ready" : "error", request->response.problem);
}
