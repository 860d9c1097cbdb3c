/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/password.h"

#include "core/password_foreign.h"
#include "core/password_wrapped.h"

#include <sodium.h>
#include <string.h>

/* Longer than a hash of any known form. */
#define HASH_LEN_MAX 512

static mt_password_result_t verify_wrapped(const char *password, const char *hash, const mt_password_cost_t *cost)
{
    char digest[MT_PASSWORD_DIGEST_SIZE];
    mt_password_result_t result = MT_PASSWORD_WRONG;
    const char *inner = mt_password_wrapped_inner(hash);

    if (!inner)
        return MT_PASSWORD_WRONG;
    if (!mt_password_wrapped_digest(hash, password, digest))
        return MT_PASSWORD_FAILED;
    result = mt_password_argon2id_verify(digest, inner, cost);
    sodium_memzero(digest, sizeof(digest));
    return result == MT_PASSWORD_RIGHT ? MT_PASSWORD_OUTDATED : result;
}

static mt_password_result_t verify(apr_pool_t *pool, const char *password, const char *hash,
                                   const mt_password_cost_t *cost)
{
    if (!strncmp(hash, MT_PASSWORD_ARGON2ID, sizeof(MT_PASSWORD_ARGON2ID) - 1))
        return mt_password_argon2id_verify(password, hash, cost);
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
    if (strlen(hash) > HASH_LEN_MAX)
        return 0;
    if (*hash == MT_PASSWORD_DISABLED)
        hash++;
    const char *inner = mt_password_wrapped_inner(hash);
    return mt_password_argon2id_is_known(inner ? inner : hash) || (!inner && mt_password_foreign_is_known(hash));
}

int mt_password_is_foreign(const char *hash, const mt_password_cost_t *cost)
{
    const char *inner;

    if (*hash == MT_PASSWORD_DISABLED)
        hash++;
    inner = mt_password_wrapped_inner(hash);
    if (inner)
        hash = inner;
    return mt_password_is_known(hash) && !mt_password_argon2id_is_within(hash, cost);
}
