/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/password.h"
#include "core/password_foreign.h"
#include "core/password_internal.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <errno.h>
#include <sodium.h>
#include <string.h>

#define ARGON2ID "$argon2id$"

/* Longer than any hash of a form that is known. */
#define HASH_LEN_MAX 512

/* Verifying runs one lane after the other, so they cost no more, but without a bound each would take some memory. */
#define LANES_MAX 64

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

static mt_password_result_t verify_argon2id(const char *password, const char *hash, const mt_password_cost_t *cost)
{
    const char *at = hash;
    unsigned long kibibytes;
    unsigned long passes;
    unsigned long lanes;

    /* What stands in the database decides how much memory and time a login takes, so it is bounded first. */
    if (!mt_password_number(&at, ARGON2ID "v=19$m=", MT_PASSWORD_MEMORY_MAX / 1024, &kibibytes) ||
        !mt_password_number(&at, ",t=", MT_PASSWORD_PASSES_MAX, &passes) ||
        !mt_password_number(&at, ",p=", LANES_MAX, &lanes))
        return MT_PASSWORD_WRONG;
    if (sodium_init() < 0)
        return MT_PASSWORD_FAILED;
    errno = 0;
    if (crypto_pwhash_str_verify(hash, password, strlen(password)) != 0) {
        /* EINVAL: compared, and different. Untouched: the rest of the hash is malformed. */
        return errno == 0 || errno == EINVAL ? MT_PASSWORD_WRONG : MT_PASSWORD_FAILED;
    }
    if (kibibytes != cost->memory / 1024 || passes != cost->passes || lanes != 1)
        return MT_PASSWORD_OUTDATED;
    return MT_PASSWORD_RIGHT;
}

mt_password_result_t mt_password_verify(apr_pool_t *pool, const char *password, const char *hash,
                                        const mt_password_cost_t *cost)
{
    if (strlen(hash) > HASH_LEN_MAX)
        return MT_PASSWORD_WRONG;
    if (!strncmp(hash, ARGON2ID, sizeof(ARGON2ID) - 1))
        return verify_argon2id(password, hash, cost);
    return mt_password_foreign_verify(pool, password, hash);
}
