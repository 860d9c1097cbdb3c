/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_COUNTERS_H
#define MT_COUNTERS_H

#include "http/metric_table.h"

#include <httpd.h>

/* The values of the metrics with the source "counted" or "read" (http/metric_table.h), in memory that all child
 * processes share. An update is atomic and takes no lock, so a child can be killed at any moment. series: the number of
 * a series, see http/metric_table.h. */

/* The post_config hook. */
apr_status_t mt_counters_post_config(server_rec *server);

void mt_counters_increment(mt_metric_id_t id, int series);

/* Adds an observation to a counted histogram. value: 0 or more, in the unit of the metric's bounds. Returns the number
 * of its bucket, from 0. */
int mt_counters_observe(mt_metric_id_t id, int series, apr_int64_t value);

/* Sets a gauge that is read. */
void mt_counters_set(mt_metric_id_t id, apr_int64_t value);

/* Sets a histogram that is read. observations: bounds_count + 1 numbers, one per bucket. */
void mt_counters_set_histogram(mt_metric_id_t id, const apr_int64_t *observations, apr_int64_t sum);

/* Marks a metric that is read as unknown. */
void mt_counters_forget(mt_metric_id_t id);

/* 0 if a metric that is read has no value: it was never set, or is marked as unknown. */
int mt_counters_is_known(mt_metric_id_t id);

/* The value of a counter or gauge. */
apr_int64_t mt_counters_get(mt_metric_id_t id, int series);

/* Returns the numbers in a histogram's buckets, bounds_count + 1 of them, and sets *sum to the sum of all observations.
 * The numbers are in the shared memory and may increase while you read them. */
const apr_uint64_t *mt_counters_get_histogram(mt_metric_id_t id, int series, apr_int64_t *sum);

#endif
