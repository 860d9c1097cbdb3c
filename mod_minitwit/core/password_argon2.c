/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/password_argon2.h"

#include "core/password_parse.h"

#include <sodium.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

/* Of the passes, the kibibytes and the lanes, in RFC 9106. The limits for the cost are much lower. */
#define NUMBER_MAX UINT32_MAX

#define SALT_MIN 8 /* bytes, as in RFC 9106 */
#define KEY_MIN  16

#define OUR_KEY_LEN 32

/* Of libsodium's functions, only crypto_pwhash can distinguish a lack of memory from a wrong password. It supports one
 * lane and one length of salts. */
static mt_password_result_t verify_exactly(const mt_password_stored_t *stored, const char *text)
{
    unsigned char key[MT_PASSWORD_KEY_MAX];

    return mt_password_stored_compare(stored,
                                      crypto_pwhash(key, stored->key_len, text, strlen(text), stored->salts[0].bytes,
                                                    stored->r, stored->n * 1024, crypto_pwhash_ALG_ARGON2ID13) == 0,
                                      key);
}

/* Maps as much memory as a verification does, and unmaps it. */
static int has_memory(const mt_password_stored_t *stored)
{
    void *block = mmap(NULL, stored->n * 1024, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (block == MAP_FAILED)
        return 0;
    munmap(block, stored->n * 1024);
    return 1;
}

mt_password_result_t mt_password_argon2_verify(const mt_password_stored_t *stored, apr_pool_t *pool, const char *text)
{
    (void)pool;
    if (sodium_init() < 0)
        return MT_PASSWORD_FAILED;
    if (stored->cost.passes > 0 && stored->salts[0].len == crypto_pwhash_SALTBYTES)
        return verify_exactly(stored, text);
    if (!has_memory(stored))
        return MT_PASSWORD_FAILED;
    return crypto_pwhash_str_verify(stored->text, text, strlen(text)) == 0 ? MT_PASSWORD_RIGHT : MT_PASSWORD_WRONG;
}

/* at is the text after the name of the algorithm. */
static int parse(const char *at, int is_id, mt_password_stored_t *stored)
{
    const char *salt, *key;
    apr_size_t salt_len;

    if (!mt_password_parse_number(&at, "v=19$m=", NUMBER_MAX, &stored->n) ||
        !mt_password_parse_number(&at, ",t=", NUMBER_MAX, &stored->r) ||
        !mt_password_parse_number(&at, ",p=", NUMBER_MAX, &stored->p) || stored->n / 8 < stored->p ||
        !mt_password_stored_split(at, &salt, &salt_len, &key))
        return 0;
    stored->salts[0].bytes = stored->salt_bytes;
    stored->salts[0].len = mt_password_parse_bytes(salt, salt_len, MT_PASSWORD_BASE64_UNPADDED, stored->salt_bytes,
                                                   sizeof(stored->salt_bytes));
    stored->key_len =
        mt_password_parse_bytes(key, strlen(key), MT_PASSWORD_BASE64_UNPADDED, stored->key, sizeof(stored->key));
    if (stored->salts[0].len < SALT_MIN || stored->key_len < KEY_MIN)
        return 0;
    stored->verify = mt_password_argon2_verify;
    stored->algorithm = MT_PASSWORD_ARGON2;
    stored->memory = (double)stored->n * 1024;
    stored->work = (double)stored->n * (double)stored->r;
    if (is_id && stored->p == 1)
        stored->cost = (mt_password_cost_t){ .memory = stored->n * 1024, .passes = (unsigned)stored->r };
    stored->is_ours =
        is_id && stored->p == 1 && stored->salts[0].len == crypto_pwhash_SALTBYTES && stored->key_len == OUR_KEY_LEN;
    return 1;
}

int mt_password_argon2_parse(const char *hash, mt_password_stored_t *stored)
{
    static const struct {
        const char *prefix;
        int skip; /* length of the prefix before the form that libsodium reads */
        int is_id;
    } formats[] = {
        { "$argon2id$", 0, 1 },
        { "$argon2i$", 0, 0 },
        { "argon2$argon2id$", 6, 1 },
        { "argon2$argon2i$", 6, 0 },
    };

    for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
        size_t len = strlen(formats[i].prefix);

        if (strncmp(hash, formats[i].prefix, len) != 0)
            continue;
        stored->text = hash + formats[i].skip;
        if (!parse(hash + len, formats[i].is_id, stored))
            return 0;
        stored->is_ours = stored->is_ours && formats[i].skip == 0;
        return 1;
    }
    return 0;
}
