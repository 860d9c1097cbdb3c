/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/password_foreign.h"
#include "targets.h"

#include <apr_strings.h>
#include <openssl/evp.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

/* Limits for the hashes that are computed. Hashes with higher, but valid costs are skipped, so that a run is quick. */
#define ROUNDS_MAX 100
#define WORK_MAX   (64 * 1024)

typedef enum cost_t {
    COST_LOW,
    COST_HIGH,
    COST_CAPPED /* above the module's limits */
} cost_t;

static cost_t cost_of(const char *hash)
{
    unsigned long long n, r, p;
    unsigned cost;

    if (sscanf(hash, "pbkdf2:%*[a-z0-9]:%llu", &n) == 1 || sscanf(hash, "pbkdf2_sha256$%llu", &n) == 1)
        return n > MT_PASSWORD_PBKDF2_ITERATIONS_MAX ? COST_CAPPED : n > ROUNDS_MAX ? COST_HIGH : COST_LOW;
    if (sscanf(hash, "scrypt:%llu:%llu:%llu", &n, &r, &p) == 3) {
        /* Floating-point numbers do not wrap around. */
        double memory = 128.0 * (double)n * (double)r;
        double work = memory * (double)p;

        if (memory > (double)MT_PASSWORD_SCRYPT_MEMORY_MAX || work > (double)MT_PASSWORD_SCRYPT_WORK_MAX)
            return COST_CAPPED;
        return work > WORK_MAX ? COST_HIGH : COST_LOW;
    }
    /* Even the lowest cost of bcrypt takes a millisecond, ten thousand times as long as the rest of a run. */
    if (sscanf(hash, "$2%*1[aby]$%2u", &cost) == 1)
        return cost > MT_PASSWORD_BCRYPT_COST_MAX ? COST_CAPPED
               : strlen(hash) == 60 && cost >= 4  ? COST_HIGH
                                                  : COST_LOW;
    return COST_LOW;
}

static const char *to_hex(apr_pool_t *pool, const unsigned char *key, size_t len)
{
    char *hex = apr_palloc(pool, len * 2 + 1);

    return sodium_bin2hex(hex, len * 2 + 1, key, len);
}

static const char *to_base64(apr_pool_t *pool, const unsigned char *key, size_t len)
{
    size_t size = sodium_base64_ENCODED_LEN(len, sodium_base64_VARIANT_ORIGINAL);

    return sodium_bin2base64(apr_palloc(pool, size), size, key, len, sodium_base64_VARIANT_ORIGINAL);
}

/* Makes a hash as another program does. */
static const char *make(apr_pool_t *pool, unsigned kind, const char *password, const char *salt)
{
    const unsigned char *salt_bytes = (const unsigned char *)salt;
    unsigned char key[64];
    int rounds = (int)(kind % 3) + 1;

    switch (kind % 4) {
    case 0:
        PKCS5_PBKDF2_HMAC(password, -1, salt_bytes, (int)strlen(salt), rounds, EVP_sha256(), 32, key);
        return apr_psprintf(pool, "pbkdf2:sha256:%d$%s$%s", rounds, salt, to_hex(pool, key, 32));
    case 1:
        PKCS5_PBKDF2_HMAC(password, -1, salt_bytes, (int)strlen(salt), rounds, EVP_sha512(), 64, key);
        return apr_psprintf(pool, "pbkdf2:sha512:%d$%s$%s", rounds, salt, to_hex(pool, key, 64));
    case 2:
        PKCS5_PBKDF2_HMAC(password, -1, salt_bytes, (int)strlen(salt), rounds, EVP_sha256(), 32, key);
        return apr_psprintf(pool, "pbkdf2_sha256$%d$%s$%s", rounds, salt, to_base64(pool, key, 32));
    default:
        EVP_PBE_scrypt(password, strlen(password), salt_bytes, strlen(salt), 2, 1, 1, 0, key, 64);
        return apr_psprintf(pool, "scrypt:2:1:1$%s$%s", salt, to_hex(pool, key, 64));
    }
}

static void check_round_trip(apr_pool_t *pool, unsigned kind, const char *password, const char *salt)
{
    const char *hash = make(pool, kind, password, salt);
    const char *longer = apr_pstrcat(pool, password, "x", NULL);

    fuzz_assert(mt_password_foreign_verify(pool, password, hash) == MT_PASSWORD_OUTDATED);
    fuzz_assert(mt_password_foreign_verify(pool, longer, hash) == MT_PASSWORD_WRONG);
    fuzz_assert(mt_password_foreign_verify(pool, password, apr_pstrcat(pool, hash, "0", NULL)) == MT_PASSWORD_WRONG);
}

void fuzz_password_foreign(apr_pool_t *pool, const char *data, apr_size_t len)
{
    fuzz_input_t input = { data, len };
    unsigned char kind = fuzz_take_byte(&input);
    const char *password = fuzz_take_text(pool, &input);
    const char *hash = fuzz_take_rest(pool, &input);
    cost_t cost = cost_of(hash);

    if (cost == COST_CAPPED) {
        fuzz_assert(mt_password_foreign_verify(pool, password, hash) == MT_PASSWORD_WRONG);
    }
    else if (cost == COST_LOW) {
        mt_password_result_t result = mt_password_foreign_verify(pool, password, hash);

        fuzz_assert(result == MT_PASSWORD_WRONG || (result == MT_PASSWORD_OUTDATED && strchr(hash, '$')));
    }
    if (*hash && !strchr(hash, '$'))
        check_round_trip(pool, kind, password, hash);
}
