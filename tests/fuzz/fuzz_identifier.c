/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/identifier.h"
#include "targets.h"

#include <apr_lib.h>
#include <stdlib.h>
#include <string.h>

static int is_identifier(const char *text)
{
    apr_size_t len = strlen(text);

    for (apr_size_t i = 0; i < len; i++) {
        if ((text[i] & 0x80) || (!apr_isalnum(text[i]) && !strchr("._~+/=-", text[i])))
            return 0;
    }
    return len >= 1 && len <= 128;
}

void fuzz_identifier(apr_pool_t *pool, const char *data, apr_size_t len)
{
    fuzz_input_t input = { data, len };
    apr_uint64_t number = fuzz_take_number(&input);
    const char *given = fuzz_take_rest(pool, &input);
    char *text = apr_palloc(pool, MT_IDENTIFIER_SIZE);
    char *prefix = apr_palloc(pool, MT_IDENTIFIER_PREFIX_SIZE);

    fuzz_assert(mt_identifier_is_valid(NULL) == 0);
    fuzz_assert(mt_identifier_is_valid(given) == is_identifier(given));
    mt_identifier_make_prefix(prefix);
    mt_identifier_format(text, prefix, number);
    fuzz_assert(mt_identifier_is_valid(text));
    fuzz_assert(strncmp(text, prefix, MT_IDENTIFIER_PREFIX_SIZE - 1) == 0);
    fuzz_assert(strtoull(text + MT_IDENTIFIER_PREFIX_SIZE, NULL, 16) == number);
}
