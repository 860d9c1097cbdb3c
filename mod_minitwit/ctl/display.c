/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "ctl/display.h"

#include "core/buffer.h"
#include "core/utf8.h"

#include <apr_strings.h>
#include <string.h>

/* Returns the code point of a well-formed character; 0 for one of four bytes, because all of these are safe. */
static unsigned decode(const char *text, apr_size_t len)
{
    const unsigned char *byte = (const unsigned char *)text;

    switch (len) {
    case 1:
        return byte[0];
    case 2:
        return (byte[0] & 0x1fU) << 6 | (byte[1] & 0x3fU);
    case 3:
        return (byte[0] & 0x0fU) << 12 | (byte[1] & 0x3fU) << 6 | (byte[2] & 0x3fU);
    default:
        return 0;
    }
}

/* Control characters (C0, DEL, C1), line separators, and characters that change the direction of writing. */
static int is_unsafe(unsigned character, apr_size_t len)
{
    return (character < 0x20 && len == 1) || (character >= 0x7f && character <= 0x9f) || character == 0x061c ||
           character == 0x200e || character == 0x200f || (character >= 0x2028 && character <= 0x202e) ||
           (character >= 0x2066 && character <= 0x2069);
}

static void append_escaped(mt_buffer_t *buffer, unsigned character)
{
    char hex[8];

    if (character == '\n')
        mt_buffer_append_text(buffer, "\\n");
    else if (character == '\t')
        mt_buffer_append_text(buffer, "\\t");
    else {
        apr_snprintf(hex, sizeof(hex), "\\u%04x", character);
        mt_buffer_append_text(buffer, hex);
    }
}

const char *mt_ctl_display_escape(apr_pool_t *pool, const char *text)
{
    apr_size_t len = strlen(text);
    mt_buffer_t buffer;

    mt_buffer_init(&buffer, pool, len + 1);
    for (apr_size_t at = 0; at < len;) {
        apr_size_t length = mt_utf8_length(text + at, len - at);
        /* Only a text from the operator's command line may be invalid UTF-8. */
        unsigned character = length ? decode(text + at, length) : (unsigned char)text[at];

        if (length == 0)
            length = 1;
        if (is_unsafe(character, length))
            append_escaped(&buffer, character);
        else
            mt_buffer_append(&buffer, text + at, length);
        at += length;
    }
    return mt_buffer_text(&buffer);
}
