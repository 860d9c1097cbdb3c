/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_WRAP_H
#define MT_WRAP_H

#include <apr_pools.h>

/* Wraps count digests of passwords in Argon2id (core/password_wrapped.h) with the default cost. It uses one thread per
 * processor of this process. Sets hashes, in pool. Returns NULL, or the message for the operator. */
const char *mt_ctl_wrap_digests(apr_pool_t *pool, int count, const char *const *digests, const char **hashes);

/* Returns the number of these threads. */
int mt_ctl_wrap_threads(void);

#endif
