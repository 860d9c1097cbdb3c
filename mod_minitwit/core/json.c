/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/json.h"

#include "core/utf8.h"

#include <json-c/json.h>
#include <limits.h>
#include <stdint.h>
#include <string.h>

#define DEPTH_MAX 16
#define PARTS_MAX 1000

struct mt_json_t {
    struct json_object *root;
};

/* The tokens that the scanner may expect next. json-c's own strictness does not suffice: no version refuses NaN, -01,
 * "1." or an unpaired surrogate in every mode, and the strict mode of 0.18 refuses every character outside ASCII. So
 * none of json-c's flags is set. */
typedef enum expected_t {
    VALUE,
    FIRST_ELEMENT, /* a value, or the end of an empty array */
    FIRST_KEY,     /* a key, or the end of an empty object */
    KEY,
    COLON,
    COMMA, /* or the end of the array or object */
    NOTHING
} expected_t;

typedef struct scanner_t {
    const char *at;
    const char *end;
    expected_t expected; /* the token that may come next */
    unsigned objects;    /* bit N: at depth N an object is open, not an array */
    int depth;           /* of arrays and objects */
    int parts;           /* members, elements, and the arrays and objects that hold them */
} scanner_t;

static const char malformed[] = "The body is not valid JSON.";
static const char no_object[] = "The body is not a JSON object.";
static const char too_deep[] = "The JSON in the body is nested too deeply.";
static const char too_many[] = "The JSON in the body has too many parts.";
static const char no_utf8[] = "The body is not valid UTF-8.";
static const char has_nul[] = "The body contains a NUL character.";
static const char unpaired_surrogate[] = "The body contains an unpaired surrogate.";

static int is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Reads the four hexadecimal digits of a \u escape. Returns -1 if they are missing. */
static int scan_hex(scanner_t *scanner)
{
    int value = 0;

    if (scanner->end - scanner->at < 4)
        return -1;
    for (int i = 0; i < 4; i++) {
        char c = *scanner->at++;

        if (c >= '0' && c <= '9')
            value = value * 16 + (c - '0');
        else if (c >= 'a' && c <= 'f')
            value = value * 16 + (c - 'a' + 10);
        else if (c >= 'A' && c <= 'F')
            value = value * 16 + (c - 'A' + 10);
        else
            return -1;
    }
    return value;
}

/* Reads on after "\u". Returns NULL, or the reason for the refusal. */
static const char *scan_unicode_escape(scanner_t *scanner)
{
    int unit = scan_hex(scanner);

    if (unit < 0)
        return malformed;
    if (unit == 0)
        return has_nul;
    if (unit < 0xd800 || unit > 0xdfff)
        return NULL;
    if (unit > 0xdbff || scanner->end - scanner->at < 2 || memcmp(scanner->at, "\\u", 2) != 0)
        return unpaired_surrogate;
    scanner->at += 2;
    unit = scan_hex(scanner);
    if (unit < 0)
        return malformed;
    return unit >= 0xdc00 && unit <= 0xdfff ? NULL : unpaired_surrogate;
}

/* Reads on after a string's opening quotation mark. Returns NULL, or the reason for the refusal. */
static const char *scan_string(scanner_t *scanner)
{
    while (scanner->at < scanner->end) {
        char c = *scanner->at++;

        if (c == '"')
            return NULL;
        if ((unsigned char)c < 0x20)
            return malformed;
        if (c != '\\')
            continue;
        if (scanner->at == scanner->end)
            return malformed;
        c = *scanner->at++;
        if (c == 'u') {
            const char *problem = scan_unicode_escape(scanner);

            if (problem != NULL)
                return problem;
        }
        else if (memchr("\"\\/bfnrt", c, 8) == NULL) {
            return malformed;
        }
    }
    return malformed;
}

/* Skips digits. Returns 1 if there was at least one. */
static int scan_digits(scanner_t *scanner)
{
    const char *start = scanner->at;

    while (scanner->at < scanner->end && *scanner->at >= '0' && *scanner->at <= '9')
        scanner->at++;
    return scanner->at > start;
}

