/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/origin.h"
#include "targets.h"

#include <apr_strings.h>
#include <string.h>
#include <strings.h>

static int is_trusted(const char *host, const char *site, const char *origin, const char *referer)
{
    mt_origin_t headers = { host, site, origin, referer, NULL };

    return mt_origin_is_trusted(&headers);
}

/* Returns the host of an http or https URL, without the port, in pool. Returns NULL for other texts. */
static const char *host_of(apr_pool_t *pool, const char *address)
{
    const char *start;

    if (strncasecmp(address, "http://", 7) == 0)
        start = address + 7;
    else if (strncasecmp(address, "https://", 8) == 0)
        start = address + 8;
    else
        return NULL;
    if (*start == '[')
        return apr_pstrndup(pool, start, strcspn(start, "]") + 1);
    return apr_pstrndup(pool, start, strcspn(start, ":/?#"));
}

/* Checks a trusted address. */
static void check_trusted(apr_pool_t *pool, const char *address, const char *host)
{
    const char *named = host_of(pool, address);

    fuzz_assert(host && named && strpbrk(named, "@\\ %,") == NULL);
    fuzz_assert(strncasecmp(host, named, strlen(named)) == 0);
    fuzz_assert(host[strlen(named)] == '\0' || host[strlen(named)] == ':');
}

void fuzz_origin(apr_pool_t *pool, const char *data, apr_size_t len)
{
    fuzz_input_t input = { data, len };
    const char *host = fuzz_take_optional(pool, &input);
    const char *site = fuzz_take_optional(pool, &input);
    const char *origin = fuzz_take_optional(pool, &input);
    const char *referer = fuzz_take_optional(pool, &input);
    const char *dest = fuzz_take_optional(pool, &input);
    mt_origin_t part = { host, site, origin, referer, dest };
    int trusted = is_trusted(host, site, origin, referer);

    if (dest && strcasecmp(dest, "document") != 0 && strcasecmp(dest, "empty") != 0)
        fuzz_assert(!mt_origin_is_trusted(&part));
    else
        fuzz_assert(mt_origin_is_trusted(&part) == trusted);
    fuzz_assert(!mt_origin_is_speculative(dest) || strcasestr(dest, "prefetch") || strcasestr(dest, "prerender") ||
                strcasestr(dest, "preview"));
    if (site && (strcasecmp(site, "cross-site") == 0 || strcasecmp(site, "same-site") == 0))
        fuzz_assert(!trusted);
    else if (!site && !origin && !referer)
        fuzz_assert(trusted);
    if (trusted && origin)
        check_trusted(pool, origin, host);
    else if (trusted && referer && !site)
        check_trusted(pool, referer, host);
    fuzz_assert(!is_trusted(host, NULL, "null", referer));
    if (host) {
        const char *http = apr_pstrcat(pool, "http://", host, NULL);
        const char *https = apr_pstrcat(pool, "HTTPS://", host, NULL);
        int is_host = is_trusted(host, NULL, http, NULL);

        fuzz_assert(is_trusted(host, NULL, https, NULL) == is_host);
        fuzz_assert(is_trusted(host, "same-origin", http, NULL) == is_host);
        fuzz_assert(is_trusted(host, "cross-site", http, http) == 0);
        fuzz_assert(is_trusted(host, NULL, NULL, apr_pstrcat(pool, http, "/a?b#c", NULL)) == is_host);
        fuzz_assert(!is_trusted(host, NULL, apr_pstrcat(pool, http, ".evil.example", NULL), NULL));
        fuzz_assert(!is_trusted(host, NULL, apr_pstrcat(pool, "http://evil.example@", host, NULL), NULL));
        fuzz_assert(!is_trusted(host, NULL, NULL, apr_pstrcat(pool, "http://evil.example/", host, NULL)) ||
                    strncasecmp(host, "evil.example", 12) == 0);
    }
}
