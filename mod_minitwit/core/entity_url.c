/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/entity_internal.h"

#include <string.h>
#include <strings.h>

static const char opening[] = "([{";
static const char closing[] = ")]}";
static const char punctuation[] = ".,:;!?'\"*_~";

/* Returns the length of the scheme and "://", or 0. */
static apr_size_t read_scheme(const char *at, const char *end)
{
    static const char *const schemes[] = { "http://", "https://" };

    for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
        apr_size_t len = strlen(schemes[i]);

        if ((apr_size_t)(end - at) >= len && strncasecmp(at, schemes[i], len) == 0)
            return len;
    }
    return 0;
}

int mt_entity_url_is_at(const char *at, const char *end)
{
    return read_scheme(at, end) > 0;
}

/* Returns the end of the run of characters that a URL may contain. */
static const char *find_end(const char *at, const char *end)
{
    while (at < end) {
        mt_entity_character_t character;
        apr_size_t length = mt_entity_character_read(at, end, &character);

        if (mt_entity_character_ends_url(character))
            break;
        at += length;
    }
    return at;
}

const char *mt_entity_url_skip(const char *at, const char *end)
{
    at = find_end(at, end);
    while (at < end && *at == '\\')
        at = find_end(at + 1, end);
    return at;
}

/* Returns the number of the character in a list, from 0, or -1. */
static int find(const char *list, char character)
{
    const char *found = character != '\0' ? strchr(list, character) : NULL;

    return found != NULL ? (int)(found - list) : -1;
}

/* For each kind of bracket: the number of the closing ones minus the number of the opening ones. */
static void count_brackets(const char *at, const char *end, apr_ssize_t excess[3])
{
    for (; at < end; at++) {
        int kind = find(opening, *at);

        if (kind >= 0)
            excess[kind]--;
        kind = find(closing, *at);
        if (kind >= 0)
            excess[kind]++;
    }
}

/* Returns the end of a rest without the punctuation at its end. */
static const char *trim(const char *rest, const char *end)
{
    apr_ssize_t excess[3] = { 0, 0, 0 };

    count_brackets(rest, end, excess);
    while (end > rest) {
        mt_entity_character_t last = mt_entity_character_before(rest, end);
        int opened = find(opening, end[-1]);
        int closed = find(closing, end[-1]);

        if (opened >= 0) {
            excess[opened]++;
            end--;
        }
        else if (closed >= 0 && excess[closed] > 0) {
            excess[closed]--;
            end--;
        }
        else if (find(punctuation, end[-1]) >= 0) {
            end--;
        }
        else if (mt_entity_character_is_punctuation(last)) {
            do
                end--;
            while (((unsigned char)*end & 0xc0) == 0x80);
        }
        else {
            break;
        }
    }
    return end;
}

const char *mt_entity_url_read(const char *at, const char *end, const char **refused)
{
    const char *host = at + read_scheme(at, end);
    const char *stop = mt_entity_host_read(host, end);
    const char *rest = stop;

    if (rest != NULL && rest < end && find("/?#", *rest) >= 0) {
        *refused = find_end(rest, end);
        /* A dot before the rest is punctuation if nothing of the rest remains. */
        stop = trim(rest[-1] == '.' ? rest - 1 : rest, *refused);
    }
    else if (rest == NULL) {
        *refused = mt_entity_url_skip(host, end);
    }
    else {
        *refused = rest;
    }
    return stop != NULL && stop - at <= MT_ENTITY_URL_MAX ? stop : NULL;
}
