/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/password_stored.h"

#include "core/password_parse.h"

#include <sodium.h>
#include <string.h>

/* A password of this length takes about twice the time of a short one. It is the block of SHA-256, and a part of the
 * block of SHA-512. */
#define LEN_DOUBLED 64

int mt_password_stored_is_affordable(const mt_password_stored_t *stored, const mt_password_speed_t *speed,
                                     apr_size_t len)
{
    double factor = stored->grows_with_len ? 1 + (double)len / LEN_DOUBLED : 1;

    return stored->memory <= MT_PASSWORD_MEMORY_MAX * 1024.0 * 1024 &&
           stored->work * factor <= MT_PASSWORD_SECONDS_MAX * speed->per_second[stored->algorithm];
}

int mt_password_stored_split(const char *text, const char **salt, apr_size_t *salt_len, const char **key)
{
    const char *end = *text == '$' ? strchr(text + 1, '$') : NULL;

    if (!end || end == text + 1)
        return 0;
    *salt = text + 1;
    *salt_len = (apr_size_t)(end - *salt);
    *key = end + 1;
    return 1;
}

void mt_password_stored_add_salts(mt_password_stored_t *stored, const char *salt, apr_size_t len)
{
    apr_size_t decoded =
        mt_password_parse_bytes(salt, len, MT_PASSWORD_HEX, stored->salt_bytes, sizeof(stored->salt_bytes));

    stored->salts[stored->salts_count++] = (mt_password_salt_t){ (const unsigned char *)salt, len };
    if (decoded > 0)
        stored->salts[stored->salts_count++] = (mt_password_salt_t){ stored->salt_bytes, decoded };
}

mt_password_result_t mt_password_stored_compare(const mt_password_stored_t *stored, int derived,
                                                const unsigned char *key)
{
    if (!derived)
        return MT_PASSWORD_FAILED;
    return sodium_memcmp(key, stored->key, stored->key_len) == 0 ? MT_PASSWORD_RIGHT : MT_PASSWORD_WRONG;
}
