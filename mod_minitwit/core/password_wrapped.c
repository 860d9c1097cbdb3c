/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/password_wrapped.h"

#include "core/password_argon2.h"
#include "core/password_digest.h"
#include "core/password_parse.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <limits.h>
#include <sodium.h>
#include <string.h>

#define PREFIX "wrapped:"
#define PLAIN  "plain$$"

typedef struct plain_t {
    const mt_password_digest_t *digest;
    const char *salt; /* not NUL-terminated */
    apr_size_t salt_len;
    const char *hex;
} plain_t;

/* The import quotes wrapped hashes in an array of PostgreSQL, so the salt must not need an escape there. Programs use
 * letters and digits. A wrapped hash with a longer salt would exceed MT_PASSWORD_PARSE_MAX. */
static int is_salt(const char *salt, apr_size_t len)
{
    if (len > MT_PASSWORD_SALT_MAX)
        return 0;
    for (apr_size_t i = 0; i < len; i++) {
        if (!apr_isascii(salt[i]) || !apr_isgraph(salt[i]) || strchr("\"\\$", salt[i]))
            return 0;
    }
    return 1;
}

/* Returns 0 if hash is not a digest. */
static int split(const char *hash, plain_t *plain)
{
    const char *at = hash;
    unsigned long rounds;

    *plain = (plain_t){ .salt = "", .hex = hash };
    if (mt_password_parse_number(&at, "pbkdf2:sha256:", ULONG_MAX, &rounds) && *at == '$') {
        plain->hex = at + 1;
        plain->digest = mt_password_digest_by_hex(plain->hex);
        return plain->digest && plain->digest == mt_password_digest_by_name("sha256", '\0');
    }
    plain->digest = mt_password_digest_split(hash, &plain->salt, &plain->salt_len, &plain->hex);
    if (!plain->digest)
        plain->digest = mt_password_digest_by_hex(hash);
    return plain->digest && is_salt(plain->salt, plain->salt_len);
}

static const char *find_password(const char *hash)
{
    return strncmp(hash, PLAIN, sizeof(PLAIN) - 1) == 0 && hash[sizeof(PLAIN) - 1] ? hash + sizeof(PLAIN) - 1 : NULL;
}

int mt_password_wrapped_is_digest(const char *hash)
{
    plain_t plain;

    return find_password(hash) || split(hash, &plain);
}

const char *mt_password_wrapped_make(apr_pool_t *pool, const char *hash, const mt_password_cost_t *cost)
{
    char lower[MT_PASSWORD_DIGEST_SIZE];
    const char *inner;
    plain_t plain;

    if (find_password(hash))
        return mt_password_argon2id_make(pool, find_password(hash), cost);
    if (!split(hash, &plain))
        return NULL;
    apr_cpystrn(lower, plain.hex, sizeof(lower));
    for (char *at = lower; *at; at++)
        *at = apr_tolower(*at);
    inner = mt_password_argon2id_make(pool, lower, cost);
    return inner ? apr_psprintf(pool, PREFIX "%s:%.*s%s%s", plain.digest->name, (int)plain.salt_len, plain.salt,
                                plain.salt_len > 0 ? ":" : "", inner)
                 : NULL;
}

/* The salt of the digest is the second one, because the first one belongs to Argon2id. */
static mt_password_result_t verify(const mt_password_stored_t *stored, apr_pool_t *pool, const char *password)
{
    unsigned char made[MT_PASSWORD_DIGEST_WAYS][MT_PASSWORD_DIGEST_MAX];
    mt_password_result_t result = MT_PASSWORD_WRONG;
    char hex[MT_PASSWORD_DIGEST_SIZE];
    int ways = mt_password_digest_compute(stored->digest, (const char *)stored->salts[1].bytes, stored->salts[1].len,
                                          password, made);

    if (ways == 0)
        return MT_PASSWORD_FAILED;
    for (int i = 0; result == MT_PASSWORD_WRONG && i < ways; i++) {
        sodium_bin2hex(hex, sizeof(hex), made[i], (size_t)EVP_MD_get_size(stored->digest));
        result = mt_password_argon2_verify(stored, pool, hex);
    }
    sodium_memzero(made, sizeof(made));
    sodium_memzero(hex, sizeof(hex));
    return result;
}

int mt_password_wrapped_parse(const char *hash, mt_password_stored_t *stored)
{
    const mt_password_digest_t *digest;
    const char *salt, *inner;

    if (strncmp(hash, PREFIX, sizeof(PREFIX) - 1) != 0)
        return 0;
    digest = mt_password_digest_by_name(hash + sizeof(PREFIX) - 1, ':');
    inner = strchr(hash, '$');
    if (!digest || !inner || !mt_password_argon2_parse(inner, stored) || !stored->is_ours)
        return 0;
    salt = hash + sizeof(PREFIX) - 1 + strlen(digest->name) + 1;
    if (inner > salt) {
        if (inner[-1] != ':' || inner - 1 == salt)
            return 0;
        stored->salts[1] = (mt_password_salt_t){ (const unsigned char *)salt, (apr_size_t)(inner - 1 - salt) };
        stored->work *= MT_PASSWORD_DIGEST_WAYS;
    }
    stored->verify = verify;
    stored->digest = digest->function();
    stored->is_ours = 0;
    return 1;
}
