/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "http/slow.h"

#include "http/log.h"

#include <apr_strings.h>
#include <http_log.h>

APLOG_USE_MODULE(minitwit);

static void append(mt_buffer_t *parts, const char *name, apr_interval_time_t time)
{
    if (time <= 0)
        return;
    mt_buffer_append_text(parts, parts->len > 0 ? ", " : ": ");
    mt_buffer_append_text(parts, apr_psprintf(parts->pool, "%s %.1f ms", name, (double)time / 1000));
}

void mt_slow_log(mt_request_t *request)
{
    const mt_timing_t *timing = &request->timing;
    mt_buffer_t parts;

    if (request->duration < request->config->slow_request)
        return;
    mt_buffer_init(&parts, request->pool, 0);
    append(&parts, "connection", timing->connecting);
    append(&parts, "hashing", timing->hashing);
    for (int id = 0; id < MT_STATEMENT_COUNT; id++)
        append(&parts, mt_statement_label((mt_statement_id_t)id), timing->statements[id]);
    /* Log the route, because the client may put anything in the path. The time that no part accounts for is the
     * module's own. */
    const char *kind = apr_pstrcat(request->pool, "slow request: ", request->route ? request->r->method : "other", " ",
                                   request->label ? request->label : "other", NULL);
    mt_log_request(APLOG_MARK, APLOG_WARNING, 0, request->r, kind, "%s took %.1f ms%s", kind,
                   (double)request->duration / 1000, mt_buffer_text(&parts));
}
