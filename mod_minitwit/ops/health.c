/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "ops/health.h"

#include "core/escape.h"
#include "core/revision.h"
#include "http/dbhealth.h"
#include "http/request.h"

static void answer(mt_request_t *request, const char *status, const char *problem, const char *remedy)
{
    mt_buffer_t *json = &request->response.body;
    request->response.content_type = "application/json";
    mt_buffer_append_text(json, "{\"status\":");
    mt_escape_json(json, status);
    mt_escape_json_member(json, "version", MT_VERSION);
    mt_escape_json_member(json, "revision", mt_revision_get());
    if (problem)
        mt_escape_json_member(json, "problem", problem);
    if (remedy)
        mt_escape_json_member(json, "remedy", remedy);
    mt_buffer_append_text(json, "}\n");
}

int mt_ops_health_live(mt_request_t *request)
{
    answer(request, "alive", NULL, NULL);
    return OK;
}

int mt_ops_health_ready(mt_request_t *request)
{
    mt_readiness_t readiness = mt_dbhealth_find(request->r, request->config);

    if (readiness.state == MT_READINESS_READY) {
        answer(request, "ready", NULL, NULL);
        return OK;
    }
    request->response.status = mt_request_fail(request, HTTP_SERVICE_UNAVAILABLE, readiness.problem);
    answer(request, "not ready", readiness.problem, readiness.advice);
    return OK;
}

void mt_ops_health_fail(mt_request_t *request, int status)
{
    (void)status;
    answer(request, "error", request->response.problem, NULL);
}
