/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_GZIP_H
#define MT_GZIP_H

#include <apr_pools.h>

/* Content coding "gzip" (RFC 9110, sections 8.4.1.3 and 12.5.3). */

/* zlib's levels. */
typedef enum mt_gzip_effort_t {
    /* Half the time of zlib's usual level, for a page that is 4 % larger, JSON 7 %. The next higher level, which looks for a better
     * match even where it has one, takes almost as long as the usual one. */
    MT_GZIP_QUICK = 3,
    MT_GZIP_SMALLEST = 9
} mt_gzip_effort_t;

/* The data as gzip has it, in pool; the same data and effort always give the same bytes. NULL: not a byte would be saved. */
const char *mt_gzip_compress(apr_pool_t *pool, mt_gzip_effort_t effort, const char *data, apr_size_t len,
                             apr_size_t *compressed_len);

/* Whether a client wants an answer compressed. accept_encoding: the header as it came, NULL when it is not there: then,
 * and whenever it is not certain, the answer is 0, for an uncompressed one is never wrong. */
int mt_gzip_is_wanted(const char *accept_encoding);

#endif
