/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "suites.h"
#include "support.h"

#include "core/password.h"

#include <apr_strings.h>
#include <sodium.h>
#include <string.h>
#include <sys/resource.h>

static const char *make_hash(void)
{
    const char *hash = mt_password_argon2id_make(test_pool, "sécret pass 1", &test_cost);

    ck_assert_ptr_nonnull(hash);
    return hash;
}

/* A copy of the hash, in which with replaces the first occurrence of part. */
static const char *replace(const char *hash, const char *part, const char *with)
{
    const char *at = strstr(hash, part);

    ck_assert_ptr_nonnull(at);
    return apr_pstrcat(test_pool, apr_pstrmemdup(test_pool, hash, (apr_size_t)(at - hash)), with, at + strlen(part),
                       NULL);
}

static mt_password_result_t verify(const char *hash)
{
    return mt_password_verify(test_pool, "sécret pass 1", hash, &test_cost, &test_speed);
}

START_TEST(hash_has_the_usual_form)
{
    static const mt_password_cost_t owasp = { .memory = 19 * 1024 * 1024, .passes = 2 };
    const char *hash = mt_password_argon2id_make(test_pool, "x", &owasp);

    ck_assert_ptr_nonnull(hash);
    ck_assert_int_eq(strncmp(hash, "$argon2id$v=19$m=19456,t=2,p=1$", 31), 0);
}
END_TEST

START_TEST(two_hashes_of_one_password_differ)
{
    ck_assert_str_ne(make_hash(), make_hash());
}
END_TEST

START_TEST(only_the_password_is_right)
{
    static const char *const wrong[] = {
        "", "sécret pass ", "sécret pass 12", "secret pass 1", "SÉCRET PASS 1", " sécret pass 1"
    };
    const char *hash = make_hash();

    ck_assert_int_eq(verify(hash), MT_PASSWORD_RIGHT);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        ck_assert_int_eq(mt_password_verify(test_pool, wrong[i], hash, &test_cost, &test_speed), MT_PASSWORD_WRONG);
}
END_TEST

START_TEST(any_text_may_be_a_password)
{
    const char *const passwords[] = {
        "", " ", "\n", "\xf0\x9f\x90\xa6", "$argon2id$", "a%sb", test_support_repeat("longer than 72 bytes ", 200)
    };

    for (size_t i = 0; i < sizeof(passwords) / sizeof(passwords[0]); i++) {
        const char *hash = mt_password_argon2id_make(test_pool, passwords[i], &test_cost);

        ck_assert_ptr_nonnull(hash);
        ck_assert_int_eq(mt_password_verify(test_pool, passwords[i], hash, &test_cost, &test_speed), MT_PASSWORD_RIGHT);
        ck_assert_int_eq(mt_password_verify(test_pool, apr_pstrcat(test_pool, passwords[i], "x", NULL), hash,
                                            &test_cost, &test_speed),
                         MT_PASSWORD_WRONG);
    }
}
END_TEST

START_TEST(other_costs_are_outdated)
{
    static const mt_password_cost_t others[] = { { .memory = 16384, .passes = 1 }, { .memory = 8192, .passes = 2 } };
    const char *hash = make_hash();

    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        ck_assert_int_eq(mt_password_verify(test_pool, "sécret pass 1", hash, &others[i], &test_speed),
                         MT_PASSWORD_OUTDATED);
        ck_assert_int_eq(mt_password_verify(test_pool, "wrong", hash, &others[i], &test_speed), MT_PASSWORD_WRONG);
    }
}
END_TEST

/* A hash states its memory in whole kibibytes. */
START_TEST(a_new_hash_is_not_outdated_if_its_cost_is_rounded)
{
    static const mt_password_cost_t rounded = { .memory = 8192 + 100, .passes = 1 };
    const char *hash = mt_password_argon2id_make(test_pool, "x", &rounded);

    ck_assert_ptr_nonnull(hash);
    ck_assert_int_eq(mt_password_verify(test_pool, "x", hash, &rounded, &test_speed), MT_PASSWORD_RIGHT);
}
END_TEST

/* The salt is "somesaltsomesalt". */
START_TEST(argon2id_hashes_of_other_programs_are_right)
{
    ck_assert_int_eq(
        verify("$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$CZiDU1np+ZU2mJhHmY9Q1UBHJYKTkTwmKAhA7i/XeuQ"),
        MT_PASSWORD_RIGHT);
}
END_TEST

