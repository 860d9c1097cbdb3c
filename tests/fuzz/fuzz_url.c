/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/url.h"
#include "core/utf8.h"
#include "targets.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <string.h>

static void check_encode(apr_pool_t *pool, const char *text)
{
    const char *encoded = mt_url_encode(pool, text);
    const char *at;
    const char *decoded;

    for (at = encoded; *at; at++) {
        if (*at == '%') {
            fuzz_assert(strchr("0123456789ABCDEF", at[1]) && at[1] && strchr("0123456789ABCDEF", at[2]) && at[2]);
            at += 2;
        }
        else {
            fuzz_assert(!(*at & 0x80) && (apr_isalnum(*at) || strchr("-._~", *at)));
        }
    }
    for (int plus_is_space = 0; plus_is_space <= 1; plus_is_space++) {
        decoded = mt_url_decode(pool, encoded, strlen(encoded), plus_is_space);
        fuzz_assert((decoded != NULL) == mt_utf8_is_valid(text, strlen(text)));
        fuzz_assert(!decoded || strcmp(decoded, text) == 0);
    }
}

static void check_decode(apr_pool_t *pool, const char *data, apr_size_t len, int plus_is_space)
{
    const char *decoded = mt_url_decode(pool, data, len, plus_is_space);
    apr_size_t at = 0;

    if (!decoded)
        return;
    fuzz_assert(mt_utf8_is_valid(decoded, strlen(decoded)));
    for (const char *byte = decoded; *byte; byte++) {
        fuzz_assert(at < len);
        if (data[at] == '%')
            at += 3;
        else
            fuzz_assert(data[at] == *byte || (data[at] == '+' && plus_is_space && *byte == ' ')), at++;
    }
    fuzz_assert(at == len);
    check_encode(pool, decoded);
}

void fuzz_url(apr_pool_t *pool, const char *data, apr_size_t len)
{
    fuzz_input_t input = { data, len };

    check_decode(pool, data, len, 0);
    check_decode(pool, data, len, 1);
    check_encode(pool, fuzz_take_rest(pool, &input));
}
