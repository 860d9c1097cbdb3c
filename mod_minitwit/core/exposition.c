/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/exposition.h"

#include <apr_strings.h>
#include <stdio.h>
#include <string.h>

#define NUMBER_SIZE 32

/* The format escapes backslashes and line feeds everywhere, but quotation marks only in label values. */
static void append_escaped(mt_buffer_t *text, const char *value, int is_quoted)
{
    for (;;) {
        apr_size_t len = strcspn(value, is_quoted ? "\\\n\"" : "\\\n");
        mt_buffer_append(text, value, len);
        value += len;
        if (*value == '\0')
            return;
        mt_buffer_append_text(text, *value == '\n' ? "\\n" : *value == '"' ? "\\\"" : "\\\\");
        value++;
    }
}

void mt_exposition_describe(mt_buffer_t *text, const char *name, const char *type, const char *help)
{
    mt_buffer_append_text(text, "# HELP ");
    mt_buffer_append_text(text, name);
    mt_buffer_append_text(text, " ");
    append_escaped(text, help, 0);
    mt_buffer_append_text(text, "\n# TYPE ");
    mt_buffer_append_text(text, name);
    mt_buffer_append_text(text, " ");
    mt_buffer_append_text(text, type);
    mt_buffer_append_text(text, "\n");
}

void mt_exposition_label(mt_buffer_t *labels, const char *name, const char *value)
{
    if (labels->len > 0)
        mt_buffer_append_text(labels, ",");
    mt_buffer_append_text(labels, name);
    mt_buffer_append_text(labels, "=\"");
    append_escaped(labels, value, 1);
    mt_buffer_append_text(labels, "\"");
}

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
    mt_buffer_append_text(text, "\n");
}

void mt_exposition_integer(mt_buffer_t *text, const char *name, const char *suffix, const char *labels,
                           apr_int64_t value)
{
    char number[NUMBER_SIZE];

    apr_snprintf(number, sizeof(number), "%" APR_INT64_T_FMT, value);
    append_sample(text, name, suffix, labels, number);
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
}

void mt_exposition_histogram(mt_buffer_t *text, const char *name, const char *labels, const apr_int64_t *bounds,
                             int count, const apr_uint64_t *observations, apr_int64_t sum, double unit)
{
    apr_uint64_t total = 0;
    mt_buffer_t with_bound;

    mt_buffer_init(&with_bound, text->pool, 0);
    for (int i = 0; i <= count; i++) {
        char number[NUMBER_SIZE];

        total += observations[i];
        with_bound.len = 0;
        mt_buffer_append_text(&with_bound, labels);
        mt_exposition_label(&with_bound, "le", i < count ? format_number(number, (double)bounds[i] * unit) : "+Inf");
        mt_exposition_integer(text, name, "_bucket", mt_buffer_text(&with_bound), (apr_int64_t)total);
    }
    mt_exposition_number(text, name, "_sum", labels, (double)sum * unit);
    mt_exposition_integer(text, name, "_count", labels, (apr_int64_t)total);
}
