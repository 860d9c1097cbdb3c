/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/password_foreign.h"
#include "core/password_parse.h"

#include <apr_lib.h>
#include <apr_md5.h>
#include <apr_strings.h>
#include <openssl/hmac.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#define ALPHABET "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

#define BCRYPT_SALT_LEN 22
#define BCRYPT_KEY_LEN  31
#define BCRYPT_COST_MIN 4
#define BCRYPT_COST_MAX 31

#define SHA_CRYPT_SALT_MAX      16
#define SHA_CRYPT_ROUNDS_PRESET 5000
#define SHA_CRYPT_ROUNDS_MIN    1000
#define SHA_CRYPT_ROUNDS_MAX    999999999

#define DIGEST_LEN    32 /* of SHA-256 */
#define PREPARED_SIZE (2 * DIGEST_LEN + 1)

/* bcrypt reads at most 72 bytes of a password. Therefore some programs shorten it to a digest first. */
typedef enum preparation_t {
    PREPARE_NOT,
    PREPARE_HEX,    /* the hexadecimal SHA-256 */
    PREPARE_BASE64, /* its base64 */
    PREPARE_HMAC    /* the base64 of HMAC-SHA256, with bcrypt's salt as the key */
} preparation_t;

typedef struct format_t {
    const char *prefix;
    int (*parse)(const char *rest, const struct format_t *format, mt_password_stored_t *stored);
    const char *name; /* of the algorithm, as crypt() reads it */
    preparation_t preparation;
} format_t;

/* Returns 1 if text has len characters of the alphabet before end. */
static int is_field(const char *text, apr_size_t len, char end)
{
    return strspn(text, ALPHABET) == len && text[len] == end;
}

static int finish_bcrypt(const format_t *format, unsigned cost, const char *salt, const char *key,
                         mt_password_stored_t *stored)
{
    if (cost < BCRYPT_COST_MIN || cost > BCRYPT_COST_MAX)
        return 0;
    snprintf(stored->library, sizeof(stored->library), "%s%02u$%.*s%.*s", format->name, cost, BCRYPT_SALT_LEN, salt,
             BCRYPT_KEY_LEN, key);
    stored->algorithm = MT_PASSWORD_BCRYPT;
    stored->work = (double)(1UL << cost);
    return 1;
}

/* "NN$" and 53 characters */
static int parse_bcrypt(const char *rest, const format_t *format, mt_password_stored_t *stored)
{
    if (!apr_isdigit(rest[0]) || !apr_isdigit(rest[1]) || rest[2] != '$' ||
        !is_field(rest + 3, BCRYPT_SALT_LEN + BCRYPT_KEY_LEN, '\0'))
        return 0;
    return finish_bcrypt(format, (unsigned)((rest[0] - '0') * 10 + rest[1] - '0'), rest + 3, rest + 3 + BCRYPT_SALT_LEN,
                         stored);
}

/* "COST$SALT$KEY" */
static int parse_passlib(const char *rest, const format_t *format, mt_password_stored_t *stored)
{
    unsigned long cost;

    if (!mt_password_parse_number(&rest, "", BCRYPT_COST_MAX, &cost) || *rest != '$' ||
        !is_field(rest + 1, BCRYPT_SALT_LEN, '$') || !is_field(rest + 2 + BCRYPT_SALT_LEN, BCRYPT_KEY_LEN, '\0'))
        return 0;
    return finish_bcrypt(format, (unsigned)cost, rest + 1, rest + 2 + BCRYPT_SALT_LEN, stored);
}

/* "SALT$KEY" or "rounds=N$SALT$KEY" */
static int parse_sha_crypt(const char *rest, const format_t *format, mt_password_stored_t *stored)
{
    int is_sha256 = format->name[1] == '5';
    unsigned long rounds = SHA_CRYPT_ROUNDS_PRESET;
    const char *at = rest;
    apr_size_t salt_len;

    if (mt_password_parse_number(&at, "rounds=", SHA_CRYPT_ROUNDS_MAX, &rounds)) {
        if (*at != '$')
            return 0;
        at++;
    }
    salt_len = strspn(at, ALPHABET);
    if (rounds < SHA_CRYPT_ROUNDS_MIN || salt_len == 0 || salt_len > SHA_CRYPT_SALT_MAX || at[salt_len] != '$' ||
        !is_field(at + salt_len + 1, is_sha256 ? 43 : 86, '\0'))
        return 0;
    snprintf(stored->library, sizeof(stored->library), "%s%s", format->name, rest);
    stored->algorithm = is_sha256 ? MT_PASSWORD_SHA256_CRYPT : MT_PASSWORD_SHA512_CRYPT;
    stored->work = (double)rounds;
    stored->grows_with_len = 1;
    return 1;
}

