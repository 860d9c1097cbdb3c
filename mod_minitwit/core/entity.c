/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/entity.h"

#include "core/entity_internal.h"
#include "core/name.h"

#include <apr_strings.h>
#include <stdlib.h>
#include <string.h>

#define ZWNJ 0x200c
#define ZWJ  0x200d

/* A run of characters after @ or #. */
typedef struct run_t {
    const char *end;
    int count; /* of characters */
    int digits;
} run_t;

static int is_word_beyond_ascii(mt_entity_character_t character)
{
    return character >= 0x80 && mt_entity_character_is_word(character);
}

/* Returns 1 if the text at this place begins with a word character beyond ASCII. */
static int continues(const char *at, const char *end)
{
    mt_entity_character_t character;

    return at < end && mt_entity_character_read(at, end, &character) > 0 && is_word_beyond_ascii(character);
}

/* Reads the longest run of word characters, joiners between them, and the others, which are ASCII. */
static run_t read_run(const char *at, const char *end, const char *others)
{
    run_t run = { at, 0, 0 };
    mt_entity_character_t previous = -1;

    while (run.end < end) {
        mt_entity_character_t character;
        const char *next = run.end + mt_entity_character_read(run.end, end, &character);
        int fits = run.count == 0 ? mt_entity_character_begins_word(character) : mt_entity_character_is_word(character);

        if (!fits && character > 0 && character < 0x80)
            fits = strchr(others, character) != NULL;
        if (!fits && (character == ZWNJ || character == ZWJ))
            fits = is_word_beyond_ascii(previous) && continues(next, end);
        if (!fits)
            break;
        run.end = next;
        run.count++;
        run.digits += mt_entity_character_is_digit(character);
        previous = character;
    }
    return run;
}

static int is_scheme(const char *at, const char *end)
{
    return end - at >= 3 && memcmp(at, "://", 3) == 0;
}

/* Describes the part from shown to end, whose target lacks the characters before and after it. */
static int set(mt_entity_t *entity, mt_entity_kind_t kind, const char *shown, const char *end, int before, int after)
{
    entity->kind = kind;
    entity->shown = shown;
    entity->shown_len = (apr_size_t)(end - shown);
    entity->target = shown + before;
    entity->target_len = entity->shown_len - (apr_size_t)(before + after);
    return 1;
}

/* The search ends at a quote, so that the searches of several opening quotes do not overlap. */
static int read_quoted(const char *at, const char *end, mt_entity_t *entity)
{
    const char *name = at + 2;
    const char *stop = name;

    for (int count = 0; stop < end && *stop != '"'; count++) {
        mt_entity_character_t character;

        stop += mt_entity_character_read(stop, end, &character);
        if (count == MT_NAME_MAX || character < 0 || character == '/' ||
            utf8proc_category(character) == UTF8PROC_CATEGORY_CC)
            return 0;
    }
    if (stop == name || stop == end)
        return 0;
    return set(entity, MT_ENTITY_MENTION, at, stop + 1, 2, 1);
}

static int read_mention(const char *at, const char *end, mt_entity_t *entity)
{
    if (end - at >= 2 && at[1] == '"')
        return read_quoted(at, end, entity);

    run_t run = read_run(at + 1, end, ".-");

    if (is_scheme(run.end, end))
        return 0;
    while (run.end > at + 1 && (run.end[-1] == '.' || run.end[-1] == '-')) {
        run.end--;
        run.count--;
    }
    if (run.count == 0 || run.count > MT_NAME_MAX)
        return 0;
    return set(entity, MT_ENTITY_MENTION, at, run.end, 1, 0);
}

static int read_tag(const char *at, const char *end, mt_entity_t *entity)
{
    run_t run = read_run(at + 1, end, "");

    if (run.digits == run.count || run.count > MT_ENTITY_TAG_MAX || is_scheme(run.end, end))
        return 0;
    return set(entity, MT_ENTITY_TAG, at, run.end, 1, 0);
}

/* Returns 1 if a part other than text begins here. If not, *next is the first place where one may begin. */
static int read_entity(const mt_entity_reader_t *reader, const char *at, mt_entity_t *entity, const char **next)
{
    mt_entity_character_t before;
    const char *stop;

    *next = at + 1;
    if (*at != '@' && *at != '#' && (*at != ':' || !is_scheme(at, reader->end)) &&
        ((*at != 'h' && *at != 'H') || !mt_entity_url_is_at(at, reader->end)))
        return 0;
    before = mt_entity_character_before(reader->begin, at);
    if (*at == ':' && mt_entity_character_is_word(before))
        *next = mt_entity_url_skip(at, reader->end);
    if (*at == ':' || mt_entity_character_is_word(before))
        return 0;
    if (*at == '@')
        return read_mention(at, reader->end, entity);
    if (*at == '#')
        return before != '&' && read_tag(at, reader->end, entity);
    if (before == '+')
        return 0;
    stop = mt_entity_url_read(at, reader->end, next);
    return stop != NULL && set(entity, MT_ENTITY_URL, at, stop, 0, 0);
}

void mt_entity_begin(mt_entity_reader_t *reader, const char *text, apr_size_t len)
{
    memset(reader, 0, sizeof(*reader));
    reader->begin = text;
    reader->at = text;
    reader->end = len > 0 ? text + len : text;
    reader->is_text = len == 0 || (!memchr(text, '@', len) && !memchr(text, '#', len) && !memchr(text, ':', len));
}

int mt_entity_next(mt_entity_reader_t *reader, mt_entity_t *entity)
{
    const char *begin = reader->at;
    const char *at = begin;
    const char *next;

    if (begin == reader->end)
        return 0;
    if (reader->is_text)
        at = reader->end;
    else if (reader->next.shown != begin)
        while (at < reader->end && !read_entity(reader, at, &reader->next, &next))
            at = next;
    if (at > begin)
        set(entity, MT_ENTITY_TEXT, begin, at, 0, 0);
    else
        *entity = reader->next;
    reader->at = begin + entity->shown_len;
    return 1;
}

const char *mt_entity_fold_tag(apr_pool_t *pool, const char *tag, apr_size_t len)
{
    utf8proc_uint8_t *decomposed = NULL;
    utf8proc_uint8_t *folded = NULL;
    const char *result = NULL;
    utf8proc_ssize_t length = utf8proc_map((const utf8proc_uint8_t *)tag, (utf8proc_ssize_t)len, &decomposed,
                                           UTF8PROC_STABLE | UTF8PROC_DECOMPOSE);

    if (length >= 0)
        length = utf8proc_map(decomposed, length, &folded, UTF8PROC_STABLE | UTF8PROC_CASEFOLD | UTF8PROC_COMPOSE);
    if (length >= 0)
        result = apr_pstrmemdup(pool, (const char *)folded, (apr_size_t)length);
    free(decomposed);
    free(folded);
    return result != NULL ? result : apr_pstrmemdup(pool, tag, len);
}
