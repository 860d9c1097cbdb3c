/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_COUNTERS_H
#define MT_COUNTERS_H

#include "http/metric_table.h"

#include <httpd.h>

/* The values of the metrics that are counted or read, in memory that all child processes share. Updating takes an
 * atomic addition, never a lock, so a child that is killed harms nothing. series: as http/metric_table.h numbers them.
 */

/* post_config. */
apr_status_t mt_counters_post_config(server_rec *server);

void mt_counters_increment(mt_metric_id_t id, int series);

/* For a histogram that is counted: notes a value, 0 or more, in the unit of the metric's bounds. */
void mt_counters_observe(mt_metric_id_t id, int series, apr_int64_t value);

/* For a gauge that is read. */
void mt_counters_set(mt_metric_id_t id, apr_int64_t value);

/* For a histogram that is read. observations: bounds_count + 1 numbers. */
void mt_counters_set_histogram(mt_metric_id_t id, const apr_int64_t *observations, apr_int64_t sum);

/* For a metric that is read: it is not known any longer. */
void mt_counters_forget(mt_metric_id_t id);

/* 0 for what is read as long as it was never set. */
int mt_counters_is_known(mt_metric_id_t id);

/* The value of a counter or gauge. */
apr_int64_t mt_counters_get(mt_metric_id_t id, int series);

/* The numbers of a histogram's buckets (bounds_count + 1 of them, to be used at once), and the sum of what was
 * observed. */
const apr_uint64_t *mt_counters_get_histogram(mt_metric_id_t id, int series, apr_int64_t *sum);

#endif
