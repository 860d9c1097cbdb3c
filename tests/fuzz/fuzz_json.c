/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/escape.h"
#include "core/json.h"
#include "core/utf8.h"
#include "targets.h"

#include <apr_strings.h>
#include <string.h>

#define DEPTH_MAX 16
#define PARTS_MAX 1000

/* A second implementation of RFC 8259, by recursive descent. */
typedef struct reader_t {
    const char *at;
    const char *end;
    int depth;
    int parts; /* commas, and opening brackets and braces */
} reader_t;

static int peek(const reader_t *reader)
{
    return reader->at < reader->end ? (unsigned char)*reader->at : -1;
}

static void skip_space(reader_t *reader)
{
    while (peek(reader) == ' ' || peek(reader) == '\t' || peek(reader) == '\n' || peek(reader) == '\r')
        reader->at++;
}

static int read_text(reader_t *reader, const char *text)
{
    if ((size_t)(reader->end - reader->at) < strlen(text) || memcmp(reader->at, text, strlen(text)) != 0)
        return 0;
    reader->at += strlen(text);
    return 1;
}

/* Returns -1 if there are not four digits. */
static int read_unit(reader_t *reader)
{
    int unit = 0;

    if (!read_text(reader, "\\u"))
        return -1;
    for (int i = 0; i < 4; i++) {
        static const char digits[] = "0123456789abcdef0123456789ABCDEF";
        const char *digit = peek(reader) > 0 ? strchr(digits, peek(reader)) : NULL;

        if (!digit)
            return -1;
        unit = unit << 4 | (int)((digit - digits) & 15);
        reader->at++;
    }
    return unit;
}

static int read_escape(reader_t *reader)
{
    int unit;

    if (reader->end - reader->at >= 2 && reader->at[1] != 'u') {
        int is_known = reader->at[1] != '\0' && strchr("\"\\/bfnrt", reader->at[1]) != NULL;

        reader->at += 2;
        return is_known;
    }
    unit = read_unit(reader);
    if (unit >= 0xd800 && unit <= 0xdbff) {
        unit = read_unit(reader);
        return unit >= 0xdc00 && unit <= 0xdfff;
    }
    return unit > 0 && (unit < 0xdc00 || unit > 0xdfff);
}

static int read_string(reader_t *reader)
{
    if (!read_text(reader, "\""))
        return 0;
    while (peek(reader) >= 0x20 && peek(reader) != '"') {
        if (peek(reader) != '\\')
            reader->at++;
        else if (!read_escape(reader))
            return 0;
    }
    return read_text(reader, "\"");
}

static int read_digits(reader_t *reader)
{
    const char *start = reader->at;

    while (peek(reader) >= '0' && peek(reader) <= '9')
        reader->at++;
    return reader->at > start;
}

static int read_number(reader_t *reader)
{
    read_text(reader, "-");
    if (!read_text(reader, "0") && !read_digits(reader))
        return 0;
    if (read_text(reader, ".") && !read_digits(reader))
        return 0;
    if (read_text(reader, "e") || read_text(reader, "E")) {
        if (!read_text(reader, "+"))
            read_text(reader, "-");
        return read_digits(reader);
    }
    return 1;
}

static int read_comma(reader_t *reader)
{
    if (!read_text(reader, ","))
        return 0;
    reader->parts++;
    return 1;
}

static int read_value(reader_t *reader);

static int read_members(reader_t *reader, int is_object)
{
    const char *end = is_object ? "}" : "]";

    if (++reader->depth > DEPTH_MAX)
        return 0;
    reader->at++;
    reader->parts++;
    skip_space(reader);
    if (!read_text(reader, end)) {
        do {
            skip_space(reader);
            if (is_object) {
                if (!read_string(reader))
                    return 0;
                skip_space(reader);
                if (!read_text(reader, ":"))
                    return 0;
            }
            if (!read_value(reader))
                return 0;
        } while (read_comma(reader));
        if (!read_text(reader, end))
            return 0;
    }
    reader->depth--;
    return 1;
}

/* Also reads the space around the value. */
static int read_value(reader_t *reader)
{
    int is_read;

    skip_space(reader);
    switch (peek(reader)) {
    case '{':
        is_read = read_members(reader, 1);
        break;
    case '[':
        is_read = read_members(reader, 0);
        break;
    case '"':
        is_read = read_string(reader);
        break;
    default:
        is_read =
            read_text(reader, "true") || read_text(reader, "false") || read_text(reader, "null") || read_number(reader);
    }
    skip_space(reader);
    return is_read;
}

static int is_acceptable(const char *data, apr_size_t len)
{
    reader_t reader = { data, data + len, 0, 0 };

    read_text(&reader, "\xef\xbb\xbf");
    skip_space(&reader);
    return mt_utf8_is_valid(data, len) && peek(&reader) == '{' && read_value(&reader) && peek(&reader) < 0 &&
           reader.parts <= PARTS_MAX;
}

static void check_round_trip(apr_pool_t *pool, const char *key, const char *text)
{
    mt_buffer_t body;
    mt_json_t *object;
    const char *value;

    mt_buffer_init(&body, pool, 0);
    mt_buffer_append_text(&body, "{");
    mt_escape_json(&body, key);
    mt_buffer_append_text(&body, ":");
    mt_escape_json(&body, text);
    mt_buffer_append_text(&body, "}");
    fuzz_assert(mt_json_parse(pool, body.data, body.len, &object) == NULL);
    fuzz_assert(mt_json_get(object, key, &value) == MT_JSON_STRING && strcmp(value, text) == 0);
}

void fuzz_json(apr_pool_t *pool, const char *data, apr_size_t len)
{
    static const char *const keys[] = { "", "a", "content", "username", "pwd" };
    mt_json_t *object;
    const char *problem = mt_json_parse(pool, data, len, &object);
    const char *value;
    const char *more;

    fuzz_assert((problem == NULL) == is_acceptable(data, len));
    if (problem) {
        fuzz_assert(*problem && mt_utf8_is_valid(problem, strlen(problem)));
        return;
    }
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        mt_json_kind_t kind = mt_json_get(object, keys[i], &value);

        fuzz_assert((kind == MT_JSON_STRING) == (value != NULL));
        fuzz_assert(!value || mt_utf8_is_valid(value, strlen(value)));
        if (value)
            check_round_trip(pool, keys[i], value);
    }
    more = apr_pstrcat(pool, apr_pstrmemdup(pool, data, len), " x", NULL);
    fuzz_assert(mt_json_parse(pool, more, len + 1, &object) == NULL);
    fuzz_assert(mt_json_parse(pool, more, len + 2, &object) != NULL);
}
