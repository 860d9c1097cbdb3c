/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_URL_H
#define MT_URL_H

#include <apr_pools.h>

/* Percent-encodes text for one segment of a path or one value of a query: all but RFC 3986's unreserved characters. The
 * result is in pool. */
const char *mt_url_encode(apr_pool_t *pool, const char *text);

/* Decodes %XX, and + as a space if plus_is_space is 1. Returns the text in pool, or NULL for a malformed escape, a NUL
 * byte or invalid UTF-8. */
const char *mt_url_decode(apr_pool_t *pool, const char *data, apr_size_t len, int plus_is_space);

#endif