START_TEST(hashes_above_the_limits_are_wrong)
{
    static const char *const too_costly[] = {
        "m=1048576,t=20,p=1", "m=262145,t=1,p=1",      "m=262144,t=31,p=1",
        "m=262144,t=31,p=4",  "m=4294967295,t=1,p=1",  "m=99999999999999999999999,t=1,p=1",
        "m=8,t=1000001,p=1",  "m=8,t=4294967295,p=1",  "m=8,t=18446744073709551617,p=1",
        "m=8,t=1,p=2",        "m=8192,t=1,p=16777215",
    };
    const char *hash = make_hash();

    for (size_t i = 0; i < sizeof(too_costly) / sizeof(too_costly[0]); i++) {
        const char *costly = replace(hash, "m=8,t=1,p=1", too_costly[i]);

        ck_assert_msg(!mt_password_is_affordable(costly, &test_speed), "%s", costly);
        ck_assert_int_eq(verify(costly), MT_PASSWORD_WRONG);
    }
    ck_assert(mt_password_is_affordable(replace(hash, "m=8,t=1,p=1", "m=262144,t=30,p=1"), &test_speed));
}
END_TEST

/* Otherwise nobody could log in on a machine that is slower than the operator expects. */
START_TEST(the_cost_of_new_hashes_is_within_the_limits_on_each_machine)
{
    static const mt_password_speed_t slow = { { 0 } };
    static const mt_password_cost_t other = { .memory = 16384, .passes = 1 };
    const char *hash = mt_password_argon2id_make(test_pool, "x", &other);

    ck_assert_int_eq(mt_password_verify(test_pool, "x", hash, &other, &slow), MT_PASSWORD_RIGHT);
    ck_assert_int_eq(mt_password_verify(test_pool, "x", hash, &test_cost, &slow), MT_PASSWORD_WRONG);
    ck_assert_int_eq(mt_password_verify(test_pool, "sécret pass 1", make_hash(), &other, &slow), MT_PASSWORD_OUTDATED);
}
END_TEST

START_TEST(each_algorithm_has_a_measured_speed)
{
    mt_password_speed_t speed = { { 0 } };

    mt_password_speed_measure(&speed);
    for (int i = 0; i < MT_PASSWORD_ALGORITHMS; i++)
        ck_assert_msg(speed.per_second[i] > 0, "%d", i);
}
END_TEST

START_TEST(malformed_parameters_are_wrong)
{
    static const char *const malformed[] = {
        "",
        "m=8",
        "m=8,t=1",
        "m=8,t=1,",
        "m=8,t=1,p",
        "m=8,t=1,p=",
        "m=,t=1,p=1",
        "m=8,t=,p=1",
        "m=08,t=1,p=1",
        "m=8,t=01,p=1",
        "m=8,t=1,p=01",
        "m=+8,t=1,p=1",
        "m=-8,t=1,p=1",
        "m= 8,t=1,p=1",
        "m=8 ,t=1,p=1",
        "m=0x8,t=1,p=1",
        "m=0,t=1,p=1",
        "m=8,t=0,p=1",
        "m=8,t=1,p=0",
        "m=7,t=1,p=1",
        "t=1,m=8,p=1",
        "m=8,t=1,p=1,",
        "m=8,t=1,p=1,x=1",
        "m=8;t=1;p=1",
        "M=8,t=1,p=1",
        "m=8,t=1,p=1$",
        "$m=8,t=1,p=1",
    };
    const char *hash = make_hash();

    for (size_t i = 0; i < sizeof(malformed) / sizeof(malformed[0]); i++)
        ck_assert_int_eq(verify(replace(hash, "m=8,t=1,p=1", malformed[i])), MT_PASSWORD_WRONG);
}
END_TEST

START_TEST(truncated_hashes_are_wrong)
{
    const char *hash = make_hash();

    for (size_t len = 0; len < strlen(hash); len++)
        ck_assert_int_eq(verify(apr_pstrmemdup(test_pool, hash, len)), MT_PASSWORD_WRONG);
}
END_TEST

START_TEST(any_other_byte_makes_a_hash_wrong)
{
    const char *hash = make_hash();

    for (size_t at = 0; at < strlen(hash); at++) {
        static const char others[] = "!$,=A\xff";

        for (const char *other = others; *other; other++) {
            char *changed = apr_pstrdup(test_pool, hash);

            if (changed[at] == *other)
                continue;
            changed[at] = *other;
            ck_assert_int_eq(verify(changed), MT_PASSWORD_WRONG);
        }
    }
}
END_TEST

