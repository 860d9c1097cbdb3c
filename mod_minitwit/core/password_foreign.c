/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/password_foreign.h"
#include "core/password_parse.h"

#include <apr_lib.h>
#include <apr_md5.h>
#include <apr_strings.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <sodium.h>
#include <string.h>

#define KEY_LEN_MAX    64
#define SCRYPT_KEY_LEN 64
#define BCRYPT_LEN     60

/* The end of a hash, after its cost: "$SALT$KEY". */
typedef struct stored_t {
    const unsigned char *salt;
    apr_size_t salt_len;
    unsigned char key[KEY_LEN_MAX];
    apr_size_t key_len;
} stored_t;

typedef enum encoding_t {
    ENCODING_HEX,
    ENCODING_BASE64
} encoding_t;

/* Returns 0 unless there are a salt and a key of exactly stored->key_len bytes. */
static int decode(const char *text, encoding_t encoding, stored_t *stored)
{
    const char *end = *text == '$' ? strchr(text + 1, '$') : NULL;
    const char *key;
    size_t len;

    if (!end || end == text + 1)
        return 0;
    stored->salt = (const unsigned char *)text + 1;
    stored->salt_len = (apr_size_t)(end - text) - 1;
    key = end + 1;
    if (encoding == ENCODING_BASE64)
        return mt_password_parse_base64(key, strlen(key), sodium_base64_VARIANT_ORIGINAL, stored->key, stored->key_len);
    return sodium_hex2bin(stored->key, stored->key_len, key, strlen(key), NULL, &len, NULL) == 0 &&
           len == stored->key_len;
}

/* derived is 1 if OpenSSL has computed the key. Since the parameters have been checked, it fails only for lack of
 * memory. */
static mt_password_result_t compare(int derived, const unsigned char *key, const stored_t *stored)
{
    if (!derived)
        return MT_PASSWORD_FAILED;
    return sodium_memcmp(key, stored->key, stored->key_len) == 0 ? MT_PASSWORD_OUTDATED : MT_PASSWORD_WRONG;
}

typedef struct pbkdf2_t {
    const EVP_MD *digest;
    unsigned long rounds;
    stored_t stored;
} pbkdf2_t;

/* Returns 0 if the hash has another form or is above the limits. */
static int parse_pbkdf2(const char *hash, pbkdf2_t *pbkdf2)
{
    /* Werkzeug always writes the rounds, so a hash without them is not its own. */
    static const struct {
        const char *prefix;
        const EVP_MD *(*digest)(void);
        encoding_t encoding;
    } kinds[] = {
        { "pbkdf2:sha256:", EVP_sha256, ENCODING_HEX },
        { "pbkdf2:sha512:", EVP_sha512, ENCODING_HEX },
        { "pbkdf2:sha1:", EVP_sha1, ENCODING_HEX },
        { "pbkdf2_sha256$", EVP_sha256, ENCODING_BASE64 },
    };
    size_t i;

    for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        const char *at = hash;

        if (!mt_password_parse_number(&at, kinds[i].prefix, MT_PASSWORD_PBKDF2_ITERATIONS_MAX, &pbkdf2->rounds))
            continue;
        pbkdf2->digest = kinds[i].digest();
        pbkdf2->stored.key_len = (apr_size_t)EVP_MD_get_size(pbkdf2->digest);
        return decode(at, kinds[i].encoding, &pbkdf2->stored);
    }
    return 0;
}

static mt_password_result_t verify_pbkdf2(const char *password, const char *hash)
{
    unsigned char key[KEY_LEN_MAX];
    pbkdf2_t pbkdf2;
    int derived;

    if (!parse_pbkdf2(hash, &pbkdf2))
        return MT_PASSWORD_WRONG;
    derived = PKCS5_PBKDF2_HMAC(password, (int)strlen(password), pbkdf2.stored.salt, (int)pbkdf2.stored.salt_len,
                                (int)pbkdf2.rounds, pbkdf2.digest, (int)pbkdf2.stored.key_len, key);
    return compare(derived, key, &pbkdf2.stored);
}

typedef struct scrypt_t {
    unsigned long n, r, p;
    apr_uint64_t memory;
    stored_t stored;
} scrypt_t;

