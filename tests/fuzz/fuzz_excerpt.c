/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/excerpt.h"
#include "core/utf8.h"
#include "targets.h"

#include <string.h>

void fuzz_excerpt(apr_pool_t *pool, const char *data, apr_size_t len)
{
    static const char ellipsis[] = "\xe2\x80\xa6";
    fuzz_input_t input = { data, len };
    apr_size_t max = 1 + (apr_size_t)fuzz_take_byte(&input);
    const char *text = fuzz_take_rest(pool, &input);

    if (!mt_utf8_is_valid(text, strlen(text)))
        return;
    const char *excerpt = mt_excerpt_make(pool, text, max);
    apr_size_t count = mt_utf8_count(excerpt);

    fuzz_assert(mt_utf8_is_valid(excerpt, strlen(excerpt)));
    fuzz_assert(!mt_utf8_has_control(excerpt));
    fuzz_assert(*excerpt != ' ' && !strstr(excerpt, "  "));
    fuzz_assert(count == 0 || excerpt[strlen(excerpt) - 1] != ' ');
    if (count > max)
        fuzz_assert(count == max + 1 && strcmp(excerpt + strlen(excerpt) - strlen(ellipsis), ellipsis) == 0);
    /* The excerpt of the result is the result itself. */
    if (count <= max)
        fuzz_assert(strcmp(mt_excerpt_make(pool, excerpt, max), excerpt) == 0);
}
