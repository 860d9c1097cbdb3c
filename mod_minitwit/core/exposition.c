/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/exposition.h"

#include "core/accept.h"

#include <apr_strings.h>
#include <stdio.h>
#include <string.h>

#define NUMBER_SIZE 48

/* OpenMetrics escapes quotation marks everywhere, but the text format only in label values. */
#define ESCAPED           "\\\n"
#define ESCAPED_IN_QUOTES "\\\n\""

mt_exposition_format_t mt_exposition_choose(const char *accept)
{
    static const mt_accept_offer_t openmetrics = { "application/openmetrics-text", "1.0.0" };
    static const mt_accept_offer_t plain = { "text/plain", "0.0.4" };
    int is_named, is_plain_named;
    int weight = mt_accept_weigh(accept, &openmetrics, &is_named);

    return is_named && weight > 0 && weight >= mt_accept_weigh(accept, &plain, &is_plain_named)
               ? MT_EXPOSITION_OPENMETRICS
               : MT_EXPOSITION_TEXT;
}

const char *mt_exposition_content_type(mt_exposition_format_t format)
{
    return format == MT_EXPOSITION_OPENMETRICS ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
                                               : "text/plain; version=0.0.4; charset=utf-8";
}

/* escaped: the characters that a backslash precedes. */
static void append_escaped(mt_buffer_t *text, const char *value, const char *escaped)
{
    for (;;) {
        apr_size_t len = strcspn(value, escaped);
        mt_buffer_append(text, value, len);
        value += len;
        if (*value == '\0')
            return;
        mt_buffer_append_text(text, *value == '\n' ? "\\n" : *value == '"' ? "\\\"" : "\\\\");
        value++;
    }
}

static int ends_with(const char *name, apr_size_t len, const char *suffix)
{
    apr_size_t suffix_len = strlen(suffix);

    return len > suffix_len && strncmp(name + len - suffix_len, suffix, suffix_len) == 0;
}

/* Appends the beginning of a line of the description, up to its last part. name has len characters. */
static void append_comment(mt_buffer_t *text, const char *keyword, const char *name, apr_size_t len)
{
    mt_buffer_append_text(text, "# ");
    mt_buffer_append_text(text, keyword);
    mt_buffer_append_text(text, " ");
    mt_buffer_append(text, name, len);
    mt_buffer_append_text(text, " ");
}

static void append_help(mt_buffer_t *text, const char *name, apr_size_t len, const char *help, const char *escaped)
{
    append_comment(text, "HELP", name, len);
    append_escaped(text, help, escaped);
    mt_buffer_append_text(text, "\n");
}

static void append_type(mt_buffer_t *text, const char *name, apr_size_t len, const char *type)
{
    append_comment(text, "TYPE", name, len);
    mt_buffer_append_text(text, type);
    mt_buffer_append_text(text, "\n");
}

static void describe_family(mt_buffer_t *text, const char *name, const char *type, const char *help)
{
    static const char *const units[] = { "seconds", "bytes" };
    apr_size_t len = strlen(name);
    const char *suffix = strcmp(type, "counter") == 0 ? "_total" : strcmp(type, "info") == 0 ? "_info" : "";

    if (ends_with(name, len, suffix))
        len -= strlen(suffix);
    append_type(text, name, len, type);
    for (apr_size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (ends_with(name, len, units[i])) {
            append_comment(text, "UNIT", name, len);
            mt_buffer_append_text(text, units[i]);
            mt_buffer_append_text(text, "\n");
        }
    }
    append_help(text, name, len, help, ESCAPED_IN_QUOTES);
}

void mt_exposition_describe(mt_buffer_t *text, mt_exposition_format_t format, const char *name, const char *type,
                            const char *help)
{
    if (format == MT_EXPOSITION_OPENMETRICS) {
        describe_family(text, name, type, help);
        return;
    }
    append_help(text, name, strlen(name), help, ESCAPED);
    append_type(text, name, strlen(name), type);
}

void mt_exposition_label(mt_buffer_t *labels, const char *name, const char *value)
{
    if (labels->len > 0)
        mt_buffer_append_text(labels, ",");
    mt_buffer_append_text(labels, name);
    mt_buffer_append_text(labels, "=\"");
    append_escaped(labels, value, ESCAPED_IN_QUOTES);
    mt_buffer_append_text(labels, "\"");
}

