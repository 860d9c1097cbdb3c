/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_ORIGIN_H
#define MT_ORIGIN_H

/* What a browser says about where a request comes from; NULL for a header that it does not send. */
typedef struct mt_origin_t {
    const char *host; /* Host, or HTTP/2's :authority */
    const char *sec_fetch_site;
    const char *origin;
    const char *referer;
} mt_origin_t;

/* 0 when a request that changes something comes from another site and must be refused:
 * Sec-Fetch-Site is cross-site or same-site; or Origin is null, unparsable, or its host and port are not those of Host
 * (default ports equal; the scheme is not compared, a proxy may end TLS); or neither is there and Referer names
 * another host. A client that sends none of them is trusted: it carries no one else's cookies. */
int mt_origin_is_trusted(const mt_origin_t *origin);

#endif
