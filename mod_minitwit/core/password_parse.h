/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_PASSWORD_PARSE_H
#define MT_PASSWORD_PARSE_H

#include <apr.h>

/* Parses the fields of stored hashes. */

/* Reads prefix and a decimal number from 1 to max right after it, without sign or leading zeros. Returns 1 and moves
 * *text past both, or returns 0 for any other text. */
int mt_password_parse_number(const char **text, const char *prefix, unsigned long max, unsigned long *number);

#define MT_PASSWORD_PARSE_MAX 512 /* no field is longer */

typedef enum mt_password_encoding_t {
    MT_PASSWORD_HEX,
    MT_PASSWORD_BASE64,
    MT_PASSWORD_BASE64_UNPADDED, /* without "=" at the end */
    MT_PASSWORD_AB64             /* the same, with "." instead of "+": passlib's own */
} mt_password_encoding_t;

/* Decodes len characters. Returns the number of bytes, or 0 for an empty or malformed text, or for more than size. */
apr_size_t mt_password_parse_bytes(const char *text, apr_size_t len, mt_password_encoding_t encoding,
                                   unsigned char *bytes, apr_size_t size);

#endif
