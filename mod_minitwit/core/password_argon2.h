/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_PASSWORD_ARGON2_H
#define MT_PASSWORD_ARGON2_H

#include "core/password_stored.h"

/* Parses a hash of Argon2, version 1.3:
 *   $argon2id$v=19$m=KIBIBYTES,t=PASSES,p=LANES$SALT$KEY   our own, argon2-cffi, passlib, PHP, and others
 *   $argon2i$...                                         the same, older
 *   argon2$argon2id$... argon2$argon2i$...               Django */
int mt_password_argon2_parse(const char *hash, mt_password_stored_t *stored);

/* Verifies a text against a parsed hash, also one inside a wrapped hash. */
mt_password_result_t mt_password_argon2_verify(const mt_password_stored_t *stored, apr_pool_t *pool, const char *text);

#endif