/* Like parse_pbkdf2. Werkzeug uses the salt's text from the hash, without decoding it. */
static int parse_scrypt(const char *hash, scrypt_t *scrypt)
{
    const char *at = hash;

    scrypt->stored.key_len = SCRYPT_KEY_LEN;
    if (!mt_password_parse_number(&at, "scrypt:", MT_PASSWORD_SCRYPT_MEMORY_MAX / 128, &scrypt->n) ||
        !mt_password_parse_number(&at, ":", MT_PASSWORD_SCRYPT_MEMORY_MAX / 128, &scrypt->r) ||
        !mt_password_parse_number(&at, ":", MT_PASSWORD_SCRYPT_WORK_MAX / 128, &scrypt->p))
        return 0;
    scrypt->memory = (apr_uint64_t)128 * scrypt->n * scrypt->r;
    if (scrypt->memory > MT_PASSWORD_SCRYPT_MEMORY_MAX || scrypt->memory * scrypt->p > MT_PASSWORD_SCRYPT_WORK_MAX)
        return 0;
    /* RFC 7914: N is a power of two, and smaller than 2^(128 * r / 8). */
    if (scrypt->n < 2 || (scrypt->n & (scrypt->n - 1)) != 0 || (scrypt->r < 4 && scrypt->n >> (16 * scrypt->r) != 0))
        return 0;
    return decode(at, ENCODING_HEX, &scrypt->stored);
}

static mt_password_result_t verify_scrypt(const char *password, const char *hash)
{
    unsigned char key[SCRYPT_KEY_LEN];
    scrypt_t scrypt;
    int derived;

    if (!parse_scrypt(hash, &scrypt))
        return MT_PASSWORD_WRONG;
    /* OpenSSL's default limit is 32 MiB. The limit also covers its working blocks. */
    scrypt.memory += (apr_uint64_t)128 * scrypt.r * (scrypt.p + 2);
    derived = EVP_PBE_scrypt(password, strlen(password), scrypt.stored.salt, scrypt.stored.salt_len, scrypt.n, scrypt.r,
                             scrypt.p, scrypt.memory, key, scrypt.stored.key_len);
    return compare(derived, key, &scrypt.stored);
}

static int is_bcrypt(const char *hash)
{
    static const char alphabet[] = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    int cost;

    if (strlen(hash) != BCRYPT_LEN || strncmp(hash, "$2", 2) != 0 || !strchr("aby", hash[2]) || hash[3] != '$')
        return 0;
    if (!apr_isdigit(hash[4]) || !apr_isdigit(hash[5]) || hash[6] != '$')
        return 0;
    cost = (hash[4] - '0') * 10 + (hash[5] - '0');
    return cost >= 4 && cost <= MT_PASSWORD_BCRYPT_COST_MAX && strspn(hash + 7, alphabet) == BCRYPT_LEN - 7;
}

static mt_password_result_t verify_bcrypt(apr_pool_t *pool, const char *password, const char *hash)
{
    char *known = apr_pstrdup(pool, hash);

    /* APR's bcrypt does not support the letter b. It would call the system's crypt(), which may not support it either.
     * The letters b and y have the same meaning. */
    if (known[2] == 'b')
        known[2] = 'y';
    return apr_password_validate(password, known) == APR_SUCCESS ? MT_PASSWORD_OUTDATED : MT_PASSWORD_WRONG;
}

mt_password_result_t mt_password_foreign_verify(apr_pool_t *pool, const char *password, const char *hash)
{
    mt_password_result_t result;

    /* apr_password_validate also accepts plain text, MD5 and SHA-1, so only bcrypt may reach it. */
    if (is_bcrypt(hash))
        return verify_bcrypt(pool, password, hash);
    /* OpenSSL's errors stay in the thread's queue, where TLS would mistake them for its own. */
    ERR_set_mark();
    result = strncmp(hash, "scrypt:", 7) == 0 ? verify_scrypt(password, hash) : verify_pbkdf2(password, hash);
    ERR_pop_to_mark();
    return result;
}

int mt_password_foreign_is_known(const char *hash)
{
    pbkdf2_t pbkdf2;
    scrypt_t scrypt;

    return is_bcrypt(hash) || parse_pbkdf2(hash, &pbkdf2) || parse_scrypt(hash, &scrypt);
}
