/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_UTF8_H
#define MT_UTF8_H

#include <apr.h>

/* 1 when the bytes are well-formed UTF-8 (RFC 3629: no overlong form, no surrogate, nothing above U+10FFFF). */
int mt_utf8_is_valid(const char *data, apr_size_t len);

/* Bytes of the well-formed character that text begins with, of which len > 0 bytes are there; 0 when there is none. */
apr_size_t mt_utf8_length(const char *text, apr_size_t len);

/* Number of characters (code points) of a valid, NUL-terminated text. */
apr_size_t mt_utf8_count(const char *text);

/* 1 when a valid, NUL-terminated text holds a control character: U+0000 to U+001F, U+007F to U+009F. */
int mt_utf8_has_control(const char *text);

#endif
