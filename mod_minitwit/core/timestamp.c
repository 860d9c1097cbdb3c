/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/timestamp.h"

#include <apr_strings.h>
#include <time.h>

/* The first and the last second whose year fits into gmtime_r()'s int. */
#define SECONDS_MIN APR_INT64_C(-67768040609740800)
#define SECONDS_MAX APR_INT64_C(67768036191676799)

/* A time too far away becomes the nearest one that has a date. */
static struct tm get_parts(apr_int64_t seconds)
{
    struct tm parts;
    time_t time;

    if (seconds < SECONDS_MIN)
        seconds = SECONDS_MIN;
    if (seconds > SECONDS_MAX)
        seconds = SECONDS_MAX;
    time = (time_t)seconds;
    gmtime_r(&time, &parts);
    return parts;
}

/* Divides *number and rounds down, also before 1970. Returns the remainder. */
static apr_int64_t divide(apr_int64_t *number, apr_int64_t divisor)
{
    apr_int64_t rest = *number % divisor;

    *number /= divisor;
    if (rest < 0) {
        rest += divisor;
        --*number;
    }
    return rest;
}

apr_int64_t mt_timestamp_floor(apr_time_t time)
{
    divide(&time, APR_USEC_PER_SEC);
    return time;
}

const char *mt_timestamp_format(char *text, apr_int64_t seconds)
{
    struct tm parts = get_parts(seconds);

    apr_snprintf(text, MT_TIMESTAMP_SIZE, "%04" APR_INT64_T_FMT "-%02d-%02d @ %02d:%02d",
                 (apr_int64_t)parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min);
    return text;
}

const char *mt_timestamp_format_month(char *text, apr_int64_t seconds)
{
    /* Not strftime(), because it depends on the locale. */
    static const char *const months[] = { "January", "February", "March",     "April",   "May",      "June",
                                          "July",    "August",   "September", "October", "November", "December" };
    struct tm parts = get_parts(seconds);

    apr_snprintf(text, MT_TIMESTAMP_SIZE, "%s %" APR_INT64_T_FMT, months[parts.tm_mon],
                 (apr_int64_t)parts.tm_year + 1900);
    return text;
}

const char *mt_timestamp_format_seconds(char *text, apr_int64_t seconds)
{
    struct tm parts = get_parts(seconds);

    apr_snprintf(text, MT_TIMESTAMP_SIZE, "%04" APR_INT64_T_FMT "-%02d-%02d %02d:%02d:%02d",
                 (apr_int64_t)parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min,
                 parts.tm_sec);
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

/* Converts days since 1970 to a Gregorian date. Years begin in March here, so a leap day is the last day of its year.
 * Each cycle of 400 years has 146,097 days. */
static void find_date(apr_int64_t day, int *year, int *month, int *day_of_month)
{
    apr_int64_t cycle = day + 719468; /* days from 1 March of the year 0 to 1970 */
    int in_cycle = (int)divide(&cycle, 146097);
    int year_of_cycle = (in_cycle - in_cycle / 1460 + in_cycle / 36524 - in_cycle / 146096) / 365;
    int in_year = in_cycle - (365 * year_of_cycle + year_of_cycle / 4 - year_of_cycle / 100);
    int from_march = (5 * in_year + 2) / 153; /* the five months from March and from August have 153 days */

    *day_of_month = in_year - (153 * from_march + 2) / 5 + 1;
    *month = from_march < 10 ? from_march + 3 : from_march - 9;
    *year = (int)cycle * 400 + year_of_cycle + (*month <= 2);
}

/* Each log line needs this. apr_snprintf() would take longer than the rest of the line, and gmtime_r() takes a lock
 * that all threads share. */
const char *mt_timestamp_format_rfc3339(char text[MT_TIMESTAMP_SIZE], apr_time_t time)
{
    apr_int64_t rest = time;
    apr_int64_t micros = divide(&rest, APR_USEC_PER_SEC);
    int second = (int)divide(&rest, 60);
    int minute = (int)divide(&rest, 60);
    int hour = (int)divide(&rest, 24);
    int year, month, day;
    char *end = text;

    find_date(rest, &year, &month, &day);
    end = write_digits(end, year, 4);
    *end++ = '-';
    end = write_digits(end, month, 2);
    *end++ = '-';
    end = write_digits(end, day, 2);
    *end++ = 'T';
    end = write_digits(end, hour, 2);
    *end++ = ':';
    end = write_digits(end, minute, 2);
    *end++ = ':';
    end = write_digits(end, second, 2);
    *end++ = '.';
    end = write_digits(end, (int)micros, 6);
    *end++ = 'Z';
    *end = '\0';
    return text;
}

apr_int64_t mt_timestamp_monotonic(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (apr_int64_t)now.tv_sec * APR_USEC_PER_SEC + now.tv_nsec / 1000;
}
