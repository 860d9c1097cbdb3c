/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/utf8.h"
#include "targets.h"

#include <string.h>

/* Writes a character in its only valid form. Returns the length. */
static apr_size_t encode(unsigned long character, unsigned char bytes[4])
{
    if (character < 0x80) {
        bytes[0] = (unsigned char)character;
        return 1;
    }
    if (character < 0x800) {
        bytes[0] = (unsigned char)(0xc0 | character >> 6);
        bytes[1] = (unsigned char)(0x80 | (character & 0x3f));
        return 2;
    }
    if (character < 0x10000) {
        bytes[0] = (unsigned char)(0xe0 | character >> 12);
        bytes[1] = (unsigned char)(0x80 | (character >> 6 & 0x3f));
        bytes[2] = (unsigned char)(0x80 | (character & 0x3f));
        return 3;
    }
    bytes[0] = (unsigned char)(0xf0 | character >> 18);
    bytes[1] = (unsigned char)(0x80 | (character >> 12 & 0x3f));
    bytes[2] = (unsigned char)(0x80 | (character >> 6 & 0x3f));
    bytes[3] = (unsigned char)(0x80 | (character & 0x3f));
    return 4;
}

/* Reads the character that the first byte announces, and compares the bytes with its only valid form. Returns its
 * length, or 0. */
static apr_size_t read_character(const unsigned char *data, apr_size_t len, unsigned long *character)
{
    apr_size_t wanted = data[0] < 0x80 ? 1 : data[0] < 0xe0 ? 2 : data[0] < 0xf0 ? 3 : 4;
    unsigned char bytes[4];

    *character = wanted == 1 ? data[0] : (unsigned long)(data[0] & (0x7f >> wanted));
    if (wanted > len)
        return 0;
    for (apr_size_t i = 1; i < wanted; i++)
        *character = *character << 6 | (data[i] & 0x3f);
    if (*character > 0x10ffff || (*character >= 0xd800 && *character <= 0xdfff))
        return 0;
    return encode(*character, bytes) == wanted && memcmp(bytes, data, wanted) == 0 ? wanted : 0;
}

void fuzz_utf8(apr_pool_t *pool, const char *data, apr_size_t len)
{
    fuzz_input_t input = { data, len };
    apr_size_t at = 0;
    apr_size_t count = 0;
    int has_control = 0;
    const char *text;

    while (at < len) {
        unsigned long character;
        apr_size_t length = read_character((const unsigned char *)data + at, len - at, &character);

        fuzz_assert(mt_utf8_length(data + at, len - at) == length);
        if (length == 0)
            break;
        at += length;
        count++;
        has_control |= character < 0x20 || (character >= 0x7f && character <= 0x9f);
    }
    fuzz_assert(mt_utf8_is_valid(data, len) == (at == len));
    text = fuzz_take_rest(pool, &input);
    if (at == len && strlen(text) == len) {
        fuzz_assert(mt_utf8_count(text) == count);
        fuzz_assert(mt_utf8_has_control(text) == has_control);
    }
}
