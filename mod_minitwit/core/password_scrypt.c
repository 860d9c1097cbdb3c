/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/password_foreign.h"
#include "core/password_parse.h"

#include <limits.h>
#include <sodium.h>
#include <string.h>

#define KEY_LEN         64 /* of Werkzeug and Django */
#define PASSLIB_KEY_LEN 32

typedef struct format_t {
    const char *prefix;
    int (*parse)(const char *rest, mt_password_stored_t *stored); /* the text after the prefix */
} format_t;

static int take_number(const char **at, const char *prefix, unsigned long *number)
{
    return mt_password_parse_number(at, prefix, INT_MAX, number);
}

/* The beginning of a key is the key of a shorter length, so the length must be known. */
static int take_key(const char *text, mt_password_encoding_t encoding, apr_size_t len, mt_password_stored_t *stored)
{
    stored->key_len = len;
    return mt_password_parse_bytes(text, strlen(text), encoding, stored->key, sizeof(stored->key)) == len;
}

/* "N:R:P$SALT$HEX". Werkzeug uses the salt's text, without decoding it. */
static int parse_werkzeug(const char *rest, mt_password_stored_t *stored)
{
    const char *salt, *key;
    apr_size_t len;

    if (!take_number(&rest, "", &stored->n) || !take_number(&rest, ":", &stored->r) ||
        !take_number(&rest, ":", &stored->p) || !mt_password_stored_split(rest, &salt, &len, &key))
        return 0;
    mt_password_stored_add_salts(stored, salt, len);
    return take_key(key, MT_PASSWORD_HEX, KEY_LEN, stored);
}

/* "N$SALT$R$P$BASE64" */
static int parse_django(const char *rest, mt_password_stored_t *stored)
{
    const char *salt, *at;
    apr_size_t len;

    if (!take_number(&rest, "", &stored->n) || !mt_password_stored_split(rest, &salt, &len, &at) ||
        !take_number(&at, "", &stored->r) || !take_number(&at, "$", &stored->p) || *at != '$')
        return 0;
    stored->salts[0] = (mt_password_salt_t){ (const unsigned char *)salt, len };
    stored->salts_count = 1;
    return take_key(at + 1, MT_PASSWORD_BASE64, KEY_LEN, stored);
}

/* "LOG2_N,r=R,p=P$SALT$KEY" */
static int parse_passlib(const char *rest, mt_password_stored_t *stored)
{
    unsigned long exponent;
    const char *salt, *key;
    apr_size_t len;

    if (!mt_password_parse_number(&rest, "", 31, &exponent) || !take_number(&rest, ",r=", &stored->r) ||
        !take_number(&rest, ",p=", &stored->p) || !mt_password_stored_split(rest, &salt, &len, &key))
        return 0;
    stored->n = 1UL << exponent;
    stored->salts[0].bytes = stored->salt_bytes;
    stored->salts[0].len =
        mt_password_parse_bytes(salt, len, MT_PASSWORD_BASE64_UNPADDED, stored->salt_bytes, sizeof(stored->salt_bytes));
    stored->salts_count = 1;
    return stored->salts[0].len > 0 && take_key(key, MT_PASSWORD_BASE64_UNPADDED, PASSLIB_KEY_LEN, stored);
}

static const format_t formats[] = {
    { "scrypt:", parse_werkzeug },
    { "scrypt$", parse_django },
    { "$scrypt$ln=", parse_passlib },
};

static mt_password_result_t verify(const mt_password_stored_t *stored, apr_pool_t *pool, const char *password)
{
    mt_password_result_t result = MT_PASSWORD_WRONG;
    unsigned char key[MT_PASSWORD_KEY_MAX];
    /* OpenSSL's default limit is 32 MiB. The limit also covers its working blocks. */
    apr_uint64_t limit = (apr_uint64_t)128 * stored->r * (stored->n + stored->p + 2);

    (void)pool;
    for (int i = 0; result == MT_PASSWORD_WRONG && i < stored->salts_count; i++) {
        int derived = EVP_PBE_scrypt(password, strlen(password), stored->salts[i].bytes, stored->salts[i].len,
                                     stored->n, stored->r, stored->p, limit, key, stored->key_len);

        result = mt_password_stored_compare(stored, derived, key);
    }
    sodium_memzero(key, sizeof(key));
    return result;
}

/* RFC 7914: N is a power of two, and smaller than 2^(128 * r / 8). p * r is smaller than 2^30. */
static int is_valid(const mt_password_stored_t *stored)
{
    return stored->n >= 2 && (stored->n & (stored->n - 1)) == 0 &&
           (stored->r >= 4 || stored->n >> (16 * stored->r) == 0) && stored->r * stored->p < 1UL << 30;
}

int mt_password_scrypt_parse(const char *hash, mt_password_stored_t *stored)
{
    for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
        size_t len = strlen(formats[i].prefix);

        if (strncmp(hash, formats[i].prefix, len) != 0)
            continue;
        if (!formats[i].parse(hash + len, stored) || !is_valid(stored))
            return 0;
        stored->verify = verify;
        stored->algorithm = MT_PASSWORD_SCRYPT;
        /* Floating-point numbers do not wrap around. */
        stored->memory = 128.0 * (double)stored->r * (double)(stored->n > stored->p ? stored->n : stored->p);
        stored->work = 128.0 * (double)stored->n * (double)stored->r * (double)stored->p * stored->salts_count;
        return 1;
    }
    return 0;
}
