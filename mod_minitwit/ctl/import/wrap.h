/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_WRAP_H
#define MT_WRAP_H

#include <apr_pools.h>

/* Wraps count digests of passwords in Argon2id (core/password_wrapped.h), at the preset cost, on as many threads as
 * there are processors for this process. Returns NULL, or the message for the operator. */
const char *mt_ctl_wrap_digests(apr_pool_t *pool, int count, const char *const *digests, const char **hashes);

/* How many threads that are. */
int mt_ctl_wrap_threads(void);

#endif
