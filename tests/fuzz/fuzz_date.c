/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/date.h"
#include "core/timestamp.h"
#include "targets.h"

#include <apr_strings.h>
#include <string.h>

#define MIN (MT_DATE_SECONDS_MIN * APR_USEC_PER_SEC)
#define MAX (MT_DATE_SECONDS_MAX * APR_USEC_PER_SEC + APR_USEC_PER_SEC - 1)

/* If a time is formatted and parsed again, it stays the same. */
static void check_time(apr_pool_t *pool, apr_time_t time)
{
    char *text = apr_palloc(pool, MT_TIMESTAMP_SIZE);
    mt_date_t date;

    fuzz_assert(time >= MIN && time <= MAX);
    mt_timestamp_format_rfc3339(text, time);
    mt_date_parse(text, strlen(text), &date);
    fuzz_assert(date.kind == MT_DATE_TIME && date.time == time && date.has_zone && date.order == MT_DATE_NO_ORDER);
}

static void check_number(apr_pool_t *pool, const mt_date_t *date)
{
    mt_date_unit_t usual = mt_date_find_unit(date);

    for (int unit = 0; unit < MT_DATE_UNITS; unit++) {
        apr_time_t time;

        if (mt_date_convert(date, (mt_date_unit_t)unit, &time))
            check_time(pool, time);
        else
            fuzz_assert(usual != (mt_date_unit_t)unit);
    }
}

static void check_text(apr_pool_t *pool, const char *data, apr_size_t len)
{
    mt_date_t date, padded;
    const char *text = apr_pstrcat(pool, " ", apr_pstrmemdup(pool, data, len), "\n", NULL);

    mt_date_parse(data, len, &date);
    if (!memchr(data, '\0', len)) {
        mt_date_parse(text, strlen(text), &padded);
        fuzz_assert(padded.kind == date.kind && padded.time == date.time);
    }
    if (date.kind == MT_DATE_NUMBER)
        check_number(pool, &date);
    if (date.kind == MT_DATE_TIME || date.kind == MT_DATE_TWO)
        check_time(pool, date.time);
    if (date.kind == MT_DATE_TWO) {
        check_time(pool, date.month_first);
        fuzz_assert(date.order == MT_DATE_NO_ORDER && date.time != date.month_first);
    }
}

void fuzz_date(apr_pool_t *pool, const char *data, apr_size_t len)
{
    fuzz_input_t input = { data, len };
    apr_int64_t number;
    mt_date_t date;

    /* A copy of its own size, so that AddressSanitizer sees a byte that is read after the end. */
    check_text(pool, apr_pmemdup(pool, data, len), len);
    number = (apr_int64_t)fuzz_take_number(&input);
    mt_date_set_integer(&date, number);
    check_number(pool, &date);
    mt_date_set_real(&date, (double)number / 1000.0);
    check_number(pool, &date);
    check_time(pool, MIN + (apr_int64_t)((apr_uint64_t)number % (apr_uint64_t)(MAX - MIN + 1)));
}