static int scan_character(scanner_t *scanner, const char *characters)
{
    if (scanner->at == scanner->end || *scanner->at == '\0' || strchr(characters, *scanner->at) == NULL)
        return 0;
    scanner->at++;
    return 1;
}

/* Returns 1 for a number as in RFC 8259, section 6. */
static int scan_number(scanner_t *scanner)
{
    scan_character(scanner, "-");
    if (scan_character(scanner, "0")) {
        if (scan_digits(scanner))
            return 0;
    }
    else if (!scan_digits(scanner)) {
        return 0;
    }
    if (scan_character(scanner, ".") && !scan_digits(scanner))
        return 0;
    if (scan_character(scanner, "eE")) {
        scan_character(scanner, "+-");
        return scan_digits(scanner);
    }
    return 1;
}

static int scan_literal(scanner_t *scanner)
{
    static const char *const literals[] = { "true", "false", "null" };

    for (size_t i = 0; i < sizeof(literals) / sizeof(literals[0]); i++) {
        size_t len = strlen(literals[i]);

        if ((size_t)(scanner->end - scanner->at) >= len && memcmp(scanner->at, literals[i], len) == 0) {
            scanner->at += len;
            return 1;
        }
    }
    return 0;
}

static int is_in_object(const scanner_t *scanner)
{
    return (scanner->objects >> scanner->depth & 1U) != 0;
}

static int is_value_expected(const scanner_t *scanner)
{
    return scanner->expected == VALUE || scanner->expected == FIRST_ELEMENT;
}

static void end_value(scanner_t *scanner)
{
    scanner->expected = scanner->depth > 0 ? COMMA : NOTHING;
}

/* json-c takes about a kilobyte for an empty object, which is three bytes of a body. Without this limit, a body could
 * take hundreds of times its size. */
static const char *count_part(scanner_t *scanner)
{
    return ++scanner->parts > PARTS_MAX ? too_many : NULL;
}

/* Handles an opening bracket or brace. This function and the next four return NULL, or the reason for the refusal. */
static const char *open_part(scanner_t *scanner, int is_object)
{
    unsigned bit;

    if (!is_value_expected(scanner))
        return malformed;
    if (++scanner->depth > DEPTH_MAX)
        return too_deep;
    bit = 1U << scanner->depth;
    scanner->objects = is_object ? scanner->objects | bit : scanner->objects & ~bit;
    scanner->expected = is_object ? FIRST_KEY : FIRST_ELEMENT;
    return count_part(scanner);
}

/* Handles a closing bracket or brace. */
static const char *close_part(scanner_t *scanner, int is_object)
{
    expected_t if_empty = is_object ? FIRST_KEY : FIRST_ELEMENT;

    if ((scanner->expected != COMMA && scanner->expected != if_empty) || is_in_object(scanner) != is_object)
        return malformed;
    scanner->depth--;
    end_value(scanner);
    return NULL;
}

static const char *scan_comma(scanner_t *scanner)
{
    if (scanner->expected != COMMA)
        return malformed;
    scanner->expected = is_in_object(scanner) ? KEY : VALUE;
    return count_part(scanner);
}

/* Handles a key or a value that is a string. */
static const char *scan_text(scanner_t *scanner)
{
    if (scanner->expected == KEY || scanner->expected == FIRST_KEY)
        scanner->expected = COLON;
    else if (is_value_expected(scanner))
        end_value(scanner);
    else
        return malformed;
    return scan_string(scanner);
}

/* Handles a number or a literal. */
static const char *scan_scalar(scanner_t *scanner)
{
    char c = *scanner->at;
    int is_number = c == '-' || (c >= '0' && c <= '9');

    if (!is_value_expected(scanner) || !(is_number ? scan_number(scanner) : scan_literal(scanner)))
        return malformed;
    end_value(scanner);
    return NULL;
}

