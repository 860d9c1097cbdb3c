/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_ORIGIN_H
#define MT_ORIGIN_H

/* Protects against forged requests from other sites (CSRF), and against requests that no user made. A page of another
 * site can make a visitor's browser send a POST with the visitor's cookies. The browser reports where the request comes
 * from, in headers that the page cannot change. So forms need no token. These rules apply in this order:
 *
 *     1. Sec-Fetch-Site is cross-site or same-site: refused
 *     2. Sec-Fetch-Dest is neither document nor empty: refused, because the request is for a part of a page, such as an
 *        image. "empty" comes from a script of the site itself
 *     3. there is an Origin: its host and port must be those of Host
 *     4. Sec-Fetch-Site is same-origin or none: trusted
 *     5. there is a Referer: its host and port must be those of Host
 *     6. there is none of them: trusted, because the client is not a browser and has only its own cookies
 */

/* The headers of a request. NULL stands for a header that is missing. */
typedef struct mt_origin_t {
    const char *host; /* Host, or HTTP/2's :authority */
    const char *sec_fetch_site;
    const char *origin;
    const char *referer;
    const char *sec_fetch_dest;
} mt_origin_t;

/* Returns 0 if a request that changes data comes from another site, so the caller must refuse it. An Origin that is
 * "null" or invalid is another site. The scheme is not compared, because a proxy may terminate TLS, so the default
 * ports of http and https are equal. */
int mt_origin_is_trusted(const mt_origin_t *origin);

/* Returns 1 if a header announces a speculative request: the browser loads a page before the user opens it, and perhaps
 * the user never does. purpose: the value of Sec-Purpose (as in the Fetch standard), or of the older headers Purpose,
 * X-Purpose and X-Moz; NULL: missing. */
int mt_origin_is_speculative(const char *purpose);

#endif
