/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/password_wrapped.h"

#include "core/password_parse.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <limits.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <sodium.h>
#include <string.h>

typedef struct kind_t {
    const char *prefix;
    const EVP_MD *(*digest)(void);
    size_t len; /* of its hexadecimal text */
} kind_t;

static const kind_t kinds[] = {
    { "wrapped:sha256:", EVP_sha256, 64 },
    { "wrapped:md5:", EVP_md5, 32 },
};

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static int is_hex(const char *text)
{
    while (apr_isxdigit(*text))
        text++;
    return *text == '\0';
}

/* Returns NULL if hash is not a plain digest. Sets *hex to its digits. */
static const kind_t *find_digest(const char *hash, const char **hex)
{
    const char *at = hash;
    unsigned long rounds;
    int has_prefix = mt_password_parse_number(&at, "pbkdf2:sha256:", ULONG_MAX, &rounds) && *at == '$';

    *hex = has_prefix ? at + 1 : hash;
    for (size_t i = 0; i < (has_prefix ? 1 : KINDS); i++) {
        if (strlen(*hex) == kinds[i].len && is_hex(*hex))
            return &kinds[i];
    }
    return NULL;
}

static const kind_t *find_wrapped(const char *hash)
{
    for (size_t i = 0; i < KINDS; i++) {
        if (strncmp(hash, kinds[i].prefix, strlen(kinds[i].prefix)) == 0)
            return &kinds[i];
    }
    return NULL;
}

int mt_password_wrapped_is_digest(const char *hash)
{
    const char *hex;

    return find_digest(hash, &hex) != NULL;
}

const char *mt_password_wrapped_make(apr_pool_t *pool, const char *hash, const mt_password_cost_t *cost)
{
    char lower[MT_PASSWORD_DIGEST_SIZE];
    const char *hex, *inner;
    const kind_t *kind = find_digest(hash, &hex);

    if (!kind)
        return NULL;
    apr_cpystrn(lower, hex, sizeof(lower));
    for (char *at = lower; *at; at++)
        *at = apr_tolower(*at);
    inner = mt_password_argon2id_make(pool, lower, cost);
    return inner ? apr_pstrcat(pool, kind->prefix, inner, NULL) : NULL;
}

const char *mt_password_wrapped_inner(const char *hash)
{
    const kind_t *kind = find_wrapped(hash);

    return kind ? hash + strlen(kind->prefix) : NULL;
}

int mt_password_wrapped_digest(const char *hash, const char *password, char digest[MT_PASSWORD_DIGEST_SIZE])
{
    unsigned char bytes[EVP_MAX_MD_SIZE];
    const kind_t *kind = find_wrapped(hash);
    int is_made;

    if (!kind)
        return 0;
    /* OpenSSL's errors stay in the thread's queue, where TLS would mistake them for its own. */
    ERR_set_mark();
    is_made = EVP_Digest(password, strlen(password), bytes, NULL, kind->digest(), NULL);
    ERR_pop_to_mark();
    if (is_made)
        sodium_bin2hex(digest, MT_PASSWORD_DIGEST_SIZE, bytes, kind->len / 2);
    sodium_memzero(bytes, sizeof(bytes));
    return is_made;
}
