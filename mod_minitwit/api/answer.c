/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "api/answer.h"

#include "core/credentials.h"
#include "core/escape.h"
#include "core/integer.h"
#include "http/database.h"
#include "http/refusal.h"
#include "store/simulator.h"

#include <apr_strings.h>

#define DEFAULT_LIMIT 100

int mt_api_answer_is_authorized(mt_request_t *request)
{
    if (request->user)
        return 1;
    const char *credentials = request->config->api_credentials;
    int is_right =
        mt_credentials_match(request->pool, apr_table_get(request->r->headers_in, "Authorization"), credentials);
    if (is_right)
        request->user = apr_pstrmemdup(request->pool, credentials, strcspn(credentials, ":"));
    return is_right;
}

void mt_api_answer_read(mt_request_t *request, mt_answer_body_t *body)
{
    body->problem = NULL;
    body->status = mt_request_body(request, &body->data, &body->len);
}

void mt_api_answer_read_authorized(mt_request_t *request, mt_answer_body_t *body)
{
    memset(body, 0, sizeof(*body));
    if (mt_api_answer_is_authorized(request))
        mt_api_answer_read(request, body);
}

int mt_api_answer_is_read(const mt_answer_body_t *body)
{
    return body->status == OK && !body->problem;
}

int mt_api_answer_fail_body(mt_request_t *request, const mt_answer_body_t *body)
{
    return body->status != OK ? body->status : mt_request_fail(request, HTTP_BAD_REQUEST, body->problem);
}

/* Returns 1 if the query has a number to record. The simulator's authors use -1 for "none". */
static int get_latest(const mt_request_t *request, apr_int64_t *latest)
{
    return mt_integer_parse(mt_form_get(request->query, "latest"), latest) && *latest != -1;
}

int mt_api_answer_begin(mt_request_t *request, mt_connection_t **connection)
{
    apr_int64_t latest;
    int status = mt_database_open(request, connection);
    if (status == OK && get_latest(request, &latest))
        mt_simulator_record(*connection, latest);
    return status;
}

int mt_api_answer_record(mt_request_t *request)
{
    mt_connection_t *connection;
    apr_int64_t latest;

    if (!get_latest(request, &latest))
        return OK;
    int status = mt_api_answer_begin(request, &connection);
    if (status == OK && mt_simulator_flush(connection) != APR_SUCCESS)
        status = mt_request_fail_store(request, connection);
    return status;
}

int mt_api_answer_begin_authorized(mt_request_t *request, mt_connection_t **connection)
{
    if (mt_api_answer_is_authorized(request))
        return mt_api_answer_begin(request, connection);
    mt_refusal_log_credentials(request);
    int status = mt_api_answer_record(request);
    return status != OK ? status
                        : mt_request_fail(request, HTTP_FORBIDDEN, "You are not authorized to use this resource!");
}

int mt_api_answer_fail_user(mt_request_t *request, const mt_connection_t *connection, apr_status_t found)
{
    if (found == APR_ENOENT)
        return mt_request_fail(request, HTTP_NOT_FOUND, "There is no such user.");
    return mt_request_fail_store(request, connection);
}

apr_int64_t mt_api_answer_limit(const mt_request_t *request)
{
    apr_int64_t limit = DEFAULT_LIMIT;
    mt_integer_parse_clamped(mt_form_get(request->query, "no"), &limit);
    return limit < 0 || limit > request->config->api_rows_max ? request->config->api_rows_max : limit;
}

void mt_api_answer_whole(mt_request_t *request)
{
    apr_table_unset(request->r->headers_in, "Range");
}

mt_buffer_t *mt_api_answer_json(mt_request_t *request)
{
    mt_api_answer_whole(request);
    request->response.content_type = "application/json";
    return &request->response.body;
}

int mt_api_answer_nothing(mt_request_t *request)
{
    request->response.status = HTTP_NO_CONTENT;
    return OK;
}

void mt_api_answer_fail(mt_request_t *request, int status)
{
    mt_buffer_t *json = mt_api_answer_json(request);
    mt_buffer_append_text(json, apr_psprintf(request->pool, "{\"status\":%d,\"error_msg\":", status));
    mt_escape_json(json, request->response.problem);
    mt_buffer_append_text(json, "}\n");
}
