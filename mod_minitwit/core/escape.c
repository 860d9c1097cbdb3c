/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/escape.h"

#include "core/utf8.h"

#include <apr_strings.h>
#include <string.h>

static const char digits[] = "0123456789abcdef";

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
    default:
        return "&#39;";
    }
}

/* The short escapes. Other control characters need the long form. */
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

/* This is a table because this test takes a large part of the time of a page. */
static const unsigned char is_special[256] = { ['<'] = 1, ['>'] = 1, ['&'] = 1, ['"'] = 1, ['\''] = 1 };

void mt_escape_html(mt_buffer_t *buffer, const char *text, apr_size_t len)
{
    apr_size_t start = 0;

    for (apr_size_t i = 0; i < len; i++) {
        if (!is_special[(unsigned char)text[i]])
            continue;
        mt_buffer_append(buffer, text + start, i - start);
        mt_buffer_append_text(buffer, html_entity(text[i]));
        start = i + 1;
    }
    mt_buffer_append(buffer, text + start, len - start);
}

/* Returns 1 if text begins with an isolate character: LRI, RLI, FSI or PDI, which are U+2066 to U+2069. */
static int is_isolate(const char *text)
{
    return text[0] == '\xe2' && text[1] == '\x81' && text[2] >= '\xa6' && text[2] <= '\xa9';
}

void mt_escape_html_phrase(mt_buffer_t *buffer, const char *text)
{
    static const char fsi[] = { '\xe2', '\x81', '\xa8', '\0' };
    const apr_size_t size = sizeof(fsi) - 1;
    const char *at;
    int depth = 0;

    for (at = strchr(text, fsi[0]); at; at = strchr(at + 1, fsi[0])) {
        int is_end = is_isolate(at) && at[2] == '\xa9';

        if (!is_isolate(at) || (depth == 0 && strncmp(at, fsi, size) != 0))
            continue;
        depth += is_end ? -1 : 1;
        if (depth != (is_end ? 0 : 1))
            continue;
        mt_escape_html(buffer, text, (apr_size_t)(at - text));
        mt_buffer_append_text(buffer, is_end ? "</bdi>" : "<bdi>");
        text = at + size;
    }
    mt_escape_html(buffer, text, strlen(text));
    if (depth > 0)
        mt_buffer_append_text(buffer, "</bdi>");
}

void mt_escape_json(mt_buffer_t *buffer, const char *text)
{
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

void mt_escape_json_member(mt_buffer_t *buffer, const char *name, const char *value)
{
    if (buffer->len > 0 && buffer->data[buffer->len - 1] != '{')
        mt_buffer_append(buffer, ",", 1);
    mt_escape_json(buffer, name);
    mt_buffer_append(buffer, ":", 1);
    if (value)
        mt_escape_json(buffer, value);
    else
        mt_buffer_append_text(buffer, "null");
}

/* The bytes that a JSON string holds unescaped: ASCII without control characters, the quotation mark and the backslash.
 * This is a table because this test takes most of the time of a log line. */
static const unsigned char is_plain[256] = { [0x20 ... 0x21] = 1, [0x23 ... 0x5b] = 1, [0x5d ... 0x7f] = 1 };

static apr_size_t count_plain(const char *data, apr_size_t len)
{
    apr_size_t count = 0;

    while (count < len && is_plain[(unsigned char)data[count]])
        count++;
    return count;
}

/* Escapes the first character of data, or its first byte if no valid character begins there. */
typedef struct piece_t {
    char text[8];
    apr_size_t text_len;
    apr_size_t data_len;
} piece_t;

static void escape_piece(const char *data, apr_size_t len, piece_t *piece)
{
    unsigned char c = (unsigned char)data[0];
    apr_size_t length = mt_utf8_length(data, len);
    const char *escape = c == '\\' ? "\\\\\\\\" : json_escape(data[0]);
    char byte[] = { '\\', '\\', 'x', digits[c >> 4], digits[c & 0x0f] };
    char control[] = { '\\', 'u', '0', '0', digits[c >> 4], digits[c & 0x0f] };

    piece->data_len = length > 0 ? length : 1;
    if (length == 0) {
        escape = byte;
        piece->text_len = sizeof(byte);
    }
    else if (escape) {
        piece->text_len = strlen(escape);
    }
    else if (c < 0x20) {
        escape = control;
        piece->text_len = sizeof(control);
    }
    else {
        escape = data;
        piece->text_len = length;
    }
    memcpy(piece->text, escape, piece->text_len);
}

void mt_escape_json_bytes(mt_buffer_t *buffer, const char *data, apr_size_t len, apr_size_t max)
{
    apr_size_t done = 0;
    apr_size_t plain = count_plain(data, len);

    /* Nearly always, no byte needs an escape. */
    if (plain == len && len <= max) {
        char *string = mt_buffer_extend(buffer, len + 2);

        string[0] = '"';
        memcpy(string + 1, data, len);
        string[len + 1] = '"';
        return;
    }
    mt_buffer_append(buffer, "\"", 1);
    while (done < len) {
        piece_t piece;

        plain = done + count_plain(data + done, len - done);
        if (plain - done > max)
            plain = done + max;
        mt_buffer_append(buffer, data + done, plain - done);
        max -= plain - done;
        done = plain;
        if (done == len)
            break;
        escape_piece(data + done, len - done, &piece);
        if (piece.text_len > max)
            break;
        mt_buffer_append(buffer, piece.text, piece.text_len);
        max -= piece.text_len;
        done += piece.data_len;
    }
    if (done < len) {
        char left[32];

        mt_buffer_append(buffer, left,
                         (apr_size_t)apr_snprintf(left, sizeof(left), "\\\\+%" APR_SIZE_T_FMT, len - done));
    }
    mt_buffer_append(buffer, "\"", 1);
}
