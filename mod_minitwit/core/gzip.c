/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/gzip.h"

#include "core/accept.h"

#include <limits.h>
#include <string.h>
#include <strings.h>
#define ZLIB_CONST
#include <zlib.h>

#define WINDOW_BITS_MIN 9
#define WINDOW_BITS_MAX 15
#define LOOKAHEAD       262 /* deflate looks back by its window's size less this number of bytes */
#define GZIP_HEADER     16  /* added to the window bits: selects gzip's header instead of zlib's */
#define MEMORY_LEVEL    8   /* zlib's default: a higher level makes pages and files no smaller */

#define WEIGHT_UNKNOWN (-1)

/* Returns the smallest window that reaches from the end of the data back to the beginning. Initialising the largest
 * window takes longer than compressing a page. */
static int choose_window(apr_size_t len)
{
    int bits = WINDOW_BITS_MIN;

    while (bits < WINDOW_BITS_MAX && ((apr_size_t)1 << bits) < len + LOOKAHEAD)
        bits++;
    return bits;
}

const char *mt_gzip_compress(apr_pool_t *pool, mt_gzip_effort_t effort, const char *data, apr_size_t len,
                             apr_size_t *compressed_len)
{
    z_stream stream = { 0 };

    if (len == 0 || len > UINT_MAX ||
        deflateInit2(&stream, (int)effort, Z_DEFLATED, choose_window(len) + GZIP_HEADER, MEMORY_LEVEL,
                     Z_DEFAULT_STRATEGY) != Z_OK)
        return NULL;
    char *compressed = apr_palloc(pool, len);
    stream.next_in = (const unsigned char *)data;
    stream.avail_in = (uInt)len;
    stream.next_out = (unsigned char *)compressed;
    stream.avail_out = (uInt)len - 1;
    int status = deflate(&stream, Z_FINISH);
    *compressed_len = (apr_size_t)stream.total_out;
    deflateEnd(&stream);
    return status == Z_STREAM_END ? compressed : NULL;
}

static const char *skip_blanks(const char *text)
{
    return text + strspn(text, " \t");
}

/* Reads the rest of a coding's list element: nothing, or ";q=WEIGHT". Any other text counts as a refusal. */
static int parse_weight(const char *text, const char *end)
{
    int weight;

    text = skip_blanks(text);
    if (text == end)
        return MT_ACCEPT_WEIGHT_ONE;
    if (*text != ';')
        return 0;
    text = skip_blanks(text + 1);
    if (strncasecmp(text, "q=", 2) != 0)
        return 0;
    text += 2;
    weight = mt_accept_parse_weight(&text);
    return weight >= 0 && skip_blanks(text) == end ? weight : 0;
}

/* If a coding is named twice, its lower weight counts. */
static void note(int *weight, int other)
{
    if (*weight == WEIGHT_UNKNOWN || other < *weight)
        *weight = other;
}

int mt_gzip_is_wanted(const char *accept_encoding)
{
    int gzip = WEIGHT_UNKNOWN, identity = WEIGHT_UNKNOWN, others = WEIGHT_UNKNOWN;
    const char *text = accept_encoding ? accept_encoding : "";

    while (*text != '\0') {
        const char *name = skip_blanks(text);
        const char *end = name + strcspn(name, ",");
        apr_size_t len = strcspn(name, " \t;,");
        int weight = parse_weight(name + len, end);

        if ((len == 4 && strncasecmp(name, "gzip", len) == 0) || (len == 6 && strncasecmp(name, "x-gzip", len) == 0))
            note(&gzip, weight);
        else if (len == 8 && strncasecmp(name, "identity", len) == 0)
            note(&identity, weight);
        else if (len == 1 && *name == '*')
            note(&others, weight);
        text = *end == ',' ? end + 1 : end;
    }
    if (gzip == WEIGHT_UNKNOWN)
        gzip = others;
    return gzip > 0 && gzip >= identity;
}
