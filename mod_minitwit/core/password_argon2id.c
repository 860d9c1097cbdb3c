/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/password_argon2id.h"

#include <apr_strings.h>
#include <sodium.h>
#include <string.h>

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
