/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_ORIGIN_H
#define MT_ORIGIN_H

/* Protects against forged requests from other sites (CSRF). A page of another site can make a visitor's browser send a
 * POST with the visitor's cookies. The browser reports where the request comes from, in headers that the page cannot
 * change. So forms need no token. These rules apply in this order:
 *
 *     1. Sec-Fetch-Site is cross-site or same-site: refused
 *     2. there is an Origin: its host and port must be those of Host
 *     3. Sec-Fetch-Site is same-origin or none: trusted
 *     4. there is a Referer: its host and port must be those of Host
 *     5. there is none of them: trusted, because the client is not a browser and has only its own cookies
 */

/* The headers of a request. NULL stands for a header that is missing. */
typedef struct mt_origin_t {
    const char *host; /* Host, or HTTP/2's :authority */
    const char *sec_fetch_site;
    const char *origin;
    const char *referer;
} mt_origin_t;

/* Returns 0 if a request that changes data comes from another site, so the caller must refuse it. An Origin that is
 * "null" or invalid is another site. The scheme is not compared, because a proxy may terminate TLS, so the default
 * ports of http and https are equal. */
int mt_origin_is_trusted(const mt_origin_t *origin);

#endif
