/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_COOKIE_H
#define MT_COOKIE_H

#include <apr_pools.h>

typedef struct mt_cookie_t {
    const char *name;
    const char *value; /* "" with max_age 0 deletes the cookie */
    const char *path;
    long max_age; /* seconds; negative: until the browser closes */
    int secure;
} mt_cookie_t;

/* Returns the value of the first cookie with this name in a Cookie header (RFC 6265, section 5.4), or NULL if there is
 * none. header may be NULL. */
const char *mt_cookie_get(apr_pool_t *pool, const char *header, const char *name);

/* Returns the value of a Set-Cookie header, in pool. It always has HttpOnly and SameSite=Lax. */
const char *mt_cookie_format(apr_pool_t *pool, const mt_cookie_t *cookie);

/* Returns the cookie's name with the prefix that makes a browser enforce its attributes: "__Host-" for a secure cookie
 * with the path "/", "__Secure-" for one with another path, and no prefix for a cookie that is not secure. */
const char *mt_cookie_name(apr_pool_t *pool, const char *name, const char *path, int secure);

#endif
