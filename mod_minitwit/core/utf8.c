/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/utf8.h"

/* The second byte reveals overlong forms, surrogates and code points above U+10FFFF (RFC 3629, section 4). */
apr_size_t mt_utf8_length(const char *text, apr_size_t len)
{
    const unsigned char *data = (const unsigned char *)text;
    unsigned char lead = data[0];
    unsigned char least = 0x80;
    unsigned char most = 0xbf;
    apr_size_t length;

    if (lead < 0x80)
        return 1;
    if (lead >= 0xc2 && lead <= 0xdf)
        length = 2;
    else if (lead >= 0xe0 && lead <= 0xef)
        length = 3;
    else if (lead >= 0xf0 && lead <= 0xf4)
        length = 4;
    else
        return 0;
    if (lead == 0xe0)
        least = 0xa0;
    else if (lead == 0xed)
        most = 0x9f;
    else if (lead == 0xf0)
        least = 0x90;
    else if (lead == 0xf4)
        most = 0x8f;
    if (len < length || data[1] < least || data[1] > most)
        return 0;
    for (apr_size_t i = 2; i < length; i++) {
        if ((data[i] & 0xc0) != 0x80)
            return 0;
    }
    return length;
}

int mt_utf8_is_valid(const char *data, apr_size_t len)
{
    apr_size_t i = 0;

    while (i < len) {
        apr_size_t length = mt_utf8_length(data + i, len - i);

        if (length == 0)
            return 0;
        i += length;
    }
    return 1;
}

apr_size_t mt_utf8_count(const char *text)
{
    apr_size_t count = 0;

    for (; *text != '\0'; text++) {
        if (((unsigned char)*text & 0xc0) != 0x80)
            count++;
    }
    return count;
}

int mt_utf8_has_control(const char *text)
{
    const unsigned char *p;

    for (p = (const unsigned char *)text; *p != '\0'; p++) {
        if (*p < 0x20 || *p == 0x7f)
            return 1;
        if (p[0] == 0xc2 && p[1] <= 0x9f)
            return 1;
    }
    return 0;
}
