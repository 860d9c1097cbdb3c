/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/timestamp.h"

#include <apr_strings.h>
#include <time.h>

/* The first and the last second whose year gmtime_r() can put into an int. */
#define SECONDS_MIN APR_INT64_C(-67768040609740800)
#define SECONDS_MAX APR_INT64_C(67768036191676799)

const char *mt_timestamp_format(char *text, apr_int64_t seconds)
{
    struct tm parts;
    time_t time;

    if (seconds < SECONDS_MIN)
        seconds = SECONDS_MIN;
    if (seconds > SECONDS_MAX)
        seconds = SECONDS_MAX;
    time = (time_t)seconds;
    gmtime_r(&time, &parts);
    apr_snprintf(text, MT_TIMESTAMP_SIZE, "%04" APR_INT64_T_FMT "-%02d-%02d @ %02d:%02d",
                 (apr_int64_t)parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min);
    return text;
}
