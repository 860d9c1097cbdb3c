/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/url.h"

#include "core/utf8.h"

#include <string.h>

/* Not isalnum(), because it depends on the locale. */
static int is_unreserved(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
           c == '_' || c == '~';
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return -1;
}

const char *mt_url_encode(apr_pool_t *pool, const char *text)
{
    static const char digits[] = "0123456789ABCDEF";
    char *encoded = apr_palloc(pool, 3 * strlen(text) + 1);
    char *out = encoded;

    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;

        if (is_unreserved(*text)) {
            *out++ = *text;
        }
        else {
            *out++ = '%';
            *out++ = digits[c >> 4];
            *out++ = digits[c & 0x0f];
        }
    }
    *out = '\0';
    return encoded;
}

const char *mt_url_decode(apr_pool_t *pool, const char *data, apr_size_t len, int plus_is_space)
{
    char *decoded = apr_palloc(pool, len + 1);
    char *out = decoded;

    for (apr_size_t i = 0; i < len; i++) {
        char c = data[i];

        if (c == '%') {
            int high, low;

            if (len - i < 3)
                return NULL;
            high = hex_value(data[i + 1]);
            low = hex_value(data[i + 2]);
            if (high < 0 || low < 0)
                return NULL;
            c = (char)(high << 4 | low);
            i += 2;
        }
        else if (c == '+' && plus_is_space) {
            c = ' ';
        }
        if (c == '\0')
            return NULL;
        *out++ = c;
    }
    *out = '\0';
    return mt_utf8_is_valid(decoded, (apr_size_t)(out - decoded)) ? decoded : NULL;
}
