/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/password.h"
#include "core/password_wrapped.h"
#include "targets.h"

#include <apr_strings.h>
#include <stdio.h>
#include <string.h>

static const mt_password_cost_t cheap = { 8192, 1 };

static void check_digest(apr_pool_t *pool, const char *hash)
{
    const char *wrapped = mt_password_wrapped_make(pool, hash, &cheap);

    fuzz_assert(wrapped != NULL);
    fuzz_assert(mt_password_is_known(wrapped));
    fuzz_assert(!mt_password_is_known(hash));
    fuzz_assert(!mt_password_wrapped_is_digest(wrapped));
    /* The digest is neither a password nor a hash. */
    fuzz_assert(mt_password_verify(pool, hash, wrapped, &cheap) == MT_PASSWORD_WRONG);
    fuzz_assert(mt_password_verify(pool, hash, hash, &cheap) == MT_PASSWORD_WRONG);
}

/* Wraps a digest that another program made of the password. */
static void check_round_trip(apr_pool_t *pool, const char *kind, const char *password)
{
    char digest[MT_PASSWORD_DIGEST_SIZE];
    const char *wrapped;

    fuzz_assert(mt_password_wrapped_digest(kind, password, digest));
    fuzz_assert(mt_password_wrapped_is_digest(digest));
    wrapped = mt_password_wrapped_make(pool, digest, &cheap);
    fuzz_assert(strncmp(wrapped, kind, strlen(kind)) == 0);
    fuzz_assert(mt_password_verify(pool, password, wrapped, &cheap) == MT_PASSWORD_OUTDATED);
    fuzz_assert(mt_password_verify(pool, apr_pstrcat(pool, password, "x", NULL), wrapped, &cheap) == MT_PASSWORD_WRONG);
}

/* Returns 1 if verifying takes too long for a run. */
static int is_costly(const char *inner)
{
    unsigned long memory, passes;

    return sscanf(inner, "$argon2id$v=19$m=%lu,t=%lu", &memory, &passes) == 2 && (memory > 64 || passes > 3);
}

void fuzz_password_wrapped(apr_pool_t *pool, const char *data, apr_size_t len)
{
    fuzz_input_t input = { data, len };
    unsigned char choice = fuzz_take_byte(&input);
    const char *password = fuzz_take_text(pool, &input);
    const char *hash = fuzz_take_rest(pool, &input);
    const char *inner = mt_password_wrapped_inner(hash);

    if (choice % 16 == 0)
        check_round_trip(pool, choice % 32 ? "wrapped:md5:" : "wrapped:sha256:", password);
    if (mt_password_wrapped_is_digest(hash))
        check_digest(pool, hash);
    if (inner && !is_costly(inner))
        fuzz_assert(mt_password_verify(pool, password, hash, &cheap) != MT_PASSWORD_RIGHT);
}