START_TEST(a_disabled_hash_is_wrong)
{
    const char *hash = make_hash();
    const char *disabled = apr_pstrcat(test_pool, "!", hash, NULL);

    ck_assert_int_eq(verify(hash), MT_PASSWORD_RIGHT);
    ck_assert_int_eq(verify(disabled), MT_PASSWORD_WRONG);
    ck_assert_int_eq(verify(apr_pstrcat(test_pool, "!", disabled, NULL)), MT_PASSWORD_WRONG);
    ck_assert_int_eq(verify("!"), MT_PASSWORD_WRONG);
    ck_assert_int_eq(verify(MT_PASSWORD_NONE_DISABLED), MT_PASSWORD_WRONG);
    /* The same holds for an outdated hash, which a login would replace, and for a foreign one. */
    static const mt_password_cost_t other = { .memory = 16384, .passes = 1 };
    ck_assert_int_eq(mt_password_verify(test_pool, "sécret pass 1", disabled, &other, &test_speed), MT_PASSWORD_WRONG);
    ck_assert_int_eq(mt_password_verify(test_pool, "U*U",
                                        "!$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", &test_cost,
                                        &test_speed),
                     MT_PASSWORD_WRONG);
}
END_TEST

START_TEST(unknown_forms_are_wrong)
{
    const char *hash = make_hash();

    ck_assert_int_eq(verify(""), MT_PASSWORD_WRONG);
    ck_assert_int_eq(verify(MT_PASSWORD_NONE), MT_PASSWORD_WRONG);
    ck_assert_int_eq(mt_password_verify(test_pool, MT_PASSWORD_NONE, MT_PASSWORD_NONE, &test_cost, &test_speed),
                     MT_PASSWORD_WRONG);
    ck_assert_int_eq(verify("sécret pass 1"), MT_PASSWORD_WRONG);
    ck_assert_int_eq(verify(replace(hash, "argon2id", "argon2i")), MT_PASSWORD_WRONG);
    ck_assert_int_eq(verify(replace(hash, "argon2id", "argon2d")), MT_PASSWORD_WRONG);
    ck_assert_int_eq(verify(replace(hash, "argon2id", "Argon2id")), MT_PASSWORD_WRONG);
    ck_assert_int_eq(verify(replace(hash, "v=19", "v=16")), MT_PASSWORD_WRONG);
    ck_assert_int_eq(verify(apr_pstrcat(test_pool, hash, "x", NULL)), MT_PASSWORD_WRONG);
    ck_assert_int_eq(verify(apr_pstrcat(test_pool, " ", hash, NULL)), MT_PASSWORD_WRONG);
    ck_assert_int_eq(verify(apr_pstrcat(test_pool, hash, "$", hash, NULL)), MT_PASSWORD_WRONG);
    ck_assert_int_eq(verify(apr_pstrcat(test_pool, hash, test_support_repeat("A", 100000), NULL)), MT_PASSWORD_WRONG);
}
END_TEST

START_TEST(foreign_hashes_are_outdated)
{
    static const char foreign[] =
        "pbkdf2:sha256:1$4l78XhzG$82f68e74e15cd7d0b13b502df4b08f2eb028fb692d23813c9d60f33bf3571d13";

    ck_assert_int_eq(verify(foreign), MT_PASSWORD_OUTDATED);
    ck_assert_int_eq(mt_password_verify(test_pool, "wrong", foreign, &test_cost, &test_speed), MT_PASSWORD_WRONG);
}
END_TEST

