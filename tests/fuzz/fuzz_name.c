/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/escape.h"
#include "core/name.h"
#include "core/utf8.h"
#include "targets.h"

#include <apr_strings.h>
#include <string.h>

#define FSI "\xe2\x81\xa8"
#define PDI "\xe2\x81\xa9"

static int count(const char *text, const char *part)
{
    int found = 0;

    while ((text = strstr(text, part)) != NULL) {
        text += strlen(part);
        found++;
    }
    return found;
}

static int count_isolates(const char *text)
{
    return count(text, "\xe2\x81\xa6") + count(text, "\xe2\x81\xa7") + count(text, FSI);
}

/* Text before and after the name stays outside the isolate. */
static void check_isolation(apr_pool_t *pool, const char *name)
{
    const char *shown = mt_name_isolate(pool, name);
    apr_size_t len = strlen(shown);
    mt_buffer_t html;

    mt_buffer_init(&html, pool, 0);
    mt_escape_html_phrase(&html, apr_pstrcat(pool, "a", shown, "z", NULL));
    if (shown == name) {
        fuzz_assert(count_isolates(name) == 0 && count(name, PDI) == 0);
        fuzz_assert(strstr(mt_buffer_text(&html), "bdi>") == NULL);
        return;
    }
    fuzz_assert(strncmp(shown, FSI, 3) == 0 && strcmp(shown + len - 3, PDI) == 0);
    fuzz_assert(count_isolates(shown) == count(shown, PDI));
    fuzz_assert(strncmp(mt_buffer_text(&html), "a<bdi>", 6) == 0 && count(html.data, "<bdi>") == 1);
    fuzz_assert(strcmp(html.data + html.len - 7, "</bdi>z") == 0 && count(html.data, "</bdi>") == 1);
}

/* A name that may be registered has no character that is invisible everywhere. */
static void check_accepted(const char *name)
{
    static const char *const hidden[] = {
        "\xc2\xad", "\xe2\x80\x8b", "\xe2\x80\xae", "\xe2\x81\xa0", "\xe2\xa0\x80", "\xe3\x85\xa4", "\xef\xbb\xbf", FSI,
        PDI
    };

    for (size_t i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++)
        fuzz_assert(strstr(name, hidden[i]) == NULL);
    fuzz_assert(name[0] != ' ' && name[strlen(name) - 1] != ' ');
}

void fuzz_name(apr_pool_t *pool, const char *data, apr_size_t len)
{
    fuzz_input_t input = { data, len };
    const char *name = fuzz_take_rest(pool, &input);
    const char *normal = mt_name_normalize(pool, name);

    if (!mt_utf8_is_valid(name, strlen(name))) {
        fuzz_assert(normal == name);
        return;
    }
    fuzz_assert(mt_utf8_is_valid(normal, strlen(normal)));
    fuzz_assert(mt_name_normalize(pool, normal) == normal);
    fuzz_assert(strcmp(mt_name_normalize(pool, mt_name_decompose(pool, name)), normal) == 0);
    fuzz_assert(strcmp(mt_name_decompose(pool, normal), mt_name_decompose(pool, name)) == 0);
    check_isolation(pool, name);
    if (*normal && mt_utf8_count(normal) <= MT_NAME_MAX && !mt_utf8_has_control(normal) && !mt_name_check(normal))
        check_accepted(normal);
}
