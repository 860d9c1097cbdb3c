/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/date.h"

/* The years 2000 to 2099, in seconds since 1970. */
#define USUAL_MIN 946684800.0
#define USUAL_MAX 4102444800.0

static const apr_int64_t per_second[MT_DATE_UNITS] = { 1, 1000, 1000000, 1000000000 };

mt_date_unit_t mt_date_find_unit(const mt_date_t *date)
{
    double value = date->is_integer ? (double)date->integer : date->real;
    int unit = 0;

    while (unit < MT_DATE_UNITS &&
           !(value >= USUAL_MIN * (double)per_second[unit] && value < USUAL_MAX * (double)per_second[unit]))
        unit++;
    return (mt_date_unit_t)unit;
}

static int is_in_range(apr_time_t time)
{
    return time >= MT_DATE_SECONDS_MIN * APR_USEC_PER_SEC && time < (MT_DATE_SECONDS_MAX + 1) * APR_USEC_PER_SEC;
}

int mt_date_convert(const mt_date_t *date, mt_date_unit_t unit, apr_time_t *time)
{
    apr_int64_t count = per_second[unit];
    double seconds = date->real / (double)count;

    if (!date->is_integer) {
        /* The product fits into 64 bits, and its rounding may exceed the range. */
        if (!(seconds >= (double)MT_DATE_SECONDS_MIN && seconds <= (double)MT_DATE_SECONDS_MAX + 1))
            return 0;
        *time = (apr_time_t)(seconds * APR_USEC_PER_SEC + (seconds < 0 ? -0.5 : 0.5));
        return is_in_range(*time);
    }
    if (date->integer / count < MT_DATE_SECONDS_MIN || date->integer / count > MT_DATE_SECONDS_MAX)
        return 0;
    if (unit == MT_DATE_NANOSECONDS)
        *time = date->integer / 1000 - (date->integer % 1000 < 0);
    else
        *time = date->integer * (APR_USEC_PER_SEC / count);
    return is_in_range(*time);
}
