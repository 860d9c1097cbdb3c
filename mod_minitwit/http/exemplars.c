/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "http/exemplars.h"

#include "http/metric_table.h"
#include "http/shared.h"

/* One slot per bucket of each series. Set in post_config, before child processes are made. */
static mt_exemplar_slot_t *slots;

static int count_buckets(void)
{
    return mt_metric_get(MT_METRIC_HTTP_DURATION)->bounds_count + 1;
}

static mt_exemplar_slot_t *find(int series, int bucket)
{
    return slots + (apr_size_t)series * (apr_size_t)count_buckets() + bucket;
}

apr_status_t mt_exemplars_post_config(server_rec *server)
{
    apr_size_t count = (apr_size_t)mt_metric_series(MT_METRIC_HTTP_DURATION) * (apr_size_t)count_buckets();
    void *memory;
    int is_new;
    apr_status_t rv = mt_shared_make(server, "mod_minitwit exemplars", "", count * sizeof(*slots), &memory, &is_new);

    if (rv == APR_SUCCESS)
        slots = memory;
    return rv;
}

void mt_exemplars_offer(int series, int bucket, const mt_request_t *request)
{
    /* The time at which mt_request_finish read the clock: reading it again would cost more than all the rest. */
    apr_int64_t now = request->began + request->timing.receiving + request->duration;

    mt_exemplar_put(find(series, bucket), now, request->duration, request->r->log_id);
}

void mt_exemplars_get(int series, mt_exemplar_t *exemplars)
{
    for (int bucket = 0; bucket < count_buckets(); bucket++)
        mt_exemplar_get(find(series, bucket), &exemplars[bucket]);
}
