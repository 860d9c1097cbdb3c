/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "http/request_metrics.h"

#include "http/children.h"
#include "http/counters.h"
#include "http/exemplars.h"
#include "http/router.h"

void mt_request_metrics_begin(void)
{
    mt_children_add(MT_CHILDREN_REQUESTS, 1);
}

void mt_request_metrics_end(void)
{
    mt_children_add(MT_CHILDREN_REQUESTS, -1);
}

void mt_request_metrics_answer(mt_request_t *request, int status)
{
    const request_rec *r = request->r;
    int method = mt_metric_method(r->method_number, r->header_only);

    request->is_measured = 1;
    /* An internal redirect, for example to an ErrorDocument: the original request is counted instead. */
    for (const request_rec *former = r->prev; former; former = former->prev) {
        if (mt_request_get(former))
            return;
    }
    mt_counters_increment(MT_METRIC_HTTP_REQUESTS,
                          mt_metric_route_method_code(request->row, method, mt_metric_code(status)));

    int series = mt_metric_route_method(request->row, method);
    int bucket = mt_counters_observe(MT_METRIC_HTTP_DURATION, series, request->duration);
    mt_exemplars_offer(series, bucket, request);
}

int mt_request_metrics_log(request_rec *r)
{
    mt_request_t *request = mt_request_get(r);

    if (request && !request->is_measured) {
        if (!request->config) {
            request->row = mt_router_other(request->handler);
            mt_request_finish(request);
        }
        mt_request_metrics_answer(request, r->status);
    }
    return DECLINED;
}
