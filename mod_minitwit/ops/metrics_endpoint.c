/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "ops/metrics_endpoint.h"

#include "core/exposition.h"
#include "http/children.h"
#include "http/counters.h"
#include "http/hashing.h"
#include "ops/process.h"

#include <apr_strings.h>

#define SIZE_USUAL 65536 /* bytes */

static const char *const kinds[] = {
    [MT_METRIC_COUNTER] = "counter",
    [MT_METRIC_GAUGE] = "gauge",
    [MT_METRIC_HISTOGRAM] = "histogram",
};

static apr_int64_t count_connections(mt_db_state_t state)
{
    apr_int64_t open = mt_children_sum(MT_CHILDREN_CONNECTIONS);
    apr_int64_t lent = mt_children_sum(MT_CHILDREN_LENT);
    apr_int64_t capacity = mt_children_sum(MT_CHILDREN_CAPACITY);
    apr_int64_t count = state == MT_DB_BUSY ? lent : state == MT_DB_IDLE ? open - lent : capacity - open;

    /* The three numbers are not read at the same moment. */
    return count < 0 ? 0 : count;
}

/* Determines the current value of a metric with the source MT_METRIC_ASKED. */
static double ask(mt_metric_id_t id, int series, const mt_process_t *process)
{
    switch (id) {
    case MT_METRIC_HTTP_IN_FLIGHT:
        return (double)mt_children_sum(MT_CHILDREN_REQUESTS);
    case MT_METRIC_DB_CONNECTIONS:
        return (double)count_connections((mt_db_state_t)series);
    case MT_METRIC_HASHES_IN_FLIGHT:
        return (double)mt_hashing_count();
    case MT_METRIC_PROCESS_CPU:
        return process->cpu;
    case MT_METRIC_PROCESS_MEMORY:
        return process->memory;
    case MT_METRIC_PROCESS_START:
        return (double)mt_children_since() / APR_USEC_PER_SEC;
    default: /* build_info */
        return 1;
    }
}

static void append_histogram(mt_request_t *request, const mt_metric_t *metric, mt_metric_id_t id, int series)
{
    apr_int64_t sum;
    const apr_uint64_t *observations = mt_counters_get_histogram(id, series, &sum);
    int is_empty = 1;

    for (int i = 0; i <= metric->bounds_count && is_empty; i++)
        is_empty = observations[i] == 0;
    if (!is_empty || mt_metric_is_expected(id, series))
        mt_exposition_histogram(&request->response.body, metric->name,
                                mt_metric_format_labels(request->pool, id, series), metric->bounds,
                                metric->bounds_count, observations, sum, metric->unit);
}

static void append_counted(mt_request_t *request, const mt_metric_t *metric, mt_metric_id_t id, int series)
{
    apr_int64_t value = mt_counters_get(id, series);

    if (value != 0 || mt_metric_is_expected(id, series))
        mt_exposition_integer(&request->response.body, metric->name, "",
                              mt_metric_format_labels(request->pool, id, series), value);
}

static int is_known(mt_metric_id_t id, const mt_process_t *process)
{
    if (id == MT_METRIC_PROCESS_CPU || id == MT_METRIC_PROCESS_MEMORY)
        return process->is_known;
    return mt_counters_is_known(id);
}

static void append_metric(mt_request_t *request, mt_metric_id_t id, const mt_process_t *process)
{
    const mt_metric_t *metric = mt_metric_get(id);
    mt_buffer_t *text = &request->response.body;

    mt_exposition_describe(text, metric->name, kinds[metric->kind], metric->help);
    for (int series = 0; series < mt_metric_series(id); series++) {
        if (metric->source == MT_METRIC_ASKED)
            mt_exposition_number(text, metric->name, "", mt_metric_format_labels(request->pool, id, series),
                                 ask(id, series, process));
        else if (metric->kind == MT_METRIC_HISTOGRAM)
            append_histogram(request, metric, id, series);
        else
            append_counted(request, metric, id, series);
    }
}

int mt_ops_metrics_show(mt_request_t *request)
{
    mt_response_t *response = &request->response;
    mt_process_t process;

    mt_ops_process_measure(&process);
    mt_buffer_init(&response->body, request->pool, SIZE_USUAL);
    for (int i = 0; i < MT_METRIC_COUNT; i++) {
        mt_metric_id_t id = (mt_metric_id_t)i;
        if (is_known(id, &process))
            append_metric(request, id, &process);
    }
    response->content_type = MT_EXPOSITION_TYPE;
    return OK;
}

void mt_ops_metrics_fail(mt_request_t *request, int status)
{
    (void)status;
    request->response.content_type = "text/plain; charset=utf-8";
    mt_buffer_append_text(&request->response.body, request->response.problem);
    mt_buffer_append_text(&request->response.body, "\n");
}
