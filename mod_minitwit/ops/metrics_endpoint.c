/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "ops/metrics_endpoint.h"

#include "core/exposition.h"
#include "http/children.h"
#include "http/counters.h"
#include "http/exemplars.h"
#include "http/hashing.h"
#include "ops/process.h"

#include <apr_strings.h>

#define SIZE_USUAL 65536 /* bytes */

/* One answer of the endpoint. */
typedef struct answer_t {
    apr_pool_t *pool;
    mt_buffer_t *text;
    mt_exposition_format_t format;
    mt_process_t process;
} answer_t;

/* In OpenMetrics, a counter's family is named without "_total". There must be no other metric of this name. */
static int is_named_as_another(const char *counter)
{
    apr_size_t len = strlen(counter) - strlen("_total");

    for (int id = 0; id < MT_METRIC_COUNT; id++) {
        const char *name = mt_metric_get((mt_metric_id_t)id)->name;
        if (strlen(name) == len && strncmp(name, counter, len) == 0)
            return 1;
    }
    return 0;
}

static const char *get_type(const mt_metric_t *metric, mt_exposition_format_t format)
{
    switch (metric->kind) {
    case MT_METRIC_COUNTER:
        /* A family of type "unknown" keeps the whole name. Then a sample has the same name in both formats. */
        return format == MT_EXPOSITION_OPENMETRICS && is_named_as_another(metric->name) ? "unknown" : "counter";
    case MT_METRIC_HISTOGRAM:
        return "histogram";
    case MT_METRIC_INFO:
        return format == MT_EXPOSITION_OPENMETRICS ? "info" : "gauge";
    default:
        return "gauge";
    }
}

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

/* Returns the exemplars of a histogram's series, one for each bucket, or NULL if it has none. */
static const mt_exemplar_t *get_exemplars(const answer_t *answer, mt_metric_id_t id, int series)
{
    apr_size_t count = (apr_size_t)mt_metric_get(id)->bounds_count + 1;

    if (answer->format != MT_EXPOSITION_OPENMETRICS || id != MT_METRIC_HTTP_DURATION)
        return NULL;
    mt_exemplar_t *exemplars = apr_palloc(answer->pool, count * sizeof(*exemplars));
    mt_exemplars_get(series, exemplars);
    return exemplars;
}

static void append_histogram(const answer_t *answer, const mt_metric_t *metric, mt_metric_id_t id, int series)
{
    mt_exposition_histogram_t histogram = {
        .bounds = metric->bounds,
        .count = metric->bounds_count,
        .unit = metric->unit,
    };
    int is_empty = 1;

    histogram.observations = mt_counters_get_histogram(id, series, &histogram.sum);
    for (int i = 0; i <= metric->bounds_count && is_empty; i++)
        is_empty = histogram.observations[i] == 0;
    if (is_empty && !mt_metric_is_expected(id, series))
        return;
    histogram.exemplars = get_exemplars(answer, id, series);
    mt_exposition_histogram(answer->text, answer->format, metric->name,
                            mt_metric_format_labels(answer->pool, id, series), &histogram);
}

static void append_counted(const answer_t *answer, const mt_metric_t *metric, mt_metric_id_t id, int series)
{
    apr_int64_t value = mt_counters_get(id, series);

    if (value != 0 || mt_metric_is_expected(id, series))
        mt_exposition_integer(answer->text, metric->name, "", mt_metric_format_labels(answer->pool, id, series), value);
}

static int is_known(mt_metric_id_t id, const mt_process_t *process)
{
    if (id == MT_METRIC_PROCESS_CPU || id == MT_METRIC_PROCESS_MEMORY)
        return process->is_known;
    return mt_counters_is_known(id);
}

static void append_metric(const answer_t *answer, mt_metric_id_t id)
{
    const mt_metric_t *metric = mt_metric_get(id);

    mt_exposition_describe(answer->text, answer->format, metric->name, get_type(metric, answer->format), metric->help);
    for (int series = 0; series < mt_metric_series(id); series++) {
        if (metric->source == MT_METRIC_ASKED)
            mt_exposition_number(answer->text, metric->name, "", mt_metric_format_labels(answer->pool, id, series),
                                 ask(id, series, &answer->process));
        else if (metric->kind == MT_METRIC_HISTOGRAM)
            append_histogram(answer, metric, id, series);
        else
            append_counted(answer, metric, id, series);
    }
}

int mt_ops_metrics_show(mt_request_t *request)
{
    request_rec *r = request->r;
    mt_response_t *response = &request->response;
    answer_t answer = {
        .pool = request->pool,
        .text = &response->body,
        .format = mt_exposition_choose(apr_table_get(r->headers_in, "Accept")),
    };

    mt_ops_process_measure(&answer.process);
    mt_buffer_init(&response->body, request->pool, SIZE_USUAL);
    for (int i = 0; i < MT_METRIC_COUNT; i++) {
        mt_metric_id_t id = (mt_metric_id_t)i;
        if (is_known(id, &answer.process))
            append_metric(&answer, id);
    }
    mt_exposition_end(&response->body, answer.format);
    response->content_type = mt_exposition_content_type(answer.format);
    apr_table_mergen(r->headers_out, "Vary", "Accept");
    return OK;
}

void mt_ops_metrics_fail(mt_request_t *request, int status)
{
    (void)status;
    request->response.content_type = "text/plain; charset=utf-8";
    mt_buffer_append_text(&request->response.body, request->response.problem);
    mt_buffer_append_text(&request->response.body, "\n");
}
