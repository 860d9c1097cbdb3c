/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/template_tag.h"

#include <apr_lib.h>
#include <string.h>

/* Returns the first pair of this character, or NULL. */
static const char *find_pair(const char *from, const char *end, char c)
{
    while (end - from >= 2) {
        from = memchr(from, c, (size_t)(end - from) - 1);
        if (!from || from[1] == c)
            return from;
        from++;
    }
    return NULL;
}

static int is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* Parses the text between {{ and }}. */
static const char *parse_tag(apr_pool_t *pool, const mt_template_source_t *source, const char *from, const char *end,
                             mt_template_tag_t *tag)
{
    static const char kinds[] = "&#^/>!";

    tag->kind = MT_TEMPLATE_TAG_VALUE;
    tag->line = source->line;
    while (from < end && is_blank(*from))
        from++;
    if (from < end && memchr(kinds, *from, sizeof(kinds) - 1))
        tag->kind = *from++;
    while (from < end && is_blank(*from))
        from++;
    while (from < end && is_blank(end[-1]))
        end--;
    tag->name = from;
    tag->len = (int)(end - from);
    if (tag->kind == '!')
        return NULL;
    if (from == end)
        return mt_template_source_fail(pool, source, tag->line,
                                       "this tag is empty; put the name of a field into it, or remove it");
    if (apr_ispunct(*from) && *from != '_')
        return mt_template_source_fail(
            pool, source, tag->line,
            "{{%c does not begin a tag; use {{name}}, {{&name}}, {{#name}}, {{^name}}, {{/name}}, {{> name}} or {{! }}",
            *from);
    return NULL;
}

/* If the tag from open to end is alone on its line, widens it to the whole line. */
static void widen(const mt_template_source_t *source, const char **open, const char **end)
{
    const char *left = *open;
    const char *right = *end;

    while (left > source->at && is_blank(left[-1]))
        left--;
    while (right < source->end && is_blank(*right))
        right++;
    if (left != source->start && left[-1] != '\n')
        return;
    if (source->end - right >= 2 && right[0] == '\r' && right[1] == '\n')
        right++;
    if (right < source->end) {
        if (*right != '\n')
            return;
        right++;
    }
    *open = left;
    *end = right;
}

static int count_lines(const char *from, const char *end)
{
    int lines = 0;

    while ((from = memchr(from, '\n', (size_t)(end - from))) != NULL) {
        lines++;
        from++;
    }
    return lines;
}

const char *mt_template_tag_read(apr_pool_t *pool, mt_template_source_t *source, mt_template_literal_t *literal,
                                 mt_template_tag_t *tag)
{
    const char *open = find_pair(source->at, source->end, '{');
    const char *close;
    const char *end;
    const char *problem;

    literal->text = source->at;
    if (!open) {
        source->line += count_lines(source->at, source->end);
        literal->len = (apr_size_t)(source->end - source->at);
        source->at = source->end;
        tag->kind = MT_TEMPLATE_TAG_END;
        return NULL;
    }
    source->line += count_lines(source->at, open);
    close = find_pair(open + 2, source->end, '}');
    /* Without this check, an unclosed tag would end at the next tag's end and hide the text between them. */
    if (!close || find_pair(open + 2, close, '{') || (open[2] != '!' && memchr(open, '\n', (size_t)(close - open))))
        return mt_template_source_fail(pool, source, source->line,
                                       "a tag is not closed; end it with }}, on the same line unless it is a comment");
    problem = parse_tag(pool, source, open + 2, close, tag);
    if (problem)
        return problem;
    end = close + 2;
    if (tag->kind != MT_TEMPLATE_TAG_VALUE && tag->kind != '&')
        widen(source, &open, &end);
    literal->len = (apr_size_t)(open - source->at);
    source->line += count_lines(open, end);
    source->at = end;
    return NULL;
}
