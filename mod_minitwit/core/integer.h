/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_INTEGER_H
#define MT_INTEGER_H

#include <apr_pools.h>

/* Parses a decimal 64-bit integer as Python's int() does: white space around it and one sign are allowed. Returns 1 and
 * sets *value. Returns 0 and leaves *value for NULL, for any other text, and for a number out of range. */
int mt_integer_parse(const char *text, apr_int64_t *value);

/* The same, but a number out of range becomes the nearest 64-bit integer. */
int mt_integer_parse_clamped(const char *text, apr_int64_t *value);

/* Formats a count for readers, in pool: with a comma before each three digits ("1,234"). A statement that counts
 * no further than max + 1 rows gives a count above max, which means "at least": the result is then max and a plus sign
 * ("9,999+"). count and max are not negative. */
const char *mt_integer_format_count(apr_pool_t *pool, apr_int64_t count, apr_int64_t max);

#endif
