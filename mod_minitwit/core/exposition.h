/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_EXPOSITION_H
#define MT_EXPOSITION_H

#include "core/buffer.h"

/* Writes metrics in Prometheus's text format, version 0.0.4:
 * https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
 *
 * Each metric is described once. One line per sample follows, with the labels in braces:
 *
 *     # HELP minitwit_example_total Examples
 *     # TYPE minitwit_example_total counter
 *     minitwit_example_total{kind="a"} 3
 *     minitwit_example_total{kind="b"} 5
 *
 * A histogram has one sample per bucket (suffix "_bucket" and the label "le"), and the samples "_sum" and "_count". Its
 * buckets are cumulative: each one also counts all observations of the smaller ones. */
#define MT_EXPOSITION_TYPE "text/plain; version=0.0.4; charset=utf-8"

/* Appends the lines "# HELP" and "# TYPE". type is "counter", "gauge" or "histogram". */
void mt_exposition_describe(mt_buffer_t *text, const char *name, const char *type, const char *help);

/* Appends name="value" to a list of labels, with a comma before it unless it is the first. */
void mt_exposition_label(mt_buffer_t *labels, const char *name, const char *value);

/* Append a sample. suffix extends the metric's name, for example "_sum", or is "". labels is a list from
 * mt_exposition_label, or "". */
void mt_exposition_integer(mt_buffer_t *text, const char *name, const char *suffix, const char *labels,
                           apr_int64_t value);
void mt_exposition_number(mt_buffer_t *text, const char *name, const char *suffix, const char *labels, double value);

/* Appends the samples of a histogram. bounds has the count upper bounds, ascending. The last bucket has no bound, so
 * observations has count + 1 numbers, which are not cumulative. sum is the sum of all observed values. bounds and sum
 * are multiplied by unit: it is 1e-6 if they are microseconds and the metric is in seconds. */
void mt_exposition_histogram(mt_buffer_t *text, const char *name, const char *labels, const apr_int64_t *bounds,
                             int count, const apr_uint64_t *observations, apr_int64_t sum, double unit);

#endif
