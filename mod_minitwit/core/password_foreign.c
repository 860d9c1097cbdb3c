/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/password_foreign.h"

#include <string.h>

int mt_password_foreign_parse(const char *hash, mt_password_stored_t *stored)
{
    static int (*const families[])(const char *hash, mt_password_stored_t *stored) = {
        mt_password_scrypt_parse,
        mt_password_crypt_parse,
        mt_password_digest_parse,
        mt_password_pbkdf2_parse,
    };

    for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
        memset(stored, 0, sizeof(*stored));
        if (families[i](hash, stored))
            return 1;
    }
    return 0;
}
