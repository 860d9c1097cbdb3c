/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "http/counters.h"

#include "http/shared.h"

#include <stdatomic.h>

/* All metrics are in one array of cells. The cells of a series are adjacent: one for a counter or gauge, or one per
 * bucket of a histogram and then its sum. A metric that is read has one more cell before its first series, which is not
 * 0 if the value is known:
 *
 *     counter    | series 0 | series 1 | ...
 *     histogram  | bucket 0 | ... | bucket n | sum | bucket 0 | ...
 *     read       | known | series 0 */
typedef _Atomic apr_uint64_t cell_t;

/* Set in post_config, before child processes are made. */
static cell_t *cells;
static apr_size_t offsets[MT_METRIC_COUNT];

static apr_size_t get_width(const mt_metric_t *metric)
{
    return metric->kind == MT_METRIC_HISTOGRAM ? (apr_size_t)metric->bounds_count + 2 : 1;
}

static apr_size_t lay_out(void)
{
    apr_size_t size = 0;

    for (int id = 0; id < MT_METRIC_COUNT; id++) {
        const mt_metric_t *metric = mt_metric_get((mt_metric_id_t)id);

        offsets[id] = size + (metric->source == MT_METRIC_READ);
        if (metric->source != MT_METRIC_ASKED)
            size = offsets[id] + (apr_size_t)mt_metric_series((mt_metric_id_t)id) * get_width(metric);
    }
    return size;
}

apr_status_t mt_counters_post_config(server_rec *server)
{
    apr_size_t size = lay_out();
    void *memory;
    int is_new;
    apr_status_t rv = mt_shared_make(server, "mod_minitwit counters", "", size * sizeof(*cells), &memory, &is_new);

    if (rv == APR_SUCCESS)
        cells = memory;
    return rv;
}

static cell_t *find(mt_metric_id_t id, int series)
{
    return cells + offsets[id] + (apr_size_t)series * get_width(mt_metric_get(id));
}

void mt_counters_increment(mt_metric_id_t id, int series)
{
    atomic_fetch_add(find(id, series), 1);
}

int mt_counters_observe(mt_metric_id_t id, int series, apr_int64_t value)
{
    const mt_metric_t *metric = mt_metric_get(id);
    cell_t *cell = find(id, series);
    int bucket = 0;

    while (bucket < metric->bounds_count && value > metric->bounds[bucket])
        bucket++;
    atomic_fetch_add(&cell[bucket], 1);
    atomic_fetch_add(&cell[metric->bounds_count + 1], (apr_uint64_t)value);
    return bucket;
}

void mt_counters_set(mt_metric_id_t id, apr_int64_t value)
{
    cell_t *cell = find(id, 0);

    atomic_store(cell, (apr_uint64_t)value);
    atomic_store(cell - 1, 1);
}

void mt_counters_set_histogram(mt_metric_id_t id, const apr_int64_t *observations, apr_int64_t sum)
{
    const mt_metric_t *metric = mt_metric_get(id);
    cell_t *cell = find(id, 0);

    for (int i = 0; i <= metric->bounds_count; i++)
        atomic_store(&cell[i], (apr_uint64_t)observations[i]);
    atomic_store(&cell[metric->bounds_count + 1], (apr_uint64_t)sum);
    atomic_store(cell - 1, 1);
}

void mt_counters_forget(mt_metric_id_t id)
{
    atomic_store(find(id, 0) - 1, 0);
}

int mt_counters_is_known(mt_metric_id_t id)
{
    return mt_metric_get(id)->source != MT_METRIC_READ || atomic_load(find(id, 0) - 1);
}

apr_int64_t mt_counters_get(mt_metric_id_t id, int series)
{
    return (apr_int64_t)atomic_load(find(id, series));
}

const apr_uint64_t *mt_counters_get_histogram(mt_metric_id_t id, int series, apr_int64_t *sum)
{
    cell_t *cell = find(id, series);

    *sum = (apr_int64_t)atomic_load(&cell[mt_metric_get(id)->bounds_count + 1]);
    return (const apr_uint64_t *)cell;
}