/* Appends a sample without its line feed. */
static void append_sample(mt_buffer_t *text, const char *name, const char *suffix, const char *labels,
                          const char *value)
{
    mt_buffer_append_text(text, name);
    mt_buffer_append_text(text, suffix);
    if (*labels != '\0') {
        mt_buffer_append_text(text, "{");
        mt_buffer_append_text(text, labels);
        mt_buffer_append_text(text, "}");
    }
    mt_buffer_append_text(text, " ");
    mt_buffer_append_text(text, value);
}

static void append_integer(mt_buffer_t *text, const char *name, const char *suffix, const char *labels,
                           apr_int64_t value)
{
    char number[NUMBER_SIZE];

    apr_snprintf(number, sizeof(number), "%" APR_INT64_T_FMT, value);
    append_sample(text, name, suffix, labels, number);
}

void mt_exposition_integer(mt_buffer_t *text, const char *name, const char *suffix, const char *labels,
                           apr_int64_t value)
{
    append_integer(text, name, suffix, labels, value);
    mt_buffer_append_text(text, "\n");
}

/* A double preserves any 15 decimal digits. This is not apr_snprintf, because its %g fails for large exponents. */
static const char *format_number(char number[NUMBER_SIZE], double value)
{
    snprintf(number, NUMBER_SIZE, "%.15g", value);
    return number;
}

void mt_exposition_number(mt_buffer_t *text, const char *name, const char *suffix, const char *labels, double value)
{
    char number[NUMBER_SIZE];

    append_sample(text, name, suffix, labels, format_number(number, value));
    mt_buffer_append_text(text, "\n");
}

/* OpenMetrics, section "Canonical Numbers": the label "le" of a whole number has a decimal point. */
static const char *format_bound(char number[NUMBER_SIZE], mt_exposition_format_t format, double bound)
{
    format_number(number, bound);
    if (format == MT_EXPOSITION_OPENMETRICS && !strpbrk(number, ".e"))
        apr_cpystrn(number + strlen(number), ".0", 3);
    return number;
}

/* Appends an exemplar to a sample. */
static void append_exemplar(mt_buffer_t *text, const mt_exemplar_t *exemplar, double unit)
{
    char number[NUMBER_SIZE];

    mt_buffer_append_text(text, " # {" MT_EXEMPLAR_LABEL "=\"");
    append_escaped(text, exemplar->id, ESCAPED_IN_QUOTES);
    mt_buffer_append_text(text, "\"} ");
    mt_buffer_append_text(text, format_number(number, (double)exemplar->value * unit));
    apr_snprintf(number, sizeof(number), " %" APR_TIME_T_FMT ".%06" APR_TIME_T_FMT, apr_time_sec(exemplar->time),
                 apr_time_usec(exemplar->time));
    mt_buffer_append_text(text, number);
}

void mt_exposition_histogram(mt_buffer_t *text, mt_exposition_format_t format, const char *name, const char *labels,
                             const mt_exposition_histogram_t *histogram)
{
    apr_uint64_t total = 0;
    mt_buffer_t with_bound;

    mt_buffer_init(&with_bound, text->pool, 0);
    for (int i = 0; i <= histogram->count; i++) {
        char number[NUMBER_SIZE] = "+Inf";

        total += histogram->observations[i];
        if (i < histogram->count)
            format_bound(number, format, (double)histogram->bounds[i] * histogram->unit);
        with_bound.len = 0;
        mt_buffer_append_text(&with_bound, labels);
        mt_exposition_label(&with_bound, "le", number);
        append_integer(text, name, "_bucket", mt_buffer_text(&with_bound), (apr_int64_t)total);
        if (format == MT_EXPOSITION_OPENMETRICS && histogram->exemplars && histogram->exemplars[i].id[0] != '\0')
            append_exemplar(text, &histogram->exemplars[i], histogram->unit);
        mt_buffer_append_text(text, "\n");
    }
    mt_exposition_number(text, name, "_sum", labels, (double)histogram->sum * histogram->unit);
    mt_exposition_integer(text, name, "_count", labels, (apr_int64_t)total);
}

void mt_exposition_end(mt_buffer_t *text, mt_exposition_format_t format)
{
    if (format == MT_EXPOSITION_OPENMETRICS)
        mt_buffer_append_text(text, "# EOF\n");
}
