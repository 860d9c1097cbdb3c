/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_PASSWORD_WRAPPED_H
#define MT_PASSWORD_WRAPPED_H

#include "core/password_argon2id.h"

/* Some other MiniTwits store plain digests of passwords, which an attacker can crack quickly. An import cannot
 * compute a proper hash, because it does not have the passwords. Instead it hashes the digest itself with Argon2id, and
 * a login repeats both steps:
 *
 *     import:  digest ------------------> Argon2id --> "wrapped:sha256:$argon2id$..."
 *     login:   password --> its digest --> Argon2id, compared with the stored hash
 *
 * The prefix is "wrapped:sha256:" or "wrapped:md5:". Argon2id reads the digest as lower-case hexadecimal text. */

#define MT_PASSWORD_DIGEST_SIZE 65 /* a digest as hexadecimal text, and the NUL */

/* Wraps a plain digest:
 *   64 hexadecimal digits                            SHA-256
 *   pbkdf2:sha256:ROUNDS$ and 64 hexadecimal digits  SHA-256: one port writes this prefix, but uses no salt or rounds
 *   32 hexadecimal digits                            MD5
 * Returns the wrapped hash in pool, or NULL if there is not enough memory or hash has another form. */
const char *mt_password_wrapped_make(apr_pool_t *pool, const char *hash, const mt_password_cost_t *cost);

/* Returns 1 for a digest that mt_password_wrapped_make accepts. */
int mt_password_wrapped_is_digest(const char *hash);

/* Returns the Argon2id hash inside a wrapped hash, or NULL if the hash is not wrapped. */
const char *mt_password_wrapped_inner(const char *hash);

/* Computes the password's digest with the algorithm that a wrapped hash names. Returns 1, or 0 if OpenSSL fails. */
int mt_password_wrapped_digest(const char *hash, const char *password, char digest[MT_PASSWORD_DIGEST_SIZE]);

#endif
