/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/utf8.h"
#include "core/validate.h"
#include "targets.h"

#include <apr_strings.h>
#include <string.h>

static const char *const reserved[] = { "login", "public", NULL };

static int is_username(const char *text)
{
    return *text && mt_utf8_count(text) <= 255 && !mt_utf8_has_control(text) && !strchr(text, '/') &&
           strcmp(text, ".") != 0 && strcmp(text, "..") != 0 && strcmp(text, "login") != 0 &&
           strcmp(text, "public") != 0 && !mt_name_check(text);
}

static int is_email(const char *text)
{
    return strchr(text, '@') && mt_utf8_count(text) <= 255 && !mt_utf8_has_control(text);
}

void fuzz_validate(apr_pool_t *pool, const char *data, apr_size_t len)
{
    fuzz_input_t input = { data, len };
    apr_size_t limit = fuzz_take_byte(&input);
    const char *texts[4];
    const char *problem;

    for (int i = 0; i < 4; i++) {
        texts[i] = fuzz_take_text(pool, &input);
        if (!mt_utf8_is_valid(texts[i], strlen(texts[i])))
            return;
    }
    problem = mt_validate_registration(texts[0], texts[1], texts[2], texts[3], reserved);
    fuzz_assert((problem == NULL) ==
                (is_username(texts[0]) && is_email(texts[1]) && *texts[2] && strcmp(texts[2], texts[3]) == 0));
    /* Clients expect the problems in this order. */
    if (!*texts[0])
        fuzz_assert(strcmp(problem, "You have to enter a username") == 0);
    else if (is_username(texts[0]) && !strchr(texts[1], '@'))
        fuzz_assert(strcmp(problem, "You have to enter a valid email address") == 0);
    problem = mt_validate_message(pool, texts[0], limit);
    fuzz_assert((problem == NULL) == (mt_utf8_count(texts[0]) <= limit));
}
