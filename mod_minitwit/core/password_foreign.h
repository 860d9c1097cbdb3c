/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_PASSWORD_FOREIGN_H
#define MT_PASSWORD_FOREIGN_H

#include "core/password_argon2id.h"

/* Other MiniTwits hash passwords with the library of their language. An import keeps such hashes, so that users need no
 * new passwords. New hashes of these forms are never made. */

/* Limits for verifying a foreign hash. A hash above them counts as wrong. */
#define MT_PASSWORD_PBKDF2_ITERATIONS_MAX 1000000
#define MT_PASSWORD_SCRYPT_MEMORY_MAX     (64UL * 1024 * 1024)  /* bytes: 128 * N * r */
#define MT_PASSWORD_SCRYPT_WORK_MAX       (128UL * 1024 * 1024) /* 128 * N * r * p */
#define MT_PASSWORD_BCRYPT_COST_MAX       14

/* Verifies a password against a hash of one of these forms:
 *   pbkdf2:sha256:ROUNDS$SALT$HEX (also sha1, sha512)         Werkzeug
 *   scrypt:N:R:P$SALT$HEX                                     Werkzeug
 *   pbkdf2_sha256$ROUNDS$SALT$BASE64                          Django
 *   $2a$ $2b$ $2y$                                            bcrypt
 * A right password gives MT_PASSWORD_OUTDATED, never MT_PASSWORD_RIGHT. Unsalted digests are never accepted. */
mt_password_result_t mt_password_foreign_verify(apr_pool_t *pool, const char *password, const char *hash);

/* Returns 1 for a hash of these forms within the limits. */
int mt_password_foreign_is_known(const char *hash);

#endif
