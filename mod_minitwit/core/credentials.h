/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_CREDENTIALS_H
#define MT_CREDENTIALS_H

#include <apr_pools.h>

/* 1 when the value of an Authorization header holds, by the Basic scheme (RFC 7617, scheme in any case), exactly these
 * credentials ("user:password"). authorization may be NULL; when expected is NULL, nothing matches. Takes the same time
 * for every wrong answer. */
int mt_credentials_match(apr_pool_t *pool, const char *authorization, const char *expected);

#endif
