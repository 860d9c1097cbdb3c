/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_EXPOSITION_H
#define MT_EXPOSITION_H

#include "core/buffer.h"
#include "core/exemplar.h"

/* Writes metrics in one of two formats:
 *
 * Prometheus' text format, version 0.0.4:
 * https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
 *
 * OpenMetrics, version 1.0.0:
 * https://github.com/OpenObservability/OpenMetrics/blob/main/specification/OpenMetrics.md
 *
 * Each metric is described once. One line per sample follows, with the labels in braces. This is the text format:
 *
 *     # HELP minitwit_example_total Examples
 *     # TYPE minitwit_example_total counter
 *     minitwit_example_total{kind="a"} 3
 *     minitwit_example_total{kind="b"} 5
 *
 * A histogram has one sample per bucket (suffix "_bucket" and the label "le"), and the samples "_sum" and "_count". Its
 * buckets are cumulative: each one also counts all observations of the smaller ones.
 *
 * In OpenMetrics, the samples of a metric have the same names and labels, except that the label "le" of a whole number
 * ends in ".0". The description has the name of the metric's family, which for a counter lacks the suffix "_total".
 * Buckets have exemplars, and the last line is "# EOF":
 *
 *     # TYPE minitwit_example_seconds histogram
 *     # UNIT minitwit_example_seconds seconds
 *     # HELP minitwit_example_seconds Examples
 *     minitwit_example_seconds_bucket{le="1.0"} 3 # {request_id="M150NhkOkoWQ-2a"} 0.5 1772366400.123456 */
typedef enum mt_exposition_format_t {
    MT_EXPOSITION_TEXT,
    MT_EXPOSITION_OPENMETRICS
} mt_exposition_format_t;

/* The format that a client prefers, by its Accept header, or NULL. This is OpenMetrics only if the client names it, and
 * does not prefer the text format. */
mt_exposition_format_t mt_exposition_choose(const char *accept);

/* The format's content type. */
const char *mt_exposition_content_type(mt_exposition_format_t format);

/* Appends the description. type: "counter", "gauge" or "histogram"; in OpenMetrics also "info" and "unknown". A counter
 * has a name that ends in "_total", and an info in "_info". OpenMetrics also describes the unit if the name ends in
 * "_seconds" or "_bytes". */
void mt_exposition_describe(mt_buffer_t *text, mt_exposition_format_t format, const char *name, const char *type,
                            const char *help);

/* Appends name="value" to a list of labels, with a comma before it unless it is the first. */
void mt_exposition_label(mt_buffer_t *labels, const char *name, const char *value);

/* Append a sample. suffix extends the metric's name, for example "_sum", or is "". labels is a list from
 * mt_exposition_label, or "". */
void mt_exposition_integer(mt_buffer_t *text, const char *name, const char *suffix, const char *labels,
                           apr_int64_t value);
void mt_exposition_number(mt_buffer_t *text, const char *name, const char *suffix, const char *labels, double value);

typedef struct mt_exposition_histogram_t {
    const apr_int64_t *bounds;        /* upper bounds of buckets, ascending */
    int count;                        /* of bounds; one more bucket has no bound */
    const apr_uint64_t *observations; /* one number per bucket, without the observations of smaller buckets */
    apr_int64_t sum;                  /* of all observed values */
    const mt_exemplar_t *exemplars;   /* one per bucket, which may be empty; NULL for none. Only OpenMetrics has them */
    double unit; /* of bounds, sum and exemplars in the metric's unit: 1e-6 for microseconds if that is seconds */
} mt_exposition_histogram_t;

/* Appends the samples of a histogram. */
void mt_exposition_histogram(mt_buffer_t *text, mt_exposition_format_t format, const char *name, const char *labels,
                             const mt_exposition_histogram_t *histogram);

/* Appends the last line, if the format has one. */
void mt_exposition_end(mt_buffer_t *text, mt_exposition_format_t format);

#endif
