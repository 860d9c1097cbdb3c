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

/* libsodium 1.0.18 accepts each byte outside ASCII as a slash. */
static int is_ascii(const char *text, apr_size_t len)
{
    for (apr_size_t i = 0; i < len; i++) {
        if (!apr_isascii(text[i]))
            return 0;
    }
    return 1;
}

/* passlib writes a full stop instead of the plus sign. */
static int to_base64(char *base64, const char *text, apr_size_t len)
{
    for (apr_size_t i = 0; i < len; i++) {
        if (text[i] == '+')
            return 0;
        base64[i] = (char)(text[i] == '.' ? '+' : text[i]);
    }
    return 1;
}

apr_size_t mt_password_parse_bytes(const char *text, apr_size_t len, mt_password_encoding_t encoding,
                                   unsigned char *bytes, apr_size_t size)
{
    char base64[MT_PASSWORD_PARSE_MAX];
    size_t decoded = 0;
    int error = 1;

    if (len > sizeof(base64) || !is_ascii(text, len))
        return 0;
    if (encoding == MT_PASSWORD_HEX)
        error = sodium_hex2bin(bytes, size, text, len, NULL, &decoded, NULL);
    else if (encoding == MT_PASSWORD_BASE64)
        error = sodium_base642bin(bytes, size, text, len, NULL, &decoded, NULL, sodium_base64_VARIANT_ORIGINAL);
    else if (encoding == MT_PASSWORD_BASE64_UNPADDED || to_base64(base64, text, len))
        error = sodium_base642bin(bytes, size, encoding == MT_PASSWORD_AB64 ? base64 : text, len, NULL, &decoded, NULL,
                                  sodium_base64_VARIANT_ORIGINAL_NO_PADDING);
    return error ? 0 : decoded;
}
