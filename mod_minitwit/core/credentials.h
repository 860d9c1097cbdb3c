/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_CREDENTIALS_H
#define MT_CREDENTIALS_H

#include <apr_pools.h>

/* Returns 1 if an Authorization header of the Basic scheme (RFC 7617) has exactly the expected credentials,
 * "user:password". The scheme's name may be in any case. authorization may be NULL. If expected is NULL, nothing
 * matches. The time does not depend on which part of the credentials is wrong. */
int mt_credentials_match(apr_pool_t *pool, const char *authorization, const char *expected);

#endif
