/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/avatar.h"
#include "targets.h"

#include <string.h>

static int is_id(const char *text)
{
    return strlen(text) == 16 && strspn(text, "0123456789abcdef") == 16;
}

void fuzz_avatar(apr_pool_t *pool, const char *data, apr_size_t len)
{
    fuzz_input_t input = { data, len };
    const char *text = fuzz_take_text(pool, &input);
    mt_buffer_t svg;
    const char *address;

    mt_buffer_init(&svg, pool, 0);
    fuzz_assert(mt_avatar_draw(&svg, text) == is_id(text));
    fuzz_assert(svg.len < 4096);
    if (is_id(text)) {
        mt_buffer_t again;
        const char *drawn = mt_buffer_text(&svg);

        mt_buffer_init(&again, pool, 0);
        fuzz_assert(mt_avatar_draw(&again, text) && strcmp(mt_buffer_text(&again), drawn) == 0);
        fuzz_assert(strncmp(drawn, "<svg ", 5) == 0 && strcmp(drawn + strlen(drawn) - 7, "</svg>\n") == 0);
    }
    else {
        fuzz_assert(svg.len == 0);
    }
    /* The URL shows nothing of the address except a hash. */
    address = mt_avatar_gravatar(pool, text, 48);
    fuzz_assert(strncmp(address, "https://www.gravatar.com/avatar/", 32) == 0);
    fuzz_assert(strspn(address + 32, "0123456789abcdef") == 64);
    fuzz_assert(strcmp(address + 96, "?s=48&d=identicon") == 0);
}
