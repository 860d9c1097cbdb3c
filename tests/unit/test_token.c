/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/token.h"
#include "suites.h"
#include "support.h"

#include <sodium.h>
#include <string.h>

#define ALPHABET "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

START_TEST(makes_tokens_of_the_alphabet)
{
    char token[MT_TOKEN_SIZE];
    unsigned char hash[MT_TOKEN_HASH_SIZE];

    for (int i = 0; i < 1000; i++) {
        mt_token_make(token);
        ck_assert_uint_eq(strlen(token), MT_TOKEN_SIZE - 1);
        ck_assert_uint_eq(strspn(token, ALPHABET), MT_TOKEN_SIZE - 1);
        ck_assert_int_eq(mt_token_hash(token, hash), 1);
    }
}
END_TEST

START_TEST(makes_each_token_once)
{
    char tokens[100][MT_TOKEN_SIZE];

    for (int i = 0; i < 100; i++) {
        mt_token_make(tokens[i]);
        for (int j = 0; j < i; j++)
            ck_assert_str_ne(tokens[i], tokens[j]);
    }
}
END_TEST

START_TEST(hashes_the_text)
{
    static const char token[] = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    unsigned char hash[MT_TOKEN_HASH_SIZE];
    char hex[2 * MT_TOKEN_HASH_SIZE + 1];

    ck_assert_int_eq(mt_token_hash(token, hash), 1);
    sodium_bin2hex(hex, sizeof(hex), hash, sizeof(hash));
    ck_assert_str_eq(hex, "0f007385b6f9d4b7eeb2748605afe1a984a0a3bfa3f014d09e2a784ce9e5cd1a");
}
END_TEST

static const char *const others[] = {
    NULL,
    "",
    "A",
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",   /* one short */
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", /* one long */
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB", /* more than 256 bits */
    "+AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    "AAAAAAAAAAAAAAAAAAAA/AAAAAAAAAAAAAAAAAAAAAA",
    "AAAAAAAAAAAAAAAAAAAA AAAAAAAAAAAAAAAAAAAAAA",
    "AAAAAAAAAAAAAAAAAAAA\xc3\xa6"
    "AAAAAAAAAAAAAAAAAAAAA",
    " AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
};

START_TEST(refuses_other_texts)
{
    unsigned char hash[MT_TOKEN_HASH_SIZE] = { 0 };
    static const unsigned char untouched[MT_TOKEN_HASH_SIZE] = { 0 };

    ck_assert_int_eq(mt_token_hash(others[_i], hash), 0);
    ck_assert_mem_eq(hash, untouched, sizeof(hash));
}
END_TEST

Suite *test_token_suite(void)
{
    Suite *suite = suite_create("token");
    TCase *tests = test_support_case(suite, "token");

    tcase_add_test(tests, makes_tokens_of_the_alphabet);
    tcase_add_test(tests, makes_each_token_once);
    tcase_add_test(tests, hashes_the_text);
    tcase_add_loop_test(tests, refuses_other_texts, 0, sizeof(others) / sizeof(others[0]));
    return suite;
}
