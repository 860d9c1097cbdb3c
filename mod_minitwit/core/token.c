/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/token.h"

#include <sodium.h>
#include <string.h>

#define TOKEN_BYTES 32

/* sodium_base642bin() also accepts each byte above 0x7f as a digit, so the text is checked first. */
static const char base64_characters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

void mt_token_make(char token[MT_TOKEN_SIZE])
{
    unsigned char bytes[TOKEN_BYTES];

    randombytes_buf(bytes, sizeof(bytes));
    sodium_bin2base64(token, MT_TOKEN_SIZE, bytes, sizeof(bytes), sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    sodium_memzero(bytes, sizeof(bytes));
}

int mt_token_hash(const char *token, unsigned char hash[MT_TOKEN_HASH_SIZE])
{
    unsigned char bytes[TOKEN_BYTES];
    size_t len = token != NULL ? strlen(token) : 0;

    if (len != MT_TOKEN_SIZE - 1 || strspn(token, base64_characters) != len ||
        sodium_base642bin(bytes, sizeof(bytes), token, len, NULL, NULL, NULL,
                          sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0)
        return 0;
    sodium_memzero(bytes, sizeof(bytes));
    crypto_hash_sha256(hash, (const unsigned char *)token, len);
    return 1;
}
