/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/password_digest.h"

#include "core/password_foreign.h"
#include "core/password_parse.h"

#include <openssl/hmac.h>
#include <sodium.h>
#include <string.h>

static const mt_password_digest_t digests[] = {
    { "md5", EVP_md5, 16 },       { "sha1", EVP_sha1, 20 },     { "sha224", EVP_sha224, 28 },
    { "sha256", EVP_sha256, 32 }, { "sha384", EVP_sha384, 48 }, { "sha512", EVP_sha512, 64 },
};

#define DIGESTS (sizeof(digests) / sizeof(digests[0]))

const mt_password_digest_t *mt_password_digest_by_name(const char *text, char end)
{
    for (size_t i = 0; i < DIGESTS; i++) {
        size_t len = strlen(digests[i].name);

        if (strncmp(text, digests[i].name, len) == 0 && text[len] == end)
            return &digests[i];
    }
    return NULL;
}

const mt_password_digest_t *mt_password_digest_by_hex(const char *hex)
{
    unsigned char bytes[MT_PASSWORD_DIGEST_MAX];
    size_t size = mt_password_parse_bytes(hex, strlen(hex), MT_PASSWORD_HEX, bytes, sizeof(bytes));

    for (size_t i = 0; i < DIGESTS; i++) {
        if (digests[i].size == size)
            return &digests[i];
    }
    return NULL;
}

const mt_password_digest_t *mt_password_digest_split(const char *hash, const char **salt, size_t *salt_len,
                                                     const char **hex)
{
    const mt_password_digest_t *digest = mt_password_digest_by_name(hash, '$');
    const char *end;

    if (!digest)
        return NULL;
    *salt = hash + strlen(digest->name) + 1;
    end = strchr(*salt, '$');
    if (!end || mt_password_digest_by_hex(end + 1) != digest)
        return NULL;
    *salt_len = (size_t)(end - *salt);
    *hex = end + 1;
    return digest;
}

static int compute_salted(const EVP_MD *function, const char *salt, size_t salt_len, const char *password,
                          unsigned char digest[MT_PASSWORD_DIGEST_MAX])
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    int is_made = context && EVP_DigestInit_ex(context, function, NULL) && EVP_DigestUpdate(context, salt, salt_len) &&
                  EVP_DigestUpdate(context, password, strlen(password)) && EVP_DigestFinal_ex(context, digest, NULL);

    EVP_MD_CTX_free(context);
    return is_made;
}

int mt_password_digest_compute(const EVP_MD *function, const char *salt, size_t salt_len, const char *password,
                               unsigned char made[MT_PASSWORD_DIGEST_WAYS][MT_PASSWORD_DIGEST_MAX])
{
    if (salt_len == 0)
        return compute_salted(function, "", 0, password, made[0]) ? 1 : 0;
    if (!HMAC(function, salt, (int)salt_len, (const unsigned char *)password, strlen(password), made[0], NULL) ||
        !compute_salted(function, salt, salt_len, password, made[1]))
        return 0;
    return 2;
}

static mt_password_result_t verify(const mt_password_stored_t *stored, apr_pool_t *pool, const char *password)
{
    unsigned char made[MT_PASSWORD_DIGEST_WAYS][MT_PASSWORD_DIGEST_MAX];
    mt_password_result_t result = MT_PASSWORD_WRONG;
    int ways = mt_password_digest_compute(stored->digest, (const char *)stored->salts[0].bytes, stored->salts[0].len,
                                          password, made);

    (void)pool;
    if (ways == 0)
        return MT_PASSWORD_FAILED;
    for (int i = 0; result == MT_PASSWORD_WRONG && i < ways; i++)
        result = mt_password_stored_compare(stored, 1, made[i]);
    sodium_memzero(made, sizeof(made));
    return result;
}

/* Without a salt, the hash is a plain digest, which is never accepted. It takes a few microseconds. */
int mt_password_digest_parse(const char *hash, mt_password_stored_t *stored)
{
    const char *salt, *hex;
    size_t salt_len;
    const mt_password_digest_t *digest = mt_password_digest_split(hash, &salt, &salt_len, &hex);

    if (!digest || salt_len == 0)
        return 0;
    stored->verify = verify;
    stored->digest = digest->function();
    stored->salts[0] = (mt_password_salt_t){ (const unsigned char *)salt, salt_len };
    stored->salts_count = 1;
    stored->key_len = mt_password_parse_bytes(hex, strlen(hex), MT_PASSWORD_HEX, stored->key, sizeof(stored->key));
    return 1;
}
