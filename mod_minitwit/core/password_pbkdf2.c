/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/password_foreign.h"
#include "core/password_parse.h"

#include <limits.h>
#include <sodium.h>
#include <string.h>

#define ASPNET_KEY_LEN 32 /* the beginning of a key is the key of a shorter length, so a cut key must be refused */

typedef struct format_t {
    const char *prefix;
    int (*parse)(const char *rest, mt_password_stored_t *stored); /* the text after the prefix */
    const EVP_MD *(*digest)(void);                                /* NULL: parse sets it */
} format_t;

static int take_key(const char *text, mt_password_encoding_t encoding, mt_password_stored_t *stored)
{
    stored->key_len = (apr_size_t)EVP_MD_get_size(stored->digest);
    return mt_password_parse_bytes(text, strlen(text), encoding, stored->key, sizeof(stored->key)) == stored->key_len;
}

static int take_rounds(const char **at, const char *prefix, mt_password_stored_t *stored)
{
    stored->rounds_count = 1;
    return mt_password_parse_number(at, prefix, INT_MAX, &stored->rounds[0]);
}

/* ":ROUNDS$SALT$HEX", or "$SALT$HEX" with the default rounds of one of Werkzeug's versions. */
static int parse_werkzeug(const char *rest, mt_password_stored_t *stored)
{
    /* DEFAULT_PBKDF2_ITERATIONS in Werkzeug 0.9, 0.12, 0.15, 2.0, 2.3 and 3.1. */
    static const unsigned long defaults[MT_PASSWORD_ROUNDS_MAX] = { 1000, 50000, 150000, 260000, 600000, 1000000 };
    const char *salt, *key;
    apr_size_t len;

    if (*rest == ':' && !take_rounds(&rest, ":", stored))
        return 0;
    if (stored->rounds_count == 0) {
        memcpy(stored->rounds, defaults, sizeof(defaults));
        stored->rounds_count = MT_PASSWORD_ROUNDS_MAX;
    }
    if (!mt_password_stored_split(rest, &salt, &len, &key))
        return 0;
    mt_password_stored_add_salts(stored, salt, len);
    return take_key(key, MT_PASSWORD_HEX, stored);
}

/* "ROUNDS$SALT$BASE64" */
static int parse_django(const char *rest, mt_password_stored_t *stored)
{
    const char *salt, *key;
    apr_size_t len;

    if (!take_rounds(&rest, "", stored) || !mt_password_stored_split(rest, &salt, &len, &key))
        return 0;
    stored->salts[0] = (mt_password_salt_t){ (const unsigned char *)salt, len };
    stored->salts_count = 1;
    return take_key(key, MT_PASSWORD_BASE64, stored);
}

static int take_decoded(const char *rest, mt_password_encoding_t encoding, mt_password_stored_t *stored)
{
    const char *salt, *key;
    apr_size_t len;

    if (!mt_password_stored_split(rest, &salt, &len, &key))
        return 0;
    stored->salts[0].bytes = stored->salt_bytes;
    stored->salts[0].len = mt_password_parse_bytes(salt, len, encoding, stored->salt_bytes, sizeof(stored->salt_bytes));
    stored->salts_count = 1;
    return stored->salts[0].len > 0 && take_key(key, encoding, stored);
}

/* "ROUNDS$SALT$KEY" */
static int parse_passlib(const char *rest, mt_password_stored_t *stored)
{
    return take_rounds(&rest, "", stored) && take_decoded(rest, MT_PASSWORD_AB64, stored);
}

/* "i=ROUNDS$SALT$KEY" or "i=ROUNDS,l=LENGTH$SALT$KEY", the PHC string format. */
static int parse_phc(const char *rest, mt_password_stored_t *stored)
{
    unsigned long len = 0;

    if (!take_rounds(&rest, "", stored))
        return 0;
    if (*rest == ',' && !mt_password_parse_number(&rest, ",l=", MT_PASSWORD_KEY_MAX, &len))
        return 0;
    return take_decoded(rest, MT_PASSWORD_BASE64_UNPADDED, stored) && (len == 0 || len == stored->key_len);
}

static unsigned long read_number(const unsigned char *bytes)
{
    return (unsigned long)bytes[0] << 24 | (unsigned long)bytes[1] << 16 | (unsigned long)bytes[2] << 8 | bytes[3];
}

/* ASP.NET Core's PasswordHasher: the base64 of a byte for the version, parameters, salt and key.
 *   version 2: 0, a salt of 16 bytes, a key of 32: PBKDF2-HMAC-SHA1 with 1000 rounds
 *   version 3: 1, the digest, the rounds and the length of the salt as big-endian 32-bit numbers, the salt, the key */
