/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_PASSWORD_H
#define MT_PASSWORD_H

#include "core/password_argon2id.h"
#include "core/password_speed.h"

/* Verifies passwords. A stored hash belongs to one of three families, which its beginning shows:
 *
 *     $argon2id$...    our own (password_argon2id.h); all new hashes
 *     wrapped:...      an imported digest, hashed again with Argon2id (password_wrapped.h)
 *     any other text   made by another MiniTwit and imported as it is (password_argon2.h, password_foreign.h)
 *
 * At a user's first login, the result for a hash that is not our own is MT_PASSWORD_OUTDATED. The caller then has the
 * password and replaces the hash by one of our own.
 *
 * The stored hash determines the memory and the time of a login. Therefore both are estimated first, from the
 * parameters in the hash and the speed of the machine. A hash above MT_PASSWORD_SECONDS_MAX or MT_PASSWORD_MEMORY_MAX
 * counts as wrong. */

/* The first character of the hash of a disabled user. No version of this code accepts a password for such a hash, and
 * removing the mark restores the hash. */
#define MT_PASSWORD_DISABLED '!'

/* Stored instead of a hash for a user without a password. The second one is for such a user who is also disabled. */
#define MT_PASSWORD_NONE          "*"
#define MT_PASSWORD_NONE_DISABLED "!*"

/* Compares in constant time. cost is the cost of new hashes. For a disabled user, the result is MT_PASSWORD_WRONG after
 * the usual time. A hash of an unknown form, or one above the limits, is wrong for each password. A hash of our own
 * with at most this cost is within the limits on each machine. */
mt_password_result_t mt_password_verify(apr_pool_t *pool, const char *password, const char *hash,
                                        const mt_password_cost_t *cost, const mt_password_speed_t *speed);

/* Returns 1 for a hash of a known form, so mt_password_verify can succeed on a machine that is fast enough. */
int mt_password_is_known(const char *hash);

/* Returns 1 for a known hash within the limits on this machine. */
int mt_password_is_affordable(const char *hash, const mt_password_speed_t *speed);

/* Returns 1 if verifying the hash may take longer than a hash of our own with this cost: it was made by another
 * program, or with a higher cost. */
int mt_password_is_foreign(const char *hash, const mt_password_cost_t *cost);

#endif
