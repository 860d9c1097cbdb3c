/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/exposition.h"
#include "targets.h"

#include <apr_strings.h>
#include <stdlib.h>
#include <string.h>

/* Undoes the escapes, up to the end of the text, or up to the closing quotation mark. */
static const char *unescape(apr_pool_t *pool, const char *text, int is_quoted)
{
    char *plain = apr_pstrdup(pool, text);
    char *out = plain;

    for (; *text; text++) {
        fuzz_assert(*text != '\n');
        if (is_quoted && *text == '"') {
            fuzz_assert(text[1] == '\0' || text[1] == ',');
            break;
        }
        if (*text != '\\') {
            *out++ = *text;
            continue;
        }
        text++;
        fuzz_assert(*text == '\\' || *text == 'n' || (is_quoted && *text == '"'));
        *out++ = *text == 'n' ? '\n' : *text;
    }
    *out = '\0';
    return plain;
}

static void check_describe(apr_pool_t *pool, const char *help)
{
    mt_buffer_t text;
    char *line;
    char *end;

    mt_buffer_init(&text, pool, 0);
    mt_exposition_describe(&text, MT_EXPOSITION_TEXT, "minitwit_a", "gauge", help);
    line = apr_pstrdup(pool, mt_buffer_text(&text));
    end = strchr(line, '\n');
    fuzz_assert(end && strcmp(end, "\n# TYPE minitwit_a gauge\n") == 0);
    *end = '\0';
    fuzz_assert(strncmp(line, "# HELP minitwit_a ", 18) == 0 && strcmp(unescape(pool, line + 18, 0), help) == 0);
}

static void check_labels(apr_pool_t *pool, const char *first, const char *second)
{
    mt_buffer_t labels;
    mt_buffer_t alone;
    const char *list;

    mt_buffer_init(&alone, pool, 0);
    mt_exposition_label(&alone, "a", first);
    mt_buffer_init(&labels, pool, 0);
    mt_exposition_label(&labels, "a", first);
    mt_exposition_label(&labels, "b", second);
    list = mt_buffer_text(&labels);
    fuzz_assert(strncmp(list, mt_buffer_text(&alone), alone.len) == 0 && strncmp(list, "a=\"", 3) == 0);
    fuzz_assert(strcmp(unescape(pool, mt_buffer_text(&alone) + 3, 1), first) == 0);
    fuzz_assert(strncmp(list + alone.len, ",b=\"", 4) == 0);
    fuzz_assert(strcmp(unescape(pool, list + alone.len + 4, 1), second) == 0);
}

/* Checks that the line has an exemplar or none, and removes it. */
static void cut_exemplar(char *line, int has_one)
{
    char *exemplar = strstr(line, " # {request_id=\"id\"} ");

    fuzz_assert((exemplar != NULL) == has_one);
    if (exemplar)
        *exemplar = '\0';
}

static void check_histogram(apr_pool_t *pool, fuzz_input_t *input, mt_exposition_format_t format)
{
    apr_int64_t bounds[4];
    apr_uint64_t observations[5];
    mt_exemplar_t exemplars[5] = { 0 };
    mt_exposition_histogram_t histogram = { bounds, fuzz_take_byte(input) % 5, observations, 0, exemplars, 1e-6 };
    apr_int64_t bound = 0;
    apr_uint64_t total = 0;
    apr_uint64_t before = 0;
    int lines = 0;
    mt_buffer_t text;
    char *line;
    char *rest;

    for (int i = 0; i < histogram.count; i++)
        bounds[i] = bound += 1 + fuzz_take_byte(input);
    for (int i = 0; i <= histogram.count; i++) {
        total += observations[i] = fuzz_take_byte(input);
        exemplars[i].value = (apr_int64_t)observations[i];
        apr_cpystrn(exemplars[i].id, observations[i] % 2 ? "id" : "", sizeof(exemplars[i].id));
    }
    histogram.sum = (apr_int64_t)fuzz_take_number(input);
    mt_buffer_init(&text, pool, 0);
    mt_exposition_histogram(&text, format, "h", "", &histogram);
    rest = apr_pstrdup(pool, mt_buffer_text(&text));
    while ((line = strsep(&rest, "\n")) && rest) {
        if (lines <= histogram.count)
            cut_exemplar(line, format == MT_EXPOSITION_OPENMETRICS && observations[lines] % 2);
        apr_uint64_t value = strtoull(strrchr(line, ' ') + 1, NULL, 10);

        if (lines++ <= histogram.count) {
            fuzz_assert(strncmp(line, "h_bucket{le=\"", 13) == 0 && value >= before);
            before = value;
        }
        else if (lines == histogram.count + 3) {
            fuzz_assert(strncmp(line, "h_count ", 8) == 0 && value == total && before == total);
        }
        else {
            fuzz_assert(strncmp(line, "h_sum ", 6) == 0);
        }
    }
    fuzz_assert(lines == histogram.count + 3);
}

void fuzz_exposition(apr_pool_t *pool, const char *data, apr_size_t len)
{
    fuzz_input_t input = { data, len };
    apr_uint64_t bits = fuzz_take_number(&input);
    const char *first = fuzz_take_text(pool, &input);
    mt_buffer_t text;
    double number;

    mt_buffer_init(&text, pool, 0);
    mt_exposition_integer(&text, "a", "", "", (apr_int64_t)bits);
    fuzz_assert(strtoll(mt_buffer_text(&text) + 2, NULL, 10) == (apr_int64_t)bits);
    memcpy(&number, &bits, sizeof(number));
    text.len = 0;
    mt_exposition_number(&text, "a", "", "", number);
    if (number == number) {
        double read = strtod(mt_buffer_text(&text) + 2, NULL);
        double off = read - number;

        fuzz_assert(read == number || (off < 0 ? -off : off) <= 1e-14 * (number < 0 ? -number : number) ||
                    read > 1e308 || read < -1e308);
    }
    check_describe(pool, first);
    check_labels(pool, first, fuzz_take_text(pool, &input));
    mt_exposition_format_t format = fuzz_take_byte(&input) % 2 ? MT_EXPOSITION_OPENMETRICS : MT_EXPOSITION_TEXT;
    check_histogram(pool, &input, format);
}
