/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/xml.h"

#include "core/utf8.h"

#include <string.h>

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

/* Returns the replacement for an ASCII character, or NULL if it stays. */
static const char *replace_ascii(unsigned char c)
{
    switch (c) {
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '&':
        return "&amp;";
    case '"':
        return "&#34;";
    case '\'':
        return "&#39;";
    case '\t':
        return "&#9;";
    case '\n':
        return "&#10;";
    case '\r':
        return "&#13;";
    default:
        return c < 0x20 ? REPLACEMENT : NULL;
    }
}

/* Returns the replacement for the character at the beginning of text, or NULL if it stays. *length: its bytes. */
static const char *replace(const char *text, apr_size_t len, apr_size_t *length)
{
    *length = mt_utf8_length(text, len);
    if (*length == 0) {
        *length = 1;
        return REPLACEMENT;
    }
    if (*length == 1)
        return replace_ascii((unsigned char)*text);
    /* U+FFFE and U+FFFF */
    return *length == 3 && memcmp(text, "\xef\xbf", 2) == 0 && (unsigned char)text[2] >= 0xbe ? REPLACEMENT : NULL;
}

void mt_xml_escape(mt_buffer_t *buffer, const char *text, apr_size_t len)
{
    apr_size_t start = 0, length;

    for (apr_size_t i = 0; i < len; i += length) {
        const char *replacement = replace(text + i, len - i, &length);

        if (!replacement)
            continue;
        mt_buffer_append(buffer, text + start, i - start);
        mt_buffer_append_text(buffer, replacement);
        start = i + length;
    }
    mt_buffer_append(buffer, text + start, len - start);
}
