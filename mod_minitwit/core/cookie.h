/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_COOKIE_H
#define MT_COOKIE_H

#include <apr_pools.h>

typedef struct mt_cookie_t {
    const char *name;
    const char *value; /* "" together with max_age 0 deletes the cookie */
    const char *path;
    long max_age; /* seconds; negative: until the browser closes */
    int secure;
} mt_cookie_t;

/* The value of the first cookie of that name in a Cookie header (RFC 6265 5.4), NULL when there is none.
 * header may be NULL. */
const char *mt_cookie_get(apr_pool_t *pool, const char *header, const char *name);

/* The value of a Set-Cookie header: always HttpOnly and SameSite=Lax. */
const char *mt_cookie_format(apr_pool_t *pool, const mt_cookie_t *cookie);

/* The name under which a browser enforces what the cookie promises: "__Host-" before it when it is secure and its
 * path is "/", "__Secure-" when it is secure below another path, else the name alone. */
const char *mt_cookie_name(apr_pool_t *pool, const char *name, const char *path, int secure);

#endif
