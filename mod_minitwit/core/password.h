/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_PASSWORD_H
#define MT_PASSWORD_H

#include "core/password_argon2id.h"

/* Stands before the hash of a user who is disabled: no password fits it, for any version of this code, and what it was can be
 * restored. */
#define MT_PASSWORD_DISABLED '!'

/* In place of the hash of a user who has no password yet, and the same of one who is disabled as well. */
#define MT_PASSWORD_NONE          "*"
#define MT_PASSWORD_NONE_DISABLED "!*"

/* Compares in constant time. Of a user who is disabled, it is wrong in the time that it otherwise takes. Besides our own, hashes of
 * other MiniTwits count (password_foreign.h), and their digests once they are wrapped (password_wrapped.h); a form that is unknown,
 * or dearer than the caps here and there, is wrong. */
mt_password_result_t mt_password_verify(apr_pool_t *pool, const char *password, const char *hash,
                                        const mt_password_cost_t *cost);

/* 1 for a hash that mt_password_verify can find a password right for: of a known form, and within the caps. */
int mt_password_is_known(const char *hash);

#endif
