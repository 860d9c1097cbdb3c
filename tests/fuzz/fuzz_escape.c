/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/escape.h"
#include "core/utf8.h"
#include "targets.h"

#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

static void check_html(apr_pool_t *pool, const char *data, apr_size_t len)
{
    static const char *const entities[] = { "&lt;", "&gt;", "&amp;", "&#34;", "&#39;" };
    static const char characters[] = "<>&\"'";
    mt_buffer_t html;
    const char *at;
    apr_size_t left;

    mt_buffer_init(&html, pool, 0);
    mt_escape_html(&html, data, len);
    at = html.data;
    for (left = html.len; left > 0; data++, len--) {
        int i = 0;

        fuzz_assert(len > 0);
        if (*at == '&') {
            while (strncmp(at, entities[i], left < strlen(entities[i]) ? left : strlen(entities[i])) != 0)
                fuzz_assert(++i < 5);
            fuzz_assert(left >= strlen(entities[i]) && *data == characters[i]);
            at += strlen(entities[i]);
            left -= strlen(entities[i]);
        }
        else {
            fuzz_assert(*at == *data && (*at == '\0' || !strchr(characters, *at)));
            at++;
            left--;
        }
    }
    fuzz_assert(len == 0);
}

/* Returns the string that json-c reads. json-c also accepts single quotes and control characters, which are not valid
 * JSON, so this function refuses them. The strict mode of json-c differs between versions. */
static struct json_object *read_string(const mt_buffer_t *json)
{
    struct json_tokener *tokener = json_tokener_new();
    struct json_object *string;

    fuzz_assert(mt_utf8_is_valid(json->data, json->len));
    for (apr_size_t i = 0; i < json->len; i++)
        fuzz_assert((unsigned char)json->data[i] >= 0x20);
    fuzz_assert(json->len >= 2 && json->data[0] == '"' && json->data[json->len - 1] == '"');
    string = json_tokener_parse_ex(tokener, json->data, (int)json->len);
    fuzz_assert(json_tokener_get_parse_end(tokener) == json->len);
    fuzz_assert(json_object_is_type(string, json_type_string));
    json_tokener_free(tokener);
    return string;
}

static void check_json(apr_pool_t *pool, const char *text)
{
    struct json_object *string;
    mt_buffer_t json;

    mt_buffer_init(&json, pool, 0);
    mt_escape_json(&json, text);
    string = read_string(&json);
    fuzz_assert(strcmp(json_object_get_string(string), text) == 0);
    json_object_put(string);
}

/* Undoes the escapes that mt_escape_json_bytes adds to those of JSON. Returns the number of omitted bytes, which the
 * end of the text states. */
static apr_size_t restore(const char *text, apr_size_t text_len, char *bytes, apr_size_t *len)
{
    *len = 0;
    for (apr_size_t i = 0; i < text_len; i++) {
        if (text[i] != '\\') {
            bytes[(*len)++] = text[i];
            continue;
        }
        i++;
        fuzz_assert(i < text_len);
        if (text[i] == '+')
            return (apr_size_t)strtoul(text + i + 1, NULL, 10);
        if (text[i] == 'x') {
            char hex[] = { text[i + 1], text[i + 2], '\0' };

            bytes[(*len)++] = (char)strtoul(hex, NULL, 16);
            i += 2;
        }
        else {
            fuzz_assert(text[i] == '\\');
            bytes[(*len)++] = '\\';
        }
    }
    return 0;
}

static void check_json_bytes(apr_pool_t *pool, const char *data, apr_size_t len, apr_size_t max)
{
    struct json_object *string;
    mt_buffer_t json;
    char *restored = apr_palloc(pool, 2 * len + 8);
    apr_size_t restored_len;
    apr_size_t missing;

    mt_buffer_init(&json, pool, 0);
    mt_escape_json_bytes(&json, data, len, max);
    string = read_string(&json);
    missing = restore(json_object_get_string(string), (apr_size_t)json_object_get_string_len(string), restored,
                      &restored_len);
    fuzz_assert(restored_len + missing == len && (len == 0 || memcmp(restored, data, restored_len) == 0));
    if (missing == 0)
        fuzz_assert(json.len <= 2 || json.len - 2 <= max);
    else /* quotation marks, and the number of omitted bytes */
        fuzz_assert(json.len <= max + 2 + 3 + 20);
    if (max == MT_ESCAPE_UNLIMITED)
        fuzz_assert(missing == 0);
    json_object_put(string);
}

void fuzz_escape(apr_pool_t *pool, const char *data, apr_size_t len)
{
    fuzz_input_t input = { data, len };
    unsigned char max = fuzz_take_byte(&input);

    check_html(pool, input.data, input.len);
    check_json_bytes(pool, input.data, input.len, max == 255 ? MT_ESCAPE_UNLIMITED : max);
    if (mt_utf8_is_valid(input.data, input.len))
        check_json(pool, fuzz_take_rest(pool, &input));
}
