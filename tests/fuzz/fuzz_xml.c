/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/utf8.h"
#include "core/xml.h"
#include "targets.h"

#include <stdlib.h>
#include <string.h>

/* Reads one character of the escaped text as a parser of XML does. Returns its bytes in the escaped text. */
static apr_size_t read_character(const char *at, apr_size_t left, char *c)
{
    static const char *const names[] = { "&lt;", "&gt;", "&amp;" };
    char *end;

    *c = *at;
    fuzz_assert(!strchr("<>\"'", *at) || *at == '\0');
    if (*at != '&')
        return 1;
    for (int i = 0; i < 3; i++) {
        if (left >= strlen(names[i]) && strncmp(at, names[i], strlen(names[i])) == 0) {
            *c = "<>&"[i];
            return strlen(names[i]);
        }
    }
    fuzz_assert(left > 3 && at[1] == '#');
    *c = (char)strtol(at + 2, &end, 10);
    fuzz_assert(*end == ';' && strchr("\"'\t\n\r", *c));
    return (apr_size_t)(end + 1 - at);
}

/* 1 if a document may have the character of these bytes, written as it is. */
static int is_allowed(const char *text, apr_size_t length)
{
    return length == 1   ? (unsigned char)*text >= 0x20
           : length == 3 ? memcmp(text, "\xef\xbf\xbe", 3) != 0 && memcmp(text, "\xef\xbf\xbf", 3) != 0
                         : length > 0;
}

void fuzz_xml(apr_pool_t *pool, const char *data, apr_size_t len)
{
    mt_buffer_t xml;
    const char *at, *end;

    mt_buffer_init(&xml, pool, 0);
    mt_xml_escape(&xml, data, len);
    at = mt_buffer_text(&xml);
    end = at + xml.len;
    while (at < end) {
        fuzz_assert(len > 0);
        apr_size_t length = mt_utf8_length(data, len);
        char c;
        apr_size_t read = read_character(at, (apr_size_t)(end - at), &c);

        if (read > 1 || is_allowed(data, length)) {
            fuzz_assert(read > 1 ? c == *data : memcmp(at, data, length) == 0);
            at += read > 1 ? read : length;
        }
        else {
            fuzz_assert(end - at >= 3 && memcmp(at, "\xef\xbf\xbd", 3) == 0);
            at += 3;
        }
        length = length > 0 ? length : 1;
        data += length;
        len -= length;
    }
    fuzz_assert(len == 0);
}
