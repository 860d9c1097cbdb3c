/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/password.h"
#include "core/password_foreign.h"
#include "core/password_parse.h"
#include "targets.h"

#include <apr_strings.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sodium.h>
#include <string.h>

static const mt_password_cost_t cheap = { 8192, 1 };

/* At this low speed, slow hashes are above the limits, so a run is quick. */
static const mt_password_speed_t fuzz_speed = { { 12, 12, 12, 8192, 24, 0, 0, 0 } };

#define LEN_MAX 300 /* of a hash that is made; the module refuses hashes over 512 bytes */

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

    switch (kind % 6) {
    case 0:
        PKCS5_PBKDF2_HMAC(password, -1, salt_bytes, (int)strlen(salt), rounds, EVP_sha256(), 32, key);
        return apr_psprintf(pool, "pbkdf2:sha256:%d$%s$%s", rounds, salt, to_hex(pool, key, 32));
    case 1:
        PKCS5_PBKDF2_HMAC(password, -1, salt_bytes, (int)strlen(salt), rounds, EVP_sha512(), 64, key);
        return apr_psprintf(pool, "pbkdf2:sha512:%d$%s$%s", rounds, salt, to_hex(pool, key, 64));
    case 2:
        PKCS5_PBKDF2_HMAC(password, -1, salt_bytes, (int)strlen(salt), rounds, EVP_sha256(), 32, key);
        return apr_psprintf(pool, "pbkdf2_sha256$%d$%s$%s", rounds, salt, to_base64(pool, key, 32));
    case 3:
        HMAC(EVP_sha1(), salt, (int)strlen(salt), (const unsigned char *)password, strlen(password), key, NULL);
        return apr_psprintf(pool, "sha1$%s$%s", salt, to_hex(pool, key, 20));
    case 4:
        EVP_Digest(apr_pstrcat(pool, salt, password, NULL), strlen(salt) + strlen(password), key, NULL, EVP_md5(),
                   NULL);
        return apr_psprintf(pool, "md5$%s$%s", salt, to_hex(pool, key, 16));
    default:
        EVP_PBE_scrypt(password, strlen(password), salt_bytes, strlen(salt), 2, 1, 1, 0, key, 64);
        return apr_psprintf(pool, "scrypt:2:1:1$%s$%s", salt, to_hex(pool, key, 64));
    }
}

static mt_password_result_t verify(apr_pool_t *pool, const char *password, const char *hash)
{
    return mt_password_verify(pool, password, hash, &cheap, &fuzz_speed);
}

static void check_round_trip(apr_pool_t *pool, unsigned kind, const char *password, const char *salt)
{
    const char *hash = make(pool, kind, password, salt);
    const char *longer = apr_pstrcat(pool, password, "x", NULL);

    fuzz_assert(verify(pool, password, hash) == MT_PASSWORD_OUTDATED);
    fuzz_assert(verify(pool, longer, hash) == MT_PASSWORD_WRONG);
    fuzz_assert(verify(pool, password, apr_pstrcat(pool, hash, "0", NULL)) == MT_PASSWORD_WRONG);
}

void fuzz_password_foreign(apr_pool_t *pool, const char *data, apr_size_t len)
{
    fuzz_input_t input = { data, len };
    unsigned char kind = fuzz_take_byte(&input);
    const char *password = fuzz_take_text(pool, &input);
    const char *hash = fuzz_take_rest(pool, &input);
    mt_password_stored_t stored;

    if (mt_password_foreign_parse(hash, &stored)) {
        mt_password_result_t result = verify(pool, password, hash);

        fuzz_assert(result == MT_PASSWORD_WRONG || result == MT_PASSWORD_OUTDATED);
        fuzz_assert(mt_password_is_foreign(hash, &cheap) == (strlen(hash) <= MT_PASSWORD_PARSE_MAX));
    }
    if (*hash && !strchr(hash, '$') && strlen(hash) <= LEN_MAX)
        check_round_trip(pool, kind, password, hash);
}
