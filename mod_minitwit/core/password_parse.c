/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/password_parse.h"

#include <apr_lib.h>
#include <sodium.h>
#include <string.h>

int mt_password_parse_number(const char **text, const char *prefix, unsigned long max, unsigned long *number)
{
    size_t len = strlen(prefix);
    const char *at = *text;
    unsigned long value = 0;

    if (strncmp(at, prefix, len) != 0 || at[len] == '0')
        return 0;
    for (at += len; apr_isdigit(*at); at++) {
        unsigned long digit = (unsigned long)(*at - '0');

        if (value > (max - digit) / 10)
            return 0;
        value = value * 10 + digit;
    }
    if (value == 0)
        return 0;
    *number = value;
    *text = at;
    return 1;
}

int mt_password_parse_base64(const char *text, size_t len, int variant, unsigned char *bytes, size_t size)
{
    size_t decoded;
    size_t i;

    /* libsodium 1.0.18 accepts each byte outside ASCII as a slash. */
    for (i = 0; i < len; i++) {
        if (!apr_isascii(text[i]))
            return 0;
    }
    return sodium_base642bin(bytes, size, text, len, NULL, &decoded, NULL, variant) == 0 && decoded == size;
}
