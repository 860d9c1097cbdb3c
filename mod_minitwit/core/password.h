/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_PASSWORD_H
#define MT_PASSWORD_H

#include "core/password_argon2id.h"

/* Verifies passwords. A stored hash belongs to one of three families, which its beginning shows:
 *
 *     $argon2id$...          our own (password_argon2id.h); all new hashes
 *     pbkdf2..., scrypt:...  made by another MiniTwit and imported as they are (password_foreign.h)
 *     $2a$ $2b$ $2y$         the same
 *     wrapped:...            an imported plain digest, hashed again with Argon2id (password_wrapped.h)
 *
 * At a user's first login, the result for a hash that is not our own is MT_PASSWORD_OUTDATED. The caller then has the
 * password and replaces the hash by one of our own. */

/* The first character of the hash of a disabled user. No version of this code accepts a password for such a hash, and
 * removing the mark restores the hash. */
#define MT_PASSWORD_DISABLED '!'

/* Stored instead of a hash for a user without a password. The second one is for such a user who is also disabled. */
#define MT_PASSWORD_NONE          "*"
#define MT_PASSWORD_NONE_DISABLED "!*"

/* Compares in constant time. cost is the cost of new hashes. For a disabled user, the result is MT_PASSWORD_WRONG after
 * the usual time. A hash of an unknown form, or one that costs more than its family's limits, is wrong for each
 * password. */
mt_password_result_t mt_password_verify(apr_pool_t *pool, const char *password, const char *hash,
                                        const mt_password_cost_t *cost);

/* Returns 1 for a hash of a known form within the limits, so mt_password_verify can succeed. */
int mt_password_is_known(const char *hash);

/* Returns 1 if verifying the hash may take longer than a hash of our own with this cost: it was made by another
 * program, or with a higher cost. */
int mt_password_is_foreign(const char *hash, const mt_password_cost_t *cost);

#endif
