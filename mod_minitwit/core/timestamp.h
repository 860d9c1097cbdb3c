/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_TIMESTAMP_H
#define MT_TIMESTAMP_H

#include <apr_time.h>

#define MT_TIMESTAMP_SIZE 32

/* Returns microseconds as whole seconds, rounded down. */
apr_int64_t mt_timestamp_floor(apr_time_t time);

/* Writes seconds since 1970 as "YYYY-MM-DD @ HH:MM" in UTC. text has MT_TIMESTAMP_SIZE bytes. Returns text. */
const char *mt_timestamp_format(char *text, apr_int64_t seconds);

/* The same as the month and the year: "November 2026". */
const char *mt_timestamp_format_month(char *text, apr_int64_t seconds);

/* The same as "YYYY-MM-DD HH:MM:SS". A year has at least four digits, and a minus before the year 0. */
const char *mt_timestamp_format_seconds(char *text, apr_int64_t seconds);

/* Writes a time of the years 0 to 9999 in the form of RFC 3339, in UTC with microseconds:
 * "2009-01-27T14:13:14.000015Z". Returns text. */
const char *mt_timestamp_format_rfc3339(char text[MT_TIMESTAMP_SIZE], apr_time_t time);

/* Returns microseconds on the monotonic clock, for measuring durations. */
apr_int64_t mt_timestamp_monotonic(void);

#endif
