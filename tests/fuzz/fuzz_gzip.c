/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/gzip.h"
#include "targets.h"

#include <apr_strings.h>
#include <stdint.h>
#include <string.h>
#include <zlib.h>

static void check_compressed(apr_pool_t *pool, mt_gzip_effort_t effort, const char *data, apr_size_t len)
{
    apr_size_t compressed_len = 0;
    const char *compressed = mt_gzip_compress(pool, effort, data, len, &compressed_len);
    z_stream stream = { 0 };

    if (!compressed)
        return;
    fuzz_assert(compressed_len < len);
    char *restored = apr_palloc(pool, len);
    fuzz_assert(inflateInit2(&stream, 15 + 16) == Z_OK);
    stream.next_in = (unsigned char *)(uintptr_t)compressed;
    stream.avail_in = (uInt)compressed_len;
    stream.next_out = (unsigned char *)restored;
    stream.avail_out = (uInt)len;
    fuzz_assert(inflate(&stream, Z_FINISH) == Z_STREAM_END);
    fuzz_assert(stream.avail_in == 0 && stream.avail_out == 0);
    fuzz_assert(inflateEnd(&stream) == Z_OK);
    fuzz_assert(memcmp(restored, data, len) == 0);
}

void fuzz_gzip(apr_pool_t *pool, const char *data, apr_size_t len)
{
    fuzz_input_t input = { data, len };

    check_compressed(pool, MT_GZIP_SMALLEST, data, len);
    check_compressed(pool, MT_GZIP_QUICK, data, len);
    const char *header = fuzz_take_rest(pool, &input);
    int is_wanted = mt_gzip_is_wanted(header);

    if (is_wanted)
        fuzz_assert(strpbrk(header, "*gG"));
    /* Elements are independent, and one refusal is enough. */
    fuzz_assert(mt_gzip_is_wanted(apr_pstrcat(pool, header, ", br;q=0.5", NULL)) == is_wanted);
    fuzz_assert(mt_gzip_is_wanted(apr_pstrcat(pool, "\t,br;q=x,", header, NULL)) == is_wanted);
    fuzz_assert(!mt_gzip_is_wanted(apr_pstrcat(pool, header, ",gzip;q=0", NULL)));
    fuzz_assert(!mt_gzip_is_wanted(apr_pstrcat(pool, "X-GZIP ; q=0.000 , ", header, NULL)));
    fuzz_assert(is_wanted || !mt_gzip_is_wanted(apr_pstrcat(pool, header, ",*;q=0", NULL)));
}
