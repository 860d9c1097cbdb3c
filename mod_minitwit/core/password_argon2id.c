/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/password_argon2id.h"

#include "core/password_parse.h"

#include <apr_strings.h>
#include <sodium.h>
#include <string.h>

#define KEY_LEN 32

const char *mt_password_argon2id_make(apr_pool_t *pool, const char *password, const mt_password_cost_t *cost)
{
    char hash[crypto_pwhash_STRBYTES];

    /* Without it, libsodium uses its slowest implementation. Further calls cost nothing. */
    if (sodium_init() < 0)
        return NULL;
    if (crypto_pwhash_str_alg(hash, password, strlen(password), cost->passes, cost->memory,
                              crypto_pwhash_ALG_ARGON2ID13) != 0)
        return NULL;
    return apr_pstrdup(pool, hash);
}

typedef struct argon2id_t {
    unsigned char salt[crypto_pwhash_SALTBYTES];
    unsigned char key[KEY_LEN];
    unsigned long kibibytes, passes;
} argon2id_t;

static int parse(const char *hash, argon2id_t *stored)
{
    const char *at = hash;
    const char *end;

    /* The stored hash determines the memory and time of a login, so its cost is limited first. */
    if (!mt_password_parse_number(&at, MT_PASSWORD_ARGON2ID "v=19$m=", MT_PASSWORD_MEMORY_MAX / 1024,
                                  &stored->kibibytes) ||
        !mt_password_parse_number(&at, ",t=", MT_PASSWORD_PASSES_MAX, &stored->passes) || strncmp(at, ",p=1$", 5) != 0)
        return 0;
    at += 5;
    end = strchr(at, '$');
    return stored->kibibytes >= crypto_pwhash_MEMLIMIT_MIN / 1024 && end &&
           mt_password_parse_base64(at, (size_t)(end - at), sodium_base64_VARIANT_ORIGINAL_NO_PADDING, stored->salt,
                                    sizeof(stored->salt)) &&
           mt_password_parse_base64(end + 1, strlen(end + 1), sodium_base64_VARIANT_ORIGINAL_NO_PADDING, stored->key,
                                    KEY_LEN);
}

/* Not crypto_pwhash_str_verify, because it cannot distinguish a lack of memory from a wrong password. */
mt_password_result_t mt_password_argon2id_verify(const char *password, const char *hash, const mt_password_cost_t *cost)
{
    unsigned char key[KEY_LEN];
    argon2id_t stored;

    if (!parse(hash, &stored))
        return MT_PASSWORD_WRONG;
    if (sodium_init() < 0 || crypto_pwhash(key, KEY_LEN, password, strlen(password), stored.salt, stored.passes,
                                           stored.kibibytes * 1024, crypto_pwhash_ALG_ARGON2ID13) != 0)
        return MT_PASSWORD_FAILED;
    if (sodium_memcmp(key, stored.key, KEY_LEN) != 0)
        return MT_PASSWORD_WRONG;
    return stored.kibibytes == cost->memory / 1024 && stored.passes == cost->passes ? MT_PASSWORD_RIGHT
                                                                                    : MT_PASSWORD_OUTDATED;
}

int mt_password_argon2id_is_known(const char *hash)
{
    argon2id_t stored;

    return parse(hash, &stored);
}

int mt_password_argon2id_is_within(const char *hash, const mt_password_cost_t *cost)
{
    argon2id_t stored;

    return parse(hash, &stored) && stored.kibibytes <= cost->memory / 1024 && stored.passes <= cost->passes;
}
