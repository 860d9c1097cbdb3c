/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/timestamp.h"
#include "targets.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static void check_minutes(apr_pool_t *pool, apr_int64_t seconds)
{
    char *text = apr_palloc(pool, MT_TIMESTAMP_SIZE);
    time_t time = (time_t)seconds;
    struct tm parts;
    long year;
    int month, day, hour, minute, end = 0;

    fuzz_assert(mt_timestamp_format(text, seconds) == text && strlen(text) < MT_TIMESTAMP_SIZE);
    fuzz_assert(sscanf(text, "%ld-%2d-%2d @ %2d:%2d%n", &year, &month, &day, &hour, &minute, &end) == 5 && !text[end]);
    fuzz_assert(month >= 1 && month <= 12 && day >= 1 && day <= 31 && hour <= 23 && minute <= 59);
    if (gmtime_r(&time, &parts))
        fuzz_assert(year == (long)parts.tm_year + 1900 && month == parts.tm_mon + 1 && day == parts.tm_mday &&
                    hour == parts.tm_hour && minute == parts.tm_min);
}

static void check_microseconds(apr_pool_t *pool, apr_int64_t micros)
{
    static const apr_int64_t first = APR_INT64_C(-62167219200);
    static const apr_int64_t range = APR_INT64_C(315569520000);
    char *text = apr_palloc(pool, MT_TIMESTAMP_SIZE);
    char *expected = apr_palloc(pool, (apr_size_t)2 * MT_TIMESTAMP_SIZE);
    struct tm parts;
    apr_int64_t rest = (apr_int64_t)((apr_uint64_t)micros % 1000000);
    time_t seconds = (time_t)(first + (apr_int64_t)((apr_uint64_t)micros / 1000000 % (apr_uint64_t)range));

    fuzz_assert(gmtime_r(&seconds, &parts) != NULL);
    snprintf(expected, 2 * MT_TIMESTAMP_SIZE, "%04d-%02d-%02dT%02d:%02d:%02d.%06dZ", parts.tm_year + 1900,
             parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec, (int)rest);
    fuzz_assert(mt_timestamp_format_rfc3339(text, (apr_time_t)seconds * 1000000 + rest) == text);
    fuzz_assert(strcmp(text, expected) == 0);
}

void fuzz_timestamp(apr_pool_t *pool, const char *data, apr_size_t len)
{
    fuzz_input_t input = { data, len };
    apr_int64_t number = (apr_int64_t)fuzz_take_number(&input);

    check_minutes(pool, number);
    check_minutes(pool, number >> 24);
    check_microseconds(pool, number);
}
