/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/accept.h"

#include <apr_lib.h>
#include <string.h>
#include <strings.h>

/* How specific a media range is. */
typedef enum rank_t {
    RANK_NONE, /* it does not match */
    RANK_ANY,  /* "*" with the subtype "*" */
    RANK_TYPE, /* such as "text" with the subtype "*" */
    RANK_NAMED,
    RANK_VERSION
} rank_t;

typedef struct span_t {
    const char *text;
    apr_size_t len;
} span_t;

int mt_accept_parse_weight(const char **text)
{
    const char *digit = *text;
    int weight = (*digit - '0') * MT_ACCEPT_WEIGHT_ONE;

    if (*digit != '0' && *digit != '1')
        return -1;
    digit++;
    if (*digit == '.') {
        digit++;
        for (int unit = MT_ACCEPT_WEIGHT_ONE / 10; unit > 0 && apr_isdigit(*digit); unit /= 10)
            weight += (*digit++ - '0') * unit;
    }
    *text = digit;
    return weight <= MT_ACCEPT_WEIGHT_ONE ? weight : -1;
}

static const char *skip_blanks(const char *text)
{
    return text + strspn(text, " \t");
}

static int equals(span_t span, const char *text)
{
    return span.len == strlen(text) && strncasecmp(span.text, text, span.len) == 0;
}

/* Returns the end of a quoted string, which begins at text, or the end of the text if it is not closed. */
static const char *skip_quoted(const char *text)
{
    for (text++; *text != '\0' && *text != '"'; text++) {
        if (*text == '\\' && text[1] != '\0')
            text++;
    }
    return *text == '"' ? text + 1 : text;
}

/* Reads the next piece up to a comma or semicolon outside of quotation marks, and moves *text there. */
static span_t take_piece(const char **text)
{
    span_t piece = { skip_blanks(*text), 0 };
    const char *end = piece.text;

    while (*end != '\0' && *end != ',' && *end != ';')
        end = *end == '"' ? skip_quoted(end) : end + 1;
    *text = end;
    while (end > piece.text && (end[-1] == ' ' || end[-1] == '\t'))
        end--;
    piece.len = (apr_size_t)(end - piece.text);
    return piece;
}

static rank_t match_type(span_t range, const char *type)
{
    apr_size_t len = (apr_size_t)(strchr(type, '/') - type) + 1;

    if (equals(range, type))
        return RANK_NAMED;
    if (equals(range, "*/*"))
        return RANK_ANY;
    if (range.len == len + 1 && range.text[len] == '*' && strncasecmp(range.text, type, len) == 0)
        return RANK_TYPE;
    return RANK_NONE;
}

/* Takes a parameter's value, without quotation marks, if the parameter has this name. No value that the caller compares
 * has a character that a quoted string may escape. */
static int has_name(span_t parameter, const char *name, span_t *value)
{
    apr_size_t len = strlen(name);

    if (parameter.len <= len || strncasecmp(parameter.text, name, len) != 0 || parameter.text[len] != '=')
        return 0;
    value->text = parameter.text + len + 1;
    value->len = parameter.len - len - 1;
    if (value->len >= 2 && *value->text == '"' && value->text[value->len - 1] == '"') {
        value->text++;
        value->len -= 2;
    }
    return 1;
}

/* Reads one media range and moves *text to its end. Sets *weight to -1 if it is malformed. */
static rank_t take_range(const char **text, const mt_accept_offer_t *offer, int *weight)
{
    rank_t rank = match_type(take_piece(text), offer->type);
    span_t value;

    *weight = MT_ACCEPT_WEIGHT_ONE;
    while (**text == ';') {
        (*text)++;
        span_t parameter = take_piece(text);
        if (has_name(parameter, "q", &value)) {
            const char *end = value.text;
            *weight = mt_accept_parse_weight(&end);
            if (end != value.text + value.len)
                *weight = -1;
        }
        else if (rank != RANK_NONE && has_name(parameter, "version", &value)) {
            if (rank < RANK_NAMED || !equals(value, offer->version))
                rank = RANK_NONE;
            else
                rank = RANK_VERSION;
        }
    }
    return rank;
}

int mt_accept_weigh(const char *accept, const mt_accept_offer_t *offer, int *is_named)
{
    rank_t best = RANK_NONE;
    int result = accept ? 0 : MT_ACCEPT_WEIGHT_ONE;

    while (accept && *accept != '\0') {
        int weight;
        rank_t rank = take_range(&accept, offer, &weight);

        if (weight >= 0 && rank != RANK_NONE && (rank > best || (rank == best && weight > result))) {
            best = rank;
            result = weight;
        }
        if (*accept == ',')
            accept++;
    }
    *is_named = best >= RANK_NAMED;
    return result;
}
