/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/password.h"
#include "core/password_digest.h"
#include "core/password_wrapped.h"
#include "targets.h"

#include <apr_strings.h>
#include <sodium.h>
#include <string.h>

static const mt_password_cost_t cheap = { 8192, 1 };

/* At this low speed, slow hashes are above the limits, so a run is quick. */
static const mt_password_speed_t fuzz_speed = { { 12, 12, 12, 8192, 24, 0, 0, 0 } };

/* hash is neither a password nor, without a salt, a hash. */
static void check_digest(apr_pool_t *pool, const char *hash)
{
    const char *wrapped = mt_password_wrapped_make(pool, hash, &cheap);
    int is_plain = strncmp(hash, "plain$$", 7) == 0;

    fuzz_assert(wrapped != NULL);
    fuzz_assert(strlen(hash) > 300 || mt_password_is_known(wrapped));
    fuzz_assert(!mt_password_wrapped_is_digest(wrapped));
    fuzz_assert(mt_password_verify(pool, hash, wrapped, &cheap, &fuzz_speed) == MT_PASSWORD_WRONG);
    fuzz_assert(mt_password_verify(pool, hash, hash, &cheap, &fuzz_speed) == MT_PASSWORD_WRONG);
    if (is_plain)
        fuzz_assert(mt_password_verify(pool, hash + 7, wrapped, &cheap, &fuzz_speed) == MT_PASSWORD_RIGHT);
}

/* Wraps a digest that another program made of the password. */
static void check_round_trip(apr_pool_t *pool, int with_salt, const char *password)
{
    unsigned char made[MT_PASSWORD_DIGEST_WAYS][MT_PASSWORD_DIGEST_MAX];
    char hex[MT_PASSWORD_DIGEST_SIZE];
    const char *salt = with_salt ? "salt" : "";
    const char *digest, *wrapped;
    int ways = mt_password_digest_compute(EVP_sha1(), salt, strlen(salt), password, made);

    fuzz_assert(ways == (with_salt ? 2 : 1));
    sodium_bin2hex(hex, sizeof(hex), made[ways - 1], 20);
    digest = apr_pstrcat(pool, "sha1$", salt, "$", hex, NULL);
    fuzz_assert(mt_password_wrapped_is_digest(digest));
    wrapped = mt_password_wrapped_make(pool, digest, &cheap);
    fuzz_assert(strncmp(wrapped, "wrapped:sha1:", 13) == 0);
    fuzz_assert(mt_password_verify(pool, password, wrapped, &cheap, &fuzz_speed) == MT_PASSWORD_OUTDATED);
    fuzz_assert(mt_password_verify(pool, apr_pstrcat(pool, password, "x", NULL), wrapped, &cheap, &fuzz_speed) ==
                MT_PASSWORD_WRONG);
}

void fuzz_password_wrapped(apr_pool_t *pool, const char *data, apr_size_t len)
{
    fuzz_input_t input = { data, len };
    unsigned char choice = fuzz_take_byte(&input);
    const char *password = fuzz_take_text(pool, &input);
    const char *hash = fuzz_take_rest(pool, &input);

    if (choice % 16 == 0)
        check_round_trip(pool, choice % 32 == 0, password);
    if (mt_password_wrapped_is_digest(hash))
        check_digest(pool, hash);
    if (strncmp(hash, "wrapped:", 8) == 0)
        fuzz_assert(mt_password_verify(pool, password, hash, &cheap, &fuzz_speed) != MT_PASSWORD_RIGHT);
}
