/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/credentials.h"
#include "targets.h"

#include <apr_strings.h>
#include <sodium.h>
#include <string.h>
#include <strings.h>

static const char *encode(apr_pool_t *pool, const char *text)
{
    size_t size = sodium_base64_ENCODED_LEN(strlen(text), sodium_base64_VARIANT_ORIGINAL);
    char *encoded = apr_palloc(pool, size);

    return sodium_bin2base64(encoded, size, (const unsigned char *)text, strlen(text), sodium_base64_VARIANT_ORIGINAL);
}

/* Apart from spaces around them, credentials can be written in one way. */
static int matches(apr_pool_t *pool, const char *authorization, const char *expected)
{
    const char *encoded = encode(pool, expected);
    size_t len = strlen(encoded);

    if (strncasecmp(authorization, "Basic ", 6) != 0)
        return 0;
    authorization += 6;
    authorization += strspn(authorization, " ");
    if (strncmp(authorization, encoded, len) != 0)
        return 0;
    authorization += len;
    return authorization[strspn(authorization, " ")] == '\0';
}

void fuzz_credentials(apr_pool_t *pool, const char *data, apr_size_t len)
{
    fuzz_input_t input = { data, len };
    const char *authorization = fuzz_take_text(pool, &input);
    const char *expected = fuzz_take_rest(pool, &input);
    const char *right = apr_pstrcat(pool, "bAsIc  ", encode(pool, expected), NULL);

    fuzz_assert(mt_credentials_match(pool, authorization, expected) == matches(pool, authorization, expected));
    fuzz_assert(mt_credentials_match(pool, authorization, NULL) == 0);
    fuzz_assert(mt_credentials_match(pool, NULL, expected) == 0);
    fuzz_assert(mt_credentials_match(pool, right, expected) == 1);
    fuzz_assert(mt_credentials_match(pool, right, apr_pstrcat(pool, expected, "x", NULL)) == 0);
    fuzz_assert(mt_credentials_match(pool, apr_pstrcat(pool, right, "x", NULL), expected) == 0);
}
