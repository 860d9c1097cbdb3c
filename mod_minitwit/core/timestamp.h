/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_TIMESTAMP_H
#define MT_TIMESTAMP_H

#include <apr_time.h>

#define MT_TIMESTAMP_SIZE 32

/* Writes seconds since 1970 (UTC) as "YYYY-MM-DD @ HH:MM" into text, of MT_TIMESTAMP_SIZE bytes. Returns text. */
const char *mt_timestamp_format(char *text, apr_int64_t seconds);

/* Writes a time of the years 0 to 9999 as RFC 3339 has it, in UTC with microseconds, "2009-01-27T14:13:14.000015Z", into text. Returns text. */
const char *mt_timestamp_format_rfc3339(char text[MT_TIMESTAMP_SIZE], apr_time_t time);

/* Microseconds on a clock that nobody sets: for how long something takes. */
apr_int64_t mt_timestamp_monotonic(void);

#endif