static int parse_aspnet(const char *rest, mt_password_stored_t *stored)
{
    static const EVP_MD *(*const digests[])(void) = { EVP_sha1, EVP_sha256, EVP_sha512 };
    const unsigned char *bytes = stored->salt_bytes;
    apr_size_t len =
        mt_password_parse_bytes(rest, strlen(rest), MT_PASSWORD_BASE64, stored->salt_bytes, sizeof(stored->salt_bytes));
    apr_size_t start = 1, salt_len = 16;

    if (len == 49 && bytes[0] == 0) {
        stored->digest = EVP_sha1();
        stored->rounds[0] = 1000;
    }
    else if (len > 13 && bytes[0] == 1 && read_number(bytes + 1) < sizeof(digests) / sizeof(digests[0])) {
        stored->digest = digests[read_number(bytes + 1)]();
        stored->rounds[0] = read_number(bytes + 5);
        salt_len = read_number(bytes + 9);
        start = 13;
    }
    else
        return 0;
    if (stored->rounds[0] == 0 || stored->rounds[0] > INT_MAX || salt_len < 16 ||
        salt_len + ASPNET_KEY_LEN != len - start)
        return 0;
    stored->rounds_count = stored->salts_count = 1;
    stored->salts[0] = (mt_password_salt_t){ bytes + start, salt_len };
    stored->key_len = ASPNET_KEY_LEN;
    memcpy(stored->key, bytes + start + salt_len, stored->key_len);
    return 1;
}

static const format_t formats[] = {
    { "pbkdf2:sha256", parse_werkzeug, EVP_sha256 },  { "pbkdf2:sha1", parse_werkzeug, EVP_sha1 },
    { "pbkdf2:sha512", parse_werkzeug, EVP_sha512 },  { "pbkdf2:sha224", parse_werkzeug, EVP_sha224 },
    { "pbkdf2:sha384", parse_werkzeug, EVP_sha384 },  { "pbkdf2:md5", parse_werkzeug, EVP_md5 },
    { "pbkdf2_sha256$", parse_django, EVP_sha256 },   { "pbkdf2_sha1$", parse_django, EVP_sha1 },
    { "$pbkdf2$", parse_passlib, EVP_sha1 },          { "$pbkdf2-sha256$i=", parse_phc, EVP_sha256 },
    { "$pbkdf2-sha512$i=", parse_phc, EVP_sha512 },   { "$pbkdf2-sha256$", parse_passlib, EVP_sha256 },
    { "$pbkdf2-sha512$", parse_passlib, EVP_sha512 }, { "", parse_aspnet, NULL },
};

static mt_password_result_t verify(const mt_password_stored_t *stored, apr_pool_t *pool, const char *password)
{
    mt_password_result_t result = MT_PASSWORD_WRONG;
    unsigned char key[MT_PASSWORD_KEY_MAX];

    (void)pool;
    for (int i = 0; result == MT_PASSWORD_WRONG && i < stored->rounds_count * stored->salts_count; i++) {
        const mt_password_salt_t *salt = &stored->salts[i % stored->salts_count];
        int derived =
            PKCS5_PBKDF2_HMAC(password, (int)strlen(password), salt->bytes, (int)salt->len,
                              (int)stored->rounds[i / stored->salts_count], stored->digest, (int)stored->key_len, key);

        result = mt_password_stored_compare(stored, derived, key);
    }
    sodium_memzero(key, sizeof(key));
    return result;
}

/* Each block of the key takes all rounds. */
static void set_work(mt_password_stored_t *stored)
{
    apr_size_t size = (apr_size_t)EVP_MD_get_size(stored->digest);
    apr_size_t blocks = (stored->key_len + size - 1) / size;

    stored->work = 0;
    for (int i = 0; i < stored->rounds_count; i++)
        stored->work += (double)blocks * stored->salts_count * (double)stored->rounds[i];
    stored->algorithm = size <= 20   ? MT_PASSWORD_PBKDF2_SHA1
                        : size <= 32 ? MT_PASSWORD_PBKDF2_SHA256
                                     : MT_PASSWORD_PBKDF2_SHA512;
}

int mt_password_pbkdf2_parse(const char *hash, mt_password_stored_t *stored)
{
    const format_t *format = formats;

    while (strncmp(hash, format->prefix, strlen(format->prefix)) != 0)
        format++;
    if (format->digest)
        stored->digest = format->digest();
    if (!format->parse(hash + strlen(format->prefix), stored))
        return 0;
    stored->verify = verify;
    set_work(stored);
    return 1;
}
