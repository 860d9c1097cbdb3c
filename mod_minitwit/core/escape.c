/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/escape.h"

static const char *html_entity(char c)
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
    default:
        return NULL;
    }
}

/* Only the short escapes; other control characters need the long form. */
static const char *json_escape(char c)
{
    switch (c) {
    case '"':
        return "\\\"";
    case '\\':
        return "\\\\";
    case '\b':
        return "\\b";
    case '\f':
        return "\\f";
    case '\n':
        return "\\n";
    case '\r':
        return "\\r";
    case '\t':
        return "\\t";
    default:
        return NULL;
    }
}

void mt_escape_html(mt_buffer_t *buffer, const char *text, apr_size_t len)
{
    apr_size_t start = 0;

    for (apr_size_t i = 0; i < len; i++) {
        const char *entity = html_entity(text[i]);

        if (entity == NULL)
            continue;
        mt_buffer_append(buffer, text + start, i - start);
        mt_buffer_append_text(buffer, entity);
        start = i + 1;
    }
    mt_buffer_append(buffer, text + start, len - start);
}

void mt_escape_json(mt_buffer_t *buffer, const char *text)
{
    static const char digits[] = "0123456789abcdef";
    const char *start = text;
    const char *p;

    mt_buffer_append(buffer, "\"", 1);
    for (p = text; *p != '\0'; p++) {
        const char *escape = json_escape(*p);
        unsigned char c = (unsigned char)*p;

        if (escape == NULL && c >= 0x20)
            continue;
        mt_buffer_append(buffer, start, (apr_size_t)(p - start));
        if (escape != NULL) {
            mt_buffer_append_text(buffer, escape);
        }
        else {
            char hex[] = { '\\', 'u', '0', '0', digits[c >> 4], digits[c & 0x0f] };

            mt_buffer_append(buffer, hex, sizeof(hex));
        }
        start = p + 1;
    }
    mt_buffer_append(buffer, start, (apr_size_t)(p - start));
    mt_buffer_append(buffer, "\"", 1);
}
