/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/search_query.h"
#include "core/utf8.h"
#include "targets.h"

#include <apr_lib.h>
#include <string.h>

/* Words have single spaces between them, and no other separator of ASCII. */
static void check_words(const char *words)
{
    for (const char *c = words; *c; c++) {
        fuzz_assert((*c & 0x80) || apr_isalnum(*c) || *c == ' ');
        fuzz_assert(*c != ' ' || (c > words && c[1] && c[1] != ' '));
    }
}

/* Quotes enclose each tag and occur nowhere else. A backslash would end the quoting in PostgreSQL. */
static void check_tags(const char *tags)
{
    while (*tags) {
        const char *end = strchr(tags + 1, '\'');
        fuzz_assert(strncmp(tags, "'t ", 3) == 0 && end && end > tags + 3);
        tags = end + 1;
        fuzz_assert(!*tags || strncmp(tags, " & ", 3) == 0);
        if (*tags)
            tags += 3;
    }
}

static void check_prefix(const char *prefix)
{
    for (const char *c = prefix; *c; c++)
        fuzz_assert((*c & 0x80) || !apr_isupper(*c));
    fuzz_assert(*prefix && mt_utf8_is_valid(prefix, strlen(prefix)));
}

void fuzz_search_query(apr_pool_t *pool, const char *data, apr_size_t len)
{
    fuzz_input_t input = { data, len };
    const char *text = fuzz_take_rest(pool, &input);
    mt_search_query_t query;

    if (!mt_utf8_is_valid(text, strlen(text)))
        return;
    mt_search_query_parse(pool, text, &query);
    check_words(query.words);
    check_tags(query.tags);
    fuzz_assert(!strchr(query.tags, '\\'));
    fuzz_assert(mt_utf8_is_valid(query.words, strlen(query.words)));
    fuzz_assert(mt_utf8_is_valid(query.tags, strlen(query.tags)));
    fuzz_assert(mt_utf8_count(query.text) <= MT_SEARCH_QUERY_MAX || query.problem);
    fuzz_assert(!query.author || (*query.author && mt_utf8_is_valid(query.author, strlen(query.author))));
    if (query.prefix)
        check_prefix(query.prefix);
}
