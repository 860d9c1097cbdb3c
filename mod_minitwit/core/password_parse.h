/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_PASSWORD_PARSE_H
#define MT_PASSWORD_PARSE_H

#include <stddef.h>

/* Parses the fields of stored hashes. */

/* Reads prefix and a decimal number from 1 to max right after it, without sign or leading zeros. Returns 1 and moves
 * *text past both, or returns 0 for any other text. */
int mt_password_parse_number(const char **text, const char *prefix, unsigned long max, unsigned long *number);

/* Decodes len characters of base64. variant is one of libsodium's. Returns 1 if they are exactly size bytes, else 0. */
int mt_password_parse_base64(const char *text, size_t len, int variant, unsigned char *bytes, size_t size);

#endif
