/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_TIMESTAMP_H
#define MT_TIMESTAMP_H

#include <apr.h>

#define MT_TIMESTAMP_SIZE 32

/* Writes seconds since 1970 (UTC) as "YYYY-MM-DD @ HH:MM" into text, of MT_TIMESTAMP_SIZE bytes. Returns text. */
const char *mt_timestamp_format(char *text, apr_int64_t seconds);

#endif
