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

static char *write_digits(char *text, int number, int digits)
{
    for (int i = digits - 1; i >= 0; i--) {
        text[i] = (char)('0' + number % 10);
        number /= 10;
    }
    return text + digits;
}

/* Without apr_snprintf(), which takes longer than all the rest of a log line. */
const char *mt_timestamp_format_rfc3339(char text[MT_TIMESTAMP_SIZE], apr_time_t time)
{
    apr_int64_t micros = time % APR_USEC_PER_SEC;
    time_t seconds = (time_t)(time / APR_USEC_PER_SEC);
    struct tm parts;
    char *end = text;

    if (micros < 0) {
        micros += APR_USEC_PER_SEC;
        seconds--;
    }
    gmtime_r(&seconds, &parts);
    end = write_digits(end, parts.tm_year + 1900, 4);
    *end++ = '-';
    end = write_digits(end, parts.tm_mon + 1, 2);
    *end++ = '-';
    end = write_digits(end, parts.tm_mday, 2);
    *end++ = 'T';
    end = write_digits(end, parts.tm_hour, 2);
    *end++ = ':';
    end = write_digits(end, parts.tm_min, 2);
    *end++ = ':';
    end = write_digits(end, parts.tm_sec, 2);
    *end++ = '.';
    end = write_digits(end, (int)micros, 6);
    *end++ = 'Z';
    *end = '\0';
    return text;
}
