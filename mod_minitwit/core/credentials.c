/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/credentials.h"

#include <sodium.h>
#include <string.h>
#include <strings.h>

/* sodium_base642bin() also accepts each byte above 0x7f as a digit, so the text is checked first. */
static const char base64_characters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=";

/* Returns the base64 text of a Basic authorization without the spaces around it, or NULL if the header is not of this
 * form. */
static const char *find_encoded(const char *authorization, size_t *len)
{
    static const char scheme[] = "Basic ";
    const char *encoded;

    if (authorization == NULL || strncasecmp(authorization, scheme, sizeof(scheme) - 1) != 0)
        return NULL;
    encoded = authorization + sizeof(scheme) - 1;
    encoded += strspn(encoded, " ");
    *len = strspn(encoded, base64_characters);
    return encoded[*len + strspn(encoded + *len, " ")] == '\0' ? encoded : NULL;
}

int mt_credentials_match(apr_pool_t *pool, const char *authorization, const char *expected)
{
    unsigned char given_hash[crypto_hash_sha256_BYTES];
    unsigned char expected_hash[crypto_hash_sha256_BYTES];
    unsigned char *given = NULL;
    size_t given_len = 0;
    size_t encoded_len = 0;
    const char *encoded = find_encoded(authorization, &encoded_len);
    int decoded = 0;

    if (expected == NULL)
        return 0;
    if (encoded != NULL) {
        given = apr_palloc(pool, encoded_len + 1);
        decoded = sodium_base642bin(given, encoded_len, encoded, encoded_len, NULL, &given_len, NULL,
                                    sodium_base64_VARIANT_ORIGINAL) == 0;
        if (!decoded)
            given_len = 0;
    }
    /* Hashes have one length, so the time of the comparison reveals neither the first difference nor the length of the
     * right text. Text that cannot be decoded takes the same path. */
    crypto_hash_sha256(given_hash, given, given_len);
    crypto_hash_sha256(expected_hash, (const unsigned char *)expected, strlen(expected));
    return (sodium_memcmp(given_hash, expected_hash, sizeof(given_hash)) == 0) & decoded;
}
