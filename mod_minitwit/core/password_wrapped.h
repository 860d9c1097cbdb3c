/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_PASSWORD_WRAPPED_H
#define MT_PASSWORD_WRAPPED_H

#include "core/password_argon2id.h"

/* Other MiniTwits have stored plain digests of passwords, which are found out in no time. Whoever imports them wraps them at once:
 * "wrapped:sha256:" or "wrapped:md5:", followed by the Argon2id hash of the digest's lower-case hexadecimal text. */

#define MT_PASSWORD_DIGEST_SIZE 65 /* a digest as hexadecimal text, and the NUL */

/* Wraps a plain digest:
 *   64 hexadecimal digits                            SHA-256
 *   pbkdf2:sha256:ROUNDS$ and 64 hexadecimal digits  the same: a port writes the prefix, but neither salts nor iterates
 *   32 hexadecimal digits                            MD5
 * Returns NULL when memory is short, or hash is none of these. */
const char *mt_password_wrapped_make(apr_pool_t *pool, const char *hash, const mt_password_cost_t *cost);

/* 1 for what the former takes. */
int mt_password_wrapped_is_digest(const char *hash);

/* The Argon2id hash inside of a wrapped one; NULL when it is none. */
const char *mt_password_wrapped_inner(const char *hash);

/* Computes the password's digest of the kind that a wrapped hash names. Returns 0 when OpenSSL refuses. */
int mt_password_wrapped_digest(const char *hash, const char *password, char digest[MT_PASSWORD_DIGEST_SIZE]);

#endif