START_TEST(a_hash_that_is_slower_than_our_own_is_foreign)
{
    static const mt_password_cost_t other = { .memory = 16384, .passes = 2 };
    static const char *const foreign[] = {
        "$argon2id$v=19$m=17,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$CZiDU1np+ZU2mJhHmY9Q1UBHJYKTkTwmKAhA7i/XeuQ",
        "$argon2id$v=19$m=16,t=3,p=1$c29tZXNhbHRzb21lc2FsdA$CZiDU1np+ZU2mJhHmY9Q1UBHJYKTkTwmKAhA7i/XeuQ",
        "wrapped:md5:$argon2id$v=19$m=16,t=3,p=1$c29tZXNhbHRzb21lc2FsdA$CZiDU1np+ZU2mJhHmY9Q1UBHJYKTkTwmKAhA7i/XeuQ",
        "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
        "!$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
    };
    const char *hash = make_hash();

    ck_assert(!mt_password_is_foreign(hash, &other));
    ck_assert(!mt_password_is_foreign(apr_pstrcat(test_pool, "!", hash, NULL), &other));
    ck_assert(!mt_password_is_foreign(apr_pstrcat(test_pool, "wrapped:md5:", hash, NULL), &other));
    ck_assert(!mt_password_is_foreign(MT_PASSWORD_NONE, &other));
    for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++)
        ck_assert_msg(mt_password_is_foreign(foreign[i], &other), "%s", foreign[i]);
}
END_TEST

START_TEST(an_invalid_cost_makes_no_hash)
{
    static const mt_password_cost_t invalid = { .memory = 0, .passes = 0 };

    ck_assert_ptr_null(mt_password_argon2id_make(test_pool, "x", &invalid));
}
END_TEST

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WITH_ADDRESS_SANITIZER
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define WITH_ADDRESS_SANITIZER
#endif

#ifndef WITH_ADDRESS_SANITIZER /* It reserves more address space than the limit. */
START_TEST(lack_of_memory_is_not_a_wrong_password)
{
    static const mt_password_cost_t large = { .memory = 512UL * 1024 * 1024, .passes = 1 };
    const char *hash = replace(make_hash(), "m=8,", "m=262144,");
    const char *lanes = replace(hash, "p=1", "p=4");
    struct rlimit before;
    struct rlimit small;
    const char *made;
    mt_password_result_t results[2];

    ck_assert_int_eq(getrlimit(RLIMIT_AS, &before), 0);
    small = before;
    small.rlim_cur = 256UL * 1024 * 1024;
    ck_assert_int_eq(setrlimit(RLIMIT_AS, &small), 0);
    made = mt_password_argon2id_make(test_pool, "sécret pass 1", &large);
    results[0] = mt_password_verify(test_pool, "sécret pass 1", hash, &test_cost, &test_speed);
    results[1] = mt_password_verify(test_pool, "sécret pass 1", lanes, &test_cost, &test_speed);
    ck_assert_int_eq(setrlimit(RLIMIT_AS, &before), 0);
    ck_assert_ptr_null(made);
    ck_assert_int_eq(results[0], MT_PASSWORD_FAILED);
    ck_assert_int_eq(results[1], MT_PASSWORD_FAILED);
}
END_TEST
#endif

Suite *test_password_suite(void)
{
    Suite *suite = suite_create("password");
    TCase *hashing = test_support_case(suite, "hash");
    TCase *verifying = test_support_case(suite, "verify");

    tcase_add_test(hashing, hash_has_the_usual_form);
    tcase_add_test(hashing, two_hashes_of_one_password_differ);
    tcase_add_test(hashing, any_text_may_be_a_password);
    tcase_add_test(hashing, an_invalid_cost_makes_no_hash);
    tcase_add_test(verifying, only_the_password_is_right);
    tcase_add_test(verifying, other_costs_are_outdated);
    tcase_add_test(verifying, a_new_hash_is_not_outdated_if_its_cost_is_rounded);
    tcase_add_test(verifying, argon2id_hashes_of_other_programs_are_right);
    tcase_add_test(verifying, hashes_above_the_limits_are_wrong);
    tcase_add_test(verifying, the_cost_of_new_hashes_is_within_the_limits_on_each_machine);
    tcase_add_test(verifying, each_algorithm_has_a_measured_speed);
    tcase_add_test(verifying, malformed_parameters_are_wrong);
    tcase_add_test(verifying, truncated_hashes_are_wrong);
    tcase_add_test(verifying, any_other_byte_makes_a_hash_wrong);
    tcase_add_test(verifying, a_disabled_hash_is_wrong);
    tcase_add_test(verifying, unknown_forms_are_wrong);
    tcase_add_test(verifying, foreign_hashes_are_outdated);
    tcase_add_test(verifying, a_hash_that_is_slower_than_our_own_is_foreign);
#ifndef WITH_ADDRESS_SANITIZER
    tcase_add_test(verifying, lack_of_memory_is_not_a_wrong_password);
#endif
    return suite;
}
