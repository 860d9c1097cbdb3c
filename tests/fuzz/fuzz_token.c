/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/token.h"
#include "targets.h"

#include <apr_strings.h>
#include <sodium.h>
#include <string.h>

/* Each 32 bytes have exactly one text. */
static int is_token(const char *text)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    apr_size_t len = strspn(text, alphabet);

    return len == 43 && text[43] == '\0' && (strchr(alphabet, text[42]) - alphabet) % 4 == 0;
}

void fuzz_token(apr_pool_t *pool, const char *data, apr_size_t len)
{
    fuzz_input_t input = { data, len };
    const char *text = fuzz_take_text(pool, &input);
    unsigned char *hash = apr_palloc(pool, MT_TOKEN_HASH_SIZE);
    unsigned char expected[32];
    unsigned char bytes[32] = { 0 };
    char *token = apr_palloc(pool, MT_TOKEN_SIZE);

    fuzz_assert(mt_token_hash(NULL, hash) == 0);
    fuzz_assert(mt_token_hash(text, hash) == is_token(text));
    if (is_token(text)) {
        crypto_hash_sha256(expected, (const unsigned char *)text, strlen(text));
        fuzz_assert(memcmp(hash, expected, sizeof(expected)) == 0);
    }
    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = fuzz_take_byte(&input);
    sodium_bin2base64(token, MT_TOKEN_SIZE, bytes, sizeof(bytes), sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    fuzz_assert(mt_token_hash(token, hash) == 1);
    fuzz_assert(mt_token_hash(apr_pstrcat(pool, token, "=", NULL), hash) == 0);
    mt_token_make(token);
    fuzz_assert(is_token(token) && mt_token_hash(token, hash) == 1);
}
