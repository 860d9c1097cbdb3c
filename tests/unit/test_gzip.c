/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/gzip.h"
#include "suites.h"
#include "support.h"

#include <apr_strings.h>
#include <string.h>
#include <zlib.h>

static const char *const wanted[] = {
    "gzip",
    "GZip",
    "x-gzip",
    "*",
    "gzip, deflate, br, zstd",
    "deflate,gzip",
    "br;q=1.0, gzip;q=0.8, *;q=0.1",
    "gzip;q=1",
    "gzip;q=1.000",
    "gzip;q=1.",
    "gzip;q=0.001",
    "gzip ; Q=0.5",
    "\tgzip\t;\tq=0.5\t",
    ",, gzip ,",
    "identity;q=0, gzip",
    "identity;q=0.5, gzip;q=0.5",
    "identity, gzip",
    "gzip, *;q=0",
    "deflate;q=0, *;q=0.3",
    "br;level=9, gzip",
};

static const char *const unwanted[] = {
    NULL,
    "",
    " ",
    ",",
    "identity",
    "identity;q=0",
    "deflate",
    "br, zstd",
    "gzi",
    "gzipp",
    "x-gzi",
    "gzip-x",
    "not gzip",
    "gzip deflate",
    "gzip;q=0",
    "gzip;q=0.000",
    "gzip;q=0, *",
    "*;q=0",
    "x-gzip;q=0, gzip",
    "gzip, gzip;q=0",
    "identity, gzip;q=0.9",
    "identity;q=0.5, *;q=0.4",
    "gzip;q=",
    "gzip;q=x",
    "gzip;q=-1",
    "gzip;q=2",
    "gzip;q=1.001",
    "gzip;q=0.5x",
    "gzip;q=0.1234",
    "gzip;q=.5",
    "gzip;q =1",
    "gzip;q= 1",
    "gzip;level=9",
    "gzip;q=1;level=9",
    "gzip;",
    "\"gzip\"",
    "q=gzip",
    ";gzip",
};

START_TEST(is_wanted)
{
    ck_assert_msg(mt_gzip_is_wanted(wanted[_i]) == 1, "%s", wanted[_i]);
}
END_TEST

START_TEST(is_not_wanted)
{
    ck_assert_msg(mt_gzip_is_wanted(unwanted[_i]) == 0, "%s", unwanted[_i]);
}
END_TEST

static const mt_gzip_effort_t efforts[] = { MT_GZIP_QUICK, MT_GZIP_SMALLEST };

/* Lengths around those at which zlib needs a larger window. */
static const apr_size_t lengths[] = { 100, 249, 250, 251, 1000, 7930, 7931, 16122, 16123, 20000, 100000 };

#define EFFORTS (int)(sizeof(efforts) / sizeof(efforts[0]))
#define LENGTHS (int)(sizeof(lengths) / sizeof(lengths[0]))

START_TEST(decompresses_to_the_same_text)
{
    mt_gzip_effort_t effort = efforts[_i % EFFORTS];
    const char *text =
        apr_pstrmemdup(test_pool, test_support_repeat("body { color: red }\n", 5000), lengths[_i / EFFORTS]);
    apr_size_t len = strlen(text), compressed_len = 0, again_len = 0;
    const char *compressed = mt_gzip_compress(test_pool, effort, text, len, &compressed_len);
    char *restored = apr_pcalloc(test_pool, len + 1);
    z_stream stream = { 0 };

    ck_assert_ptr_nonnull(compressed);
    ck_assert_uint_lt(compressed_len, 60 + len / 100);
    ck_assert_int_eq(inflateInit2(&stream, 15 + 16), Z_OK);
    stream.next_in = (unsigned char *)(uintptr_t)compressed;
    stream.avail_in = (uInt)compressed_len;
    stream.next_out = (unsigned char *)restored;
    stream.avail_out = (uInt)len;
    ck_assert_int_eq(inflate(&stream, Z_FINISH), Z_STREAM_END);
    ck_assert_uint_eq(stream.avail_in, 0);
    ck_assert_int_eq(inflateEnd(&stream), Z_OK);
    ck_assert_pstr_eq(restored, text);
    /* The result has no time and no file name, so nodes that share an address send the same bytes. */
    ck_assert_mem_eq(mt_gzip_compress(test_pool, effort, text, len, &again_len), compressed, compressed_len);
    ck_assert_uint_eq(again_len, compressed_len);
}
END_TEST

START_TEST(stays_plain_if_nothing_is_saved)
{
    apr_size_t len = 0;
    char bytes[256]; /* each byte once */

    for (int i = 0; i < 256; i++)
        bytes[i] = (char)i;
    ck_assert_ptr_null(mt_gzip_compress(test_pool, MT_GZIP_SMALLEST, bytes, sizeof(bytes), &len));
    ck_assert_ptr_null(mt_gzip_compress(test_pool, MT_GZIP_SMALLEST, "aaaaaaaaaaaaaaaaaa", 18, &len));
    ck_assert_ptr_null(mt_gzip_compress(test_pool, MT_GZIP_SMALLEST, "a", 1, &len));
    ck_assert_ptr_null(mt_gzip_compress(test_pool, MT_GZIP_SMALLEST, "", 0, &len));
}
END_TEST

Suite *test_gzip_suite(void)
{
    Suite *suite = suite_create("gzip");
    TCase *tests = test_support_case(suite, "gzip");

    tcase_add_loop_test(tests, is_wanted, 0, sizeof(wanted) / sizeof(wanted[0]));
    tcase_add_loop_test(tests, is_not_wanted, 0, sizeof(unwanted) / sizeof(unwanted[0]));
    tcase_add_loop_test(tests, decompresses_to_the_same_text, 0, EFFORTS * LENGTHS);
    tcase_add_test(tests, stays_plain_if_nothing_is_saved);
    return suite;
}
