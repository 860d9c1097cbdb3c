/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/search_query.h"

#include "core/buffer.h"
#include "core/entity.h"
#include "core/name.h"
#include "core/utf8.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <string.h>

#define FROM "from:"

typedef struct parser_t {
    apr_pool_t *pool;
    mt_search_query_t *query;
    mt_buffer_t words;
    mt_buffer_t tags;
    int terms;
} parser_t;

static int is_space(char byte)
{
    return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

/* Bytes of other characters are not separators. */
static int is_separator(char byte)
{
    return !(byte & 0x80) && !apr_isalnum(byte);
}

static void add_words(parser_t *parser, const char *text, apr_size_t len)
{
    int is_inside = 0;

    for (apr_size_t i = 0; i < len; i++) {
        if (is_separator(text[i])) {
            is_inside = 0;
            continue;
        }
        if (!is_inside) {
            parser->terms++;
            if (parser->words.len > 0)
                mt_buffer_append_text(&parser->words, " ");
        }
        is_inside = 1;
        mt_buffer_append(&parser->words, &text[i], 1);
    }
}

static void add_tag(parser_t *parser, const char *tag, apr_size_t len)
{
    const char *folded = mt_entity_fold_tag(parser->pool, tag, len);

    parser->terms++;
    mt_buffer_append_text(&parser->tags, parser->tags.len > 0 ? " & 't " : "'t ");
    mt_buffer_append_text(&parser->tags, folded);
    mt_buffer_append_text(&parser->tags, "'");
}

/* Adds a part of the query that has no author. */
static void add_part(parser_t *parser, const char *text, apr_size_t len)
{
    mt_entity_reader_t reader;
    mt_entity_t entity;

    mt_entity_begin(&reader, text, len);
    while (mt_entity_next(&reader, &entity)) {
        if (entity.kind == MT_ENTITY_TAG)
            add_tag(parser, entity.target, entity.target_len);
        else
            add_words(parser, entity.shown, entity.shown_len);
    }
}

/* Reads the name after FROM. Returns the place after it. */
static const char *read_author(parser_t *parser, const char *at)
{
    const char *end = NULL;

    if (*at == '"')
        end = strchr(at + 1, '"');
    const char *name = end ? at + 1 : at;
    if (!end) {
        name += *name == '@';
        for (end = name; *end && !is_space(*end); end++)
            ;
    }
    if (end == name)
        parser->query->problem = "Write the name of a user directly after \"from:\".";
    else if (parser->query->author)
        parser->query->problem = "Name only one author, because each message has only one.";
    else
        parser->query->author = apr_pstrmemdup(parser->pool, name, (apr_size_t)(end - name));
    return end + (*end == '"');
}

static void read_terms(parser_t *parser, const char *text)
{
    const char *part = text, *at = text;

    while (*at) {
        if ((at == text || is_space(at[-1])) && strncasecmp(at, FROM, strlen(FROM)) == 0) {
            add_part(parser, part, (apr_size_t)(at - part));
            part = at = read_author(parser, at + strlen(FROM));
        }
        else
            at++;
    }
    add_part(parser, part, (apr_size_t)(at - part));
}

static const char *make_prefix(apr_pool_t *pool, const char *text)
{
    char *prefix = apr_pstrdup(pool, mt_name_normalize(pool, *text == '@' ? text + 1 : text));

    for (char *c = prefix; *c; c++)
        *c = (char)(*c & 0x80 ? *c : apr_tolower(*c));
    return *prefix ? prefix : NULL;
}

static const char *trim(apr_pool_t *pool, const char *text)
{
    apr_size_t len;

    while (is_space(*text))
        text++;
    for (len = strlen(text); len > 0 && is_space(text[len - 1]); len--)
        ;
    return apr_pstrmemdup(pool, text, len);
}

void mt_search_query_parse(apr_pool_t *pool, const char *text, mt_search_query_t *query)
{
    parser_t parser = { .pool = pool, .query = query };

    *query = (mt_search_query_t){ .text = trim(pool, text ? text : ""), .words = "", .tags = "" };
    if (!*query->text)
        query->problem = "Type one or more words.";
    else if (mt_utf8_count(query->text) > MT_SEARCH_QUERY_MAX)
        query->problem = "A search may have at most " APR_STRINGIFY(MT_SEARCH_QUERY_MAX) " characters.";
    if (query->problem)
        return;
    mt_buffer_init(&parser.words, pool, strlen(query->text) + 1);
    mt_buffer_init(&parser.tags, pool, 64);
    read_terms(&parser, query->text);
    if (parser.terms > MT_SEARCH_TERMS_MAX)
        query->problem = "A search may have at most " APR_STRINGIFY(MT_SEARCH_TERMS_MAX) " words and tags.";
    query->words = mt_buffer_text(&parser.words);
    query->tags = mt_buffer_text(&parser.tags);
    if (parser.tags.len == 0 && !query->author)
        query->prefix = make_prefix(pool, query->text);
}
