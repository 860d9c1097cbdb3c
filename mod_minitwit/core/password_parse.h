/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_PASSWORD_PARSE_H
#define MT_PASSWORD_PARSE_H

#include <stddef.h>

/* The fields of stored hashes. */

/* Reads prefix and, right after it, a decimal number from 1 to max, without sign or leading zeros, and moves *text past
 * both. Returns 1, or 0 when anything else stands there. */
int mt_password_parse_number(const char **text, const char *prefix, unsigned long max, unsigned long *number);

/* Decodes len characters of base64 (variant: libsodium's). Returns 1 when they are exactly size bytes, else 0. */
int mt_password_parse_base64(const char *text, size_t len, int variant, unsigned char *bytes, size_t size);

#endif
