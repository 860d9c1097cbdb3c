/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/utf8.h"
#include "suites.h"
#include "support.h"

#include <string.h>

/* Writes any code point by the general scheme, also an invalid one. */
static apr_size_t encode(unsigned long code, char *out)
{
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    if (code < 0x800) {
        out[0] = (char)(0xc0 | code >> 6);
        out[1] = (char)(0x80 | (code & 0x3f));
        return 2;
    }
    if (code < 0x10000) {
        out[0] = (char)(0xe0 | code >> 12);
        out[1] = (char)(0x80 | (code >> 6 & 0x3f));
        out[2] = (char)(0x80 | (code & 0x3f));
        return 3;
    }
    out[0] = (char)(0xf0 | code >> 18);
    out[1] = (char)(0x80 | (code >> 12 & 0x3f));
    out[2] = (char)(0x80 | (code >> 6 & 0x3f));
    out[3] = (char)(0x80 | (code & 0x3f));
    return 4;
}

/* An assertion that holds costs Check a system call, too many for these two tests. */
START_TEST(accepts_each_character_and_no_part_of_one)
{
    for (unsigned long code = 0; code < 0x120000; code++) {
        char text[4];
        apr_size_t len = encode(code, text);
        int expected = code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);

        if (mt_utf8_is_valid(text, len) != expected)
            ck_abort_msg("U+%04lX", code);
        for (apr_size_t part = 1; part < len; part++) {
            if (mt_utf8_is_valid(text, part))
                ck_abort_msg("%d bytes of U+%04lX", (int)part, code);
        }
    }
}
END_TEST

START_TEST(accepts_no_other_sequence_of_two_bytes)
{
    for (unsigned first = 0; first < 256; first++) {
        for (unsigned second = 0; second < 256; second++) {
            char text[] = { (char)first, (char)second };
            int expected =
                (first < 0x80 && second < 0x80) || (first >= 0xc2 && first <= 0xdf && second >= 0x80 && second <= 0xbf);

            if (mt_utf8_is_valid(text, 2) != expected)
                ck_abort_msg("%02x %02x", first, second);
        }
    }
}
END_TEST

static const struct {
    const char *text;
    apr_size_t len;
    int valid;
} sequences[] = {
    { NULL, 0, 1 },
    { "", 0, 1 },
    { "a\0b", 3, 1 },
    { "\xe0\x9f\xbf", 3, 0 },     /* U+07FF in three bytes */
    { "\xf0\x8f\xbf\xbf", 4, 0 }, /* U+FFFF in four */
    { "\xc0\x80", 2, 0 },         /* U+0000 in two */
    { "\xf8\x88\x80\x80\x80", 5, 0 },
    { "\xff", 1, 0 },
    { "\xe2\x82z", 3, 0 },
    { "\xf0\x9f\x98z", 4, 0 },
    { "a\xf0\x9f\x98\x80"
      "b",
      6, 1 },
    { "a\xf0\x9f\x98\x80\x80", 6, 0 },
    { "a\xc3", 2, 0 },
    { "\xc3\xa9", 1, 0 }, /* the second byte is beyond the length */
};

START_TEST(accepts_valid_sequences)
{
    ck_assert_msg(mt_utf8_is_valid(sequences[_i].text, sequences[_i].len) == sequences[_i].valid, "row %d", _i);
}
END_TEST

START_TEST(counts_characters)
{
    ck_assert_uint_eq(mt_utf8_count(""), 0);
    ck_assert_uint_eq(mt_utf8_count("abc"), 3);
    ck_assert_uint_eq(mt_utf8_count("\xc3\xa6\xe2\x82\xac\xf0\x9f\x98\x80"), 3);
}
END_TEST

START_TEST(finds_control_characters)
{
    for (unsigned long code = 1; code < 0x800; code++) {
        char text[8] = "a";
        int expected = code < 0x20 || (code >= 0x7f && code <= 0x9f);

        strcpy(text + 1 + encode(code, text + 1), "z");
        ck_assert_msg(mt_utf8_has_control(text) == expected, "U+%04lX", code);
    }
    ck_assert(!mt_utf8_has_control(""));
    ck_assert(!mt_utf8_has_control("\xe2\x80\xa8\xf0\x9f\x98\x80"));
}
END_TEST

Suite *test_utf8_suite(void)
{
    Suite *suite = suite_create("utf8");
    TCase *tests = test_support_case(suite, "utf8");

    tcase_add_test(tests, accepts_each_character_and_no_part_of_one);
    tcase_add_test(tests, accepts_no_other_sequence_of_two_bytes);
    tcase_add_loop_test(tests, accepts_valid_sequences, 0, sizeof(sequences) / sizeof(sequences[0]));
    tcase_add_test(tests, counts_characters);
    tcase_add_test(tests, finds_control_characters);
    return suite;
}
