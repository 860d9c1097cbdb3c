/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_PASSWORD_WRAPPED_H
#define MT_PASSWORD_WRAPPED_H

#include "core/password_stored.h"

/* Some other MiniTwits store digests of passwords, which an attacker can crack quickly. An import cannot compute a
 * proper hash, because it does not have the passwords. Instead it hashes the digest itself with Argon2id, and a login
 * repeats both steps:
 *
 *     import:  digest ------------------> Argon2id --> "wrapped:sha256:$argon2id$..."
 *     login:   password --> its digest --> Argon2id, compared with the stored hash
 *
 * The form is "wrapped:NAME:" or "wrapped:NAME:SALT:", followed by the Argon2id hash. NAME is that of a digest in
 * password_digest.c. Argon2id reads the digest as lower-case hexadecimal text. With a salt, a login tries both ways of
 * mt_password_digest_compute. */

/* Wraps a digest in upper or lower case:
 *   hexadecimal digits                               of MD5, SHA-1, SHA-224, SHA-256, SHA-384 or SHA-512
 *   pbkdf2:sha256:ROUNDS$ and 64 hexadecimal digits  SHA-256: one port writes this prefix, but uses no salt or rounds
 *   NAME$$HEX                                        the same digests: Werkzeug and Django, without a salt
 *   NAME$SALT$HEX                                    the same with a salt
 *   plain$$PASSWORD                                  not a digest: Werkzeug's plain text, which becomes a hash of ours
 * Returns the hash in pool, or NULL if there is not enough memory or hash has another form. */
const char *mt_password_wrapped_make(apr_pool_t *pool, const char *hash, const mt_password_cost_t *cost);

/* Returns 1 for a text that mt_password_wrapped_make accepts. */
int mt_password_wrapped_is_digest(const char *hash);

/* Parses a wrapped hash. */
int mt_password_wrapped_parse(const char *hash, mt_password_stored_t *stored);

#endif