/* Handles the next token. */
static const char *scan_token(scanner_t *scanner)
{
    char c = *scanner->at;

    if (memchr(" \t\n\r:,{}[]\"", c, 11) == NULL)
        return scan_scalar(scanner);
    scanner->at++;
    switch (c) {
    case ':':
        if (scanner->expected != COLON)
            return malformed;
        scanner->expected = VALUE;
        return NULL;
    case ',':
        return scan_comma(scanner);
    case '{':
    case '[':
        return open_part(scanner, c == '{');
    case '}':
    case ']':
        return close_part(scanner, c == '}');
    case '"':
        return scan_text(scanner);
    default: /* white space */
        return NULL;
    }
}

/* Returns NULL if the body is exactly one JSON object, or the reason for the refusal. */
static const char *scan(const char *data, apr_size_t len)
{
    scanner_t scanner = { data, data + len, VALUE, 0, 0, 0 };
    const char *problem = NULL;

    while (scanner.at < scanner.end && is_space(*scanner.at))
        scanner.at++;
    if (scanner.at == scanner.end || *scanner.at != '{')
        return no_object;
    while (problem == NULL && scanner.at < scanner.end)
        problem = scan_token(&scanner);
    return problem == NULL && scanner.expected != NOTHING ? malformed : problem;
}

static apr_status_t put_object(void *root)
{
    json_object_put(root);
    return APR_SUCCESS;
}

/* Builds the object from a body that scan() has accepted. */
static struct json_object *parse(const char *data, apr_size_t len)
{
    struct json_tokener *tokener;
    struct json_object *root;

    if (len > INT_MAX)
        return NULL;
    /* json-c counts the innermost values as one more level. */
    tokener = json_tokener_new_ex(DEPTH_MAX + 1);
    if (tokener == NULL)
        return NULL;
    root = json_tokener_parse_ex(tokener, data, (int)len);
    json_tokener_free(tokener);
    return root;
}

const char *mt_json_parse(apr_pool_t *pool, const char *data, apr_size_t len, mt_json_t **object)
{
    struct json_object *root;
    const char *problem;

    /* RFC 8259, section 8.1, allows this. Some libraries write the mark by default, above all on Windows. */
    if (len >= 3 && memcmp(data, "\xef\xbb\xbf", 3) == 0) {
        data += 3;
        len -= 3;
    }
    if (len == 0)
        return no_object;
    if (memchr(data, '\0', len) != NULL)
        return has_nul;
    if (!mt_utf8_is_valid(data, len))
        return no_utf8;
    problem = scan(data, len);
    if (problem != NULL)
        return problem;
    root = parse(data, len);
    if (root == NULL)
        return malformed;
    apr_pool_cleanup_register(pool, root, put_object, apr_pool_cleanup_null);
    *object = apr_palloc(pool, sizeof(**object));
    (*object)->root = root;
    return NULL;
}

mt_json_kind_t mt_json_get(const mt_json_t *object, const char *key, const char **value)
{
    struct json_object *member;

    *value = NULL;
    if (!json_object_object_get_ex(object->root, key, &member))
        return MT_JSON_MISSING;
    if (member == NULL)
        return MT_JSON_NULL;
    if (!json_object_is_type(member, json_type_string))
        return MT_JSON_OTHER;
    *value = json_object_get_string(member);
    return MT_JSON_STRING;
}

int mt_json_get_integer(const mt_json_t *object, const char *key, apr_int64_t *value)
{
    struct json_object *member;

    if (!json_object_object_get_ex(object->root, key, &member) || !json_object_is_type(member, json_type_int))
        return 0;
    *value = json_object_get_int64(member);
    /* For an integer out of range, json-c returns the nearest 64-bit one. So the two ends are ambiguous. */
    return *value != INT64_MAX && *value != INT64_MIN;
}

int mt_json_get_number(const mt_json_t *object, const char *key, double *value)
{
    struct json_object *member;

    if (!json_object_object_get_ex(object->root, key, &member) ||
        !(json_object_is_type(member, json_type_int) || json_object_is_type(member, json_type_double)))
        return 0;
    *value = json_object_get_double(member);
    return 1;
}

int mt_json_get_boolean(const mt_json_t *object, const char *key, int *value)
{
    struct json_object *member;

    if (!json_object_object_get_ex(object->root, key, &member) || !json_object_is_type(member, json_type_boolean))
        return 0;
    *value = json_object_get_boolean(member);
    return 1;
}
