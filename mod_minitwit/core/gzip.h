/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_GZIP_H
#define MT_GZIP_H

#include <apr_pools.h>

/* Content coding "gzip" (RFC 9110, sections 8.4.1.3 and 12.5.3). */

/* The data as gzip has it, as small as zlib makes it, in pool; the same data always give the same bytes. NULL: not a
 * byte would be saved. */
const char *mt_gzip_compress(apr_pool_t *pool, const char *data, apr_size_t len, apr_size_t *compressed_len);

/* Whether a client wants an answer compressed. accept_encoding: the header as it came, NULL when it is not there: then,
 * and whenever it is not certain, the answer is 0, for an uncompressed one is never wrong. */
int mt_gzip_is_wanted(const char *accept_encoding);

#endif
