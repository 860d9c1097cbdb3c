/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_TIMESTAMP_H
#define MT_TIMESTAMP_H

#include <apr_time.h>

/* Enough for any 64-bit number of seconds, and for the microseconds of any apr_time_t. */
#define MT_TIMESTAMP_SIZE 32

/* Returns microseconds as whole seconds, rounded down. */
apr_int64_t mt_timestamp_floor(apr_time_t time);

/* The functions below write a time in UTC into text, which has MT_TIMESTAMP_SIZE bytes, and return text. A year has at
 * least four digits (except in "November 33"), and a minus before the year 0. */

/* Writes seconds since 1970 as "2009-01-27 @ 14:13". */
const char *mt_timestamp_format(char *text, apr_int64_t seconds);

/* The same for the attribute datetime of HTML: "2009-01-27T14:13Z". */
const char *mt_timestamp_format_machine(char *text, apr_int64_t seconds);

/* The same as the month and the year: "January 2009". */
const char *mt_timestamp_format_month(char *text, apr_int64_t seconds);

/* The same as "2009-01-27 14:13:14". */
const char *mt_timestamp_format_seconds(char *text, apr_int64_t seconds);

/* Writes microseconds since 1970 in the form of RFC 3339, which has only the years 0 to 9999:
 * "2009-01-27T14:13:14.000015Z". */
const char *mt_timestamp_format_rfc3339(char *text, apr_time_t time);

/* Returns microseconds on the monotonic clock, for measuring durations. */
apr_int64_t mt_timestamp_monotonic(void);

#endif