/* "SALT$" or "$", and a hash of DES, which begins with the salt. It takes a few microseconds. */
static int parse_des(const char *rest, const format_t *format, mt_password_stored_t *stored)
{
    const char *hash = strchr(rest, '$');

    (void)format;
    if (!hash || !is_field(hash + 1, 13, '\0') || (hash != rest && (hash - rest != 2 || strncmp(rest, hash + 1, 2))))
        return 0;
    apr_cpystrn(stored->library, hash + 1, sizeof(stored->library));
    return 1;
}

/* The letters b and y have the same meaning. APR's bcrypt does not support b. It would call crypt(), which may not
 * support it either. */
static const format_t formats[] = {
    { "$2a$", parse_bcrypt, "$2a$", PREPARE_NOT },
    { "$2b$", parse_bcrypt, "$2y$", PREPARE_NOT },
    { "$2y$", parse_bcrypt, "$2y$", PREPARE_NOT },
    { "{bcrypt}$2a$", parse_bcrypt, "$2a$", PREPARE_NOT },
    { "{bcrypt}$2b$", parse_bcrypt, "$2y$", PREPARE_NOT },
    { "{bcrypt}$2y$", parse_bcrypt, "$2y$", PREPARE_NOT },
    { "bcrypt$$2a$", parse_bcrypt, "$2a$", PREPARE_NOT },
    { "bcrypt$$2b$", parse_bcrypt, "$2y$", PREPARE_NOT },
    { "bcrypt$$2y$", parse_bcrypt, "$2y$", PREPARE_NOT },
    { "bcrypt_sha256$$2a$", parse_bcrypt, "$2a$", PREPARE_HEX },
    { "bcrypt_sha256$$2b$", parse_bcrypt, "$2y$", PREPARE_HEX },
    { "bcrypt_sha256$$2y$", parse_bcrypt, "$2y$", PREPARE_HEX },
    { "$bcrypt-sha256$2a,", parse_passlib, "$2a$", PREPARE_BASE64 },
    { "$bcrypt-sha256$2b,", parse_passlib, "$2y$", PREPARE_BASE64 },
    { "$bcrypt-sha256$v=2,t=2b,r=", parse_passlib, "$2y$", PREPARE_HMAC },
    { "$5$", parse_sha_crypt, "$5$", PREPARE_NOT },
    { "$6$", parse_sha_crypt, "$6$", PREPARE_NOT },
    { "crypt$", parse_des, "", PREPARE_NOT },
};

/* Returns the text that the program gave to bcrypt, or NULL if OpenSSL fails. */
static const char *prepare(const mt_password_stored_t *stored, const char *password, char prepared[PREPARED_SIZE])
{
    unsigned char digest[DIGEST_LEN];
    const char *result = NULL;
    int is_made;

    if (stored->preparation == PREPARE_NOT)
        return password;
    if (stored->preparation == PREPARE_HMAC)
        is_made = HMAC(EVP_sha256(), stored->library + 7, BCRYPT_SALT_LEN, (const unsigned char *)password,
                       strlen(password), digest, NULL) != NULL;
    else
        is_made = EVP_Digest(password, strlen(password), digest, NULL, EVP_sha256(), NULL);
    if (is_made && stored->preparation == PREPARE_HEX)
        result = sodium_bin2hex(prepared, PREPARED_SIZE, digest, sizeof(digest));
    else if (is_made)
        result = sodium_bin2base64(prepared, PREPARED_SIZE, digest, sizeof(digest), sodium_base64_VARIANT_ORIGINAL);
    sodium_memzero(digest, sizeof(digest));
    return result;
}

static mt_password_result_t verify(const mt_password_stored_t *stored, apr_pool_t *pool, const char *password)
{
    char prepared[PREPARED_SIZE];
    const char *text = prepare(stored, password, prepared);
    mt_password_result_t result = MT_PASSWORD_WRONG;

    (void)pool;
    if (!text)
        return MT_PASSWORD_FAILED;
    /* It also accepts plain text, MD5 and SHA-1, so only the hashes of the table may reach it. */
    if (apr_password_validate(text, stored->library) == APR_SUCCESS)
        result = MT_PASSWORD_RIGHT;
    sodium_memzero(prepared, sizeof(prepared));
    return result;
}

int mt_password_crypt_parse(const char *hash, mt_password_stored_t *stored)
{
    for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
        size_t len = strlen(formats[i].prefix);

        if (strncmp(hash, formats[i].prefix, len) != 0)
            continue;
        stored->verify = verify;
        stored->preparation = formats[i].preparation;
        return formats[i].parse(hash + len, &formats[i], stored);
    }
    return 0;
}
