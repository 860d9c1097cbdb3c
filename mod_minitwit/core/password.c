/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/password.h"
#include "core/password_foreign.h"
#include "core/password_internal.h"
#include "core/password_wrapped.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <sodium.h>
#include <string.h>

#define ARGON2ID "$argon2id$"

/* Longer than any hash of a form that is known. */
#define HASH_LEN_MAX 512

#define KEY_LEN 32

int mt_password_number(const char **text, const char *prefix, unsigned long max, unsigned long *number)
{
    size_t len = strlen(prefix);
    const char *at = *text;
    unsigned long value = 0;

    if (strncmp(at, prefix, len) != 0 || at[len] == '0')
        return 0;
    for (at += len; apr_isdigit(*at); at++) {
        unsigned long digit = (unsigned long)(*at - '0');

        if (value > (max - digit) / 10)
            return 0;
        value = value * 10 + digit;
    }
    if (value == 0)
        return 0;
    *number = value;
    *text = at;
    return 1;
}

int mt_password_base64(const char *text, size_t len, int variant, unsigned char *bytes, size_t size)
{
    size_t decoded;
    size_t i;

    /* libsodium 1.0.18 takes any byte that is not ASCII for a slash. */
    for (i = 0; i < len; i++) {
        if (!apr_isascii(text[i]))
            return 0;
    }
    return sodium_base642bin(bytes, size, text, len, NULL, &decoded, NULL, variant) == 0 && decoded == size;
}

const char *mt_password_hash(apr_pool_t *pool, const char *password, const mt_password_cost_t *cost)
{
    char hash[crypto_pwhash_STRBYTES];

    /* Without it libsodium works, but with the slowest of its implementations. Once done, doing it again costs nothing. */
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

static int parse_argon2id(const char *hash, argon2id_t *stored)
{
    const char *at = hash;
    const char *end;

    /* What stands in the database decides how much memory and time a login takes, so it is bounded first. */
    if (!mt_password_number(&at, ARGON2ID "v=19$m=", MT_PASSWORD_MEMORY_MAX / 1024, &stored->kibibytes) ||
        !mt_password_number(&at, ",t=", MT_PASSWORD_PASSES_MAX, &stored->passes) || strncmp(at, ",p=1$", 5) != 0)
        return 0;
    at += 5;
    end = strchr(at, '$');
    return stored->kibibytes >= crypto_pwhash_MEMLIMIT_MIN / 1024 && end &&
           mt_password_base64(at, (size_t)(end - at), sodium_base64_VARIANT_ORIGINAL_NO_PADDING, stored->salt,
                              sizeof(stored->salt)) &&
           mt_password_base64(end + 1, strlen(end + 1), sodium_base64_VARIANT_ORIGINAL_NO_PADDING, stored->key,
                              KEY_LEN);
}

/* crypto_pwhash_str_verify would do, but it does not tell a want of memory from a wrong password. */
static mt_password_result_t verify_argon2id(const char *password, const char *hash, const mt_password_cost_t *cost)
{
    unsigned char key[KEY_LEN];
    argon2id_t stored;

    if (!parse_argon2id(hash, &stored))
        return MT_PASSWORD_WRONG;
    if (sodium_init() < 0 || crypto_pwhash(key, KEY_LEN, password, strlen(password), stored.salt, stored.passes,
                                           stored.kibibytes * 1024, crypto_pwhash_ALG_ARGON2ID13) != 0)
        return MT_PASSWORD_FAILED;
    if (sodium_memcmp(key, stored.key, KEY_LEN) != 0)
        return MT_PASSWORD_WRONG;
    return stored.kibibytes == cost->memory / 1024 && stored.passes == cost->passes ? MT_PASSWORD_RIGHT
                                                                                    : MT_PASSWORD_OUTDATED;
}

static mt_password_result_t verify_wrapped(const char *password, const char *hash, const mt_password_cost_t *cost)
{
    char digest[MT_PASSWORD_DIGEST_SIZE];
    mt_password_result_t result = MT_PASSWORD_WRONG;
    const char *inner = mt_password_wrapped_inner(hash);

    if (!inner)
        return MT_PASSWORD_WRONG;
    if (!mt_password_wrapped_digest(hash, password, digest))
        return MT_PASSWORD_FAILED;
    result = verify_argon2id(digest, inner, cost);
    sodium_memzero(digest, sizeof(digest));
    return result == MT_PASSWORD_RIGHT ? MT_PASSWORD_OUTDATED : result;
}

static mt_password_result_t verify(apr_pool_t *pool, const char *password, const char *hash,
                                   const mt_password_cost_t *cost)
{
    if (!strncmp(hash, ARGON2ID, sizeof(ARGON2ID) - 1))
        return verify_argon2id(password, hash, cost);
    if (mt_password_wrapped_inner(hash))
        return verify_wrapped(password, hash, cost);
    return mt_password_foreign_verify(pool, password, hash);
}

mt_password_result_t mt_password_verify(apr_pool_t *pool, const char *password, const char *hash,
                                        const mt_password_cost_t *cost)
{
    if (strlen(hash) > HASH_LEN_MAX)
        return MT_PASSWORD_WRONG;
    if (*hash == MT_PASSWORD_DISABLED) {
        mt_password_result_t result = verify(pool, password, hash + 1, cost);

        return result == MT_PASSWORD_FAILED ? result : MT_PASSWORD_WRONG;
    }
    return verify(pool, password, hash, cost);
}

int mt_password_is_known(const char *hash)
{
    argon2id_t stored;

    if (strlen(hash) > HASH_LEN_MAX)
        return 0;
    if (*hash == MT_PASSWORD_DISABLED)
        hash++;
    const char *inner = mt_password_wrapped_inner(hash);
    return parse_argon2id(inner ? inner : hash, &stored) || (!inner && mt_password_foreign_is_known(hash));
}
