/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/identifier.h"

#include <sodium.h>
#include <string.h>

#define PREFIX_BYTES 9

int mt_identifier_is_valid(const char *text)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._~+/=-";
    apr_size_t len = text ? strspn(text, allowed) : 0;

    return len > 0 && len <= MT_IDENTIFIER_MAX && text[len] == '\0';
}

void mt_identifier_make_prefix(char prefix[MT_IDENTIFIER_PREFIX_SIZE])
{
    unsigned char bytes[PREFIX_BYTES];

    randombytes_buf(bytes, sizeof(bytes));
    sodium_bin2base64(prefix, MT_IDENTIFIER_PREFIX_SIZE, bytes, sizeof(bytes),
                      sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

void mt_identifier_format(char text[MT_IDENTIFIER_SIZE], const char *prefix, apr_uint64_t number)
{
    static const char digits[] = "0123456789abcdef";
    char reversed[16];
    apr_size_t count = 0;
    apr_size_t len = strlen(prefix);

    do {
        reversed[count++] = digits[number % 16];
        number /= 16;
    } while (number > 0);
    memcpy(text, prefix, len);
    text[len++] = '-';
    while (count > 0)
        text[len++] = reversed[--count];
    text[len] = '\0';
}
