/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/timestamp.h"

#include <apr_strings.h>
#include <string.h>
#include <time.h>

/* A date and a time in UTC. gmtime_r() is not used, because it takes a lock that all threads share. */
typedef struct parts_t {
    apr_int64_t year;
    int month, day; /* from 1 */
    int hour, minute, second;
} parts_t;

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

/* Sets the date of a day since 1970 in the Gregorian calendar. Years begin in March here, so a leap day is the last day
 * of its year. Each cycle of 400 years has 146,097 days. */
static void set_date(parts_t *parts, apr_int64_t day)
{
    apr_int64_t cycle = day + 719468; /* days from 1 March of the year 0 to 1970 */
    int in_cycle = (int)divide(&cycle, 146097);
    int year = (in_cycle - in_cycle / 1460 + in_cycle / 36524 - in_cycle / 146096) / 365;
    int in_year = in_cycle - (365 * year + year / 4 - year / 100);
    int from_march = (5 * in_year + 2) / 153; /* the five months from March and from August have 153 days */

    parts->day = in_year - (153 * from_march + 2) / 5 + 1;
    parts->month = from_march < 10 ? from_march + 3 : from_march - 9;
    parts->year = cycle * 400 + year + (parts->month <= 2);
}

static parts_t get_parts(apr_int64_t seconds)
{
    parts_t parts;

    parts.second = (int)divide(&seconds, 60);
    parts.minute = (int)divide(&seconds, 60);
    parts.hour = (int)divide(&seconds, 24);
    set_date(&parts, seconds);
    return parts;
}

/* apr_snprintf() would take half of the time that a message needs to become HTML. */
static char *write_digits(char *text, int number, int digits)
{
    for (int i = digits - 1; i >= 0; i--) {
        text[i] = (char)('0' + number % 10);
        number /= 10;
    }
    return text + digits;
}

static char *write_date(char *text, const parts_t *parts)
{
    if (parts->year >= 0 && parts->year <= 9999)
        text = write_digits(text, (int)parts->year, 4);
    else
        text += apr_snprintf(text, MT_TIMESTAMP_SIZE, "%04" APR_INT64_T_FMT, parts->year);
    *text++ = '-';
    text = write_digits(text, parts->month, 2);
    *text++ = '-';
    return write_digits(text, parts->day, 2);
}

static char *write_minute(char *text, const parts_t *parts)
{
    text = write_digits(text, parts->hour, 2);
    *text++ = ':';
    return write_digits(text, parts->minute, 2);
}

static char *write_second(char *text, const parts_t *parts)
{
    text = write_minute(text, parts);
    *text++ = ':';
    return write_digits(text, parts->second, 2);
}

const char *mt_timestamp_format(char *text, apr_int64_t seconds)
{
    parts_t parts = get_parts(seconds);
    char *end = write_date(text, &parts);

    memcpy(end, " @ ", 3);
    end = write_minute(end + 3, &parts);
    *end = '\0';
    return text;
}

const char *mt_timestamp_format_machine(char *text, apr_int64_t seconds)
{
    parts_t parts = get_parts(seconds);
    char *end = write_date(text, &parts);

    *end++ = 'T';
    end = write_minute(end, &parts);
    *end++ = 'Z';
    *end = '\0';
    return text;
}

const char *mt_timestamp_format_month(char *text, apr_int64_t seconds)
{
    /* Not strftime(), because it depends on the locale. */
    static const char *const months[] = { "January", "February", "March",     "April",   "May",      "June",
                                          "July",    "August",   "September", "October", "November", "December" };
    parts_t parts = get_parts(seconds);

    apr_snprintf(text, MT_TIMESTAMP_SIZE, "%s %" APR_INT64_T_FMT, months[parts.month - 1], parts.year);
    return text;
}

const char *mt_timestamp_format_seconds(char *text, apr_int64_t seconds)
{
    parts_t parts = get_parts(seconds);
    char *end = write_date(text, &parts);

    *end++ = ' ';
    end = write_second(end, &parts);
    *end = '\0';
    return text;
}

const char *mt_timestamp_format_rfc3339(char *text, apr_time_t time)
{
    int micros = (int)divide(&time, APR_USEC_PER_SEC);
    parts_t parts = get_parts(time);
    char *end = write_date(text, &parts);

    *end++ = 'T';
    end = write_second(end, &parts);
    *end++ = '.';
    end = write_digits(end, micros, 6);
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
