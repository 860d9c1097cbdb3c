/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_UTF8_H
#define MT_UTF8_H

#include <apr.h>

/* Returns 1 for well-formed UTF-8 (RFC 3629: no overlong forms, no surrogates, no code points above U+10FFFF). */
int mt_utf8_is_valid(const char *data, apr_size_t len);

/* Returns the length in bytes of the well-formed character at the beginning of text, or 0 if there is none. len is the
 * number of bytes of text, and at least 1. */
apr_size_t mt_utf8_length(const char *text, apr_size_t len);

/* Returns the number of characters (code points) of a valid, NUL-terminated text. */
apr_size_t mt_utf8_count(const char *text);

/* Returns 1 if a valid, NUL-terminated text has a control character: U+0001 to U+001F or U+007F to U+009F. */
int mt_utf8_has_control(const char *text);

#endif
