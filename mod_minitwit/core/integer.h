/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_INTEGER_H
#define MT_INTEGER_H

#include <apr.h>

/* Reads a decimal integer of 64 bits as Python's int() does: white space around it and one sign are allowed.
 * Returns 1 and sets *value, or 0 (NULL, anything else in the text, out of range) and leaves it. */
int mt_integer_parse(const char *text, apr_int64_t *value);

/* The same, but takes the nearest 64-bit integer for one that is out of range. */
int mt_integer_parse_clamped(const char *text, apr_int64_t *value);

#endif
