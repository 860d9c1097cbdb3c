/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_EXPOSITION_H
#define MT_EXPOSITION_H

#include "core/buffer.h"

/* Prometheus' text format, version 0.0.4:
 * https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format */
#define MT_EXPOSITION_TYPE "text/plain; version=0.0.4; charset=utf-8"

/* Appends the lines "# HELP" and "# TYPE", which stand once before a metric's samples. type: "counter", "gauge" or
 * "histogram". */
void mt_exposition_describe(mt_buffer_t *text, const char *name, const char *type, const char *help);

/* Appends name="value" to a list of labels, after a comma unless it is the first. */
void mt_exposition_label(mt_buffer_t *labels, const char *name, const char *value);

/* Append a sample. suffix: "", "_sum", ...; labels: such a list, "" for none. */
void mt_exposition_integer(mt_buffer_t *text, const char *name, const char *suffix, const char *labels,
                           apr_int64_t value);
void mt_exposition_number(mt_buffer_t *text, const char *name, const char *suffix, const char *labels, double value);

/* Appends the samples of a histogram. bounds: the upper ones, ascending, but for the last bucket's, which has none;
 * observations: how many fell into each of the count + 1 buckets; sum: of all that was observed. Bounds and sum count units
 * of so many of the metric's own: 1e-6 when they are microseconds. */
void mt_exposition_histogram(mt_buffer_t *text, const char *name, const char *labels, const apr_int64_t *bounds,
                             int count, const apr_uint64_t *observations, apr_int64_t sum, double unit);

#endif
