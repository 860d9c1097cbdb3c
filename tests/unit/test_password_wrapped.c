/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "suites.h"
#include "support.h"

#include "core/password.h"
#include "core/password_wrapped.h"

#include <apr_strings.h>
#include <string.h>

static const struct {
    const char *hash, *password, *prefix;
} digests[] = {
    /* The digests of "abc" are examples of the standards. */
    { "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", "abc", "wrapped:sha256:$argon2id$" },
    { "BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD", "abc", "wrapped:sha256:$argon2id$" },
    { "pbkdf2:sha256:50000$ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", "abc",
      "wrapped:sha256:$argon2id$" },
    { "900150983cd24fb0d6963f7d28e17f72", "abc", "wrapped:md5:$argon2id$" },
    { "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "", "wrapped:sha256:$argon2id$" },
    { "d41d8cd98f00b204e9800998ecf8427e", "", "wrapped:md5:$argon2id$" },
    { "a9993e364706816aba3e25717850c26c9cd0d89d", "abc", "wrapped:sha1:$argon2id$" },
    { "A9993E364706816ABA3E25717850C26C9CD0D89D", "abc", "wrapped:sha1:$argon2id$" },
    { "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7", "abc", "wrapped:sha224:$argon2id$" },
    { "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7", "abc",
      "wrapped:sha384:$argon2id$" },
    { "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e"
      "2a9ac94fa54ca49f",
      "abc", "wrapped:sha512:$argon2id$" },
    { "md5$$900150983cd24fb0d6963f7d28e17f72", "abc", "wrapped:md5:$argon2id$" },
    { "sha1$$a9993e364706816aba3e25717850c26c9cd0d89d", "abc", "wrapped:sha1:$argon2id$" },
    /* Werkzeug before 0.9, and Django. */
    { "sha1$salt$3950d75670cea3077ff837d684d418da2a1c6f9f", "abc", "wrapped:sha1:salt:$argon2id$" },
    { "sha1$salt$f9ea891322cb966530ff146dcc6ab089f670c9eb", "abc", "wrapped:sha1:salt:$argon2id$" },
    { "md5$salt$D711A5CC511FB1A7D5F19D7C911AFF2D", "abc", "wrapped:md5:salt:$argon2id$" },
};

static const char *wrap(const char *hash)
{
    const char *wrapped = mt_password_wrapped_make(test_pool, hash, &test_cost);

    ck_assert_ptr_nonnull(wrapped);
    return wrapped;
}

static mt_password_result_t verify(const char *password, const char *hash)
{
    return mt_password_verify(test_pool, password, hash, &test_cost, &test_speed);
}

START_TEST(the_password_of_a_wrapped_digest_is_outdated)
{
    const char *wrapped = wrap(digests[_i].hash);

    ck_assert_msg(strncmp(wrapped, digests[_i].prefix, strlen(digests[_i].prefix)) == 0, "%s", wrapped);
    ck_assert_int_eq(verify(digests[_i].password, wrapped), MT_PASSWORD_OUTDATED);
    ck_assert_int_eq(verify(apr_pstrcat(test_pool, digests[_i].password, "x", NULL), wrapped), MT_PASSWORD_WRONG);
    ck_assert(mt_password_is_known(wrapped));
}
END_TEST

START_TEST(the_digest_is_no_password)
{
    const char *wrapped = wrap(digests[_i].hash);

    ck_assert_int_eq(verify(digests[_i].hash, wrapped), MT_PASSWORD_WRONG);
}
END_TEST

/* Only a digest with a salt is accepted. */
START_TEST(an_unwrapped_digest_is_wrong)
{
    int has_salt = strstr(digests[_i].hash, "$salt$") != NULL;

    ck_assert_int_eq(verify(digests[_i].password, digests[_i].hash),
                     has_salt ? MT_PASSWORD_OUTDATED : MT_PASSWORD_WRONG);
    ck_assert_int_eq(verify(digests[_i].hash, digests[_i].hash), MT_PASSWORD_WRONG);
    ck_assert_int_eq(verify(digests[_i].password, apr_pstrcat(test_pool, "wrapped:sha256:", digests[_i].hash, NULL)),
                     MT_PASSWORD_WRONG);
    ck_assert_int_eq(mt_password_is_known(digests[_i].hash), has_salt);
}
END_TEST

START_TEST(each_wrapping_has_its_own_salt)
{
    ck_assert_str_ne(wrap(digests[0].hash), wrap(digests[0].hash));
}
END_TEST

START_TEST(a_hash_with_another_prefix_is_wrong)
{
    const char *inner = strchr(wrap(digests[0].hash), '$');

    ck_assert_int_eq(verify("abc", apr_pstrcat(test_pool, "wrapped:md5:", inner, NULL)), MT_PASSWORD_WRONG);
    ck_assert_int_eq(verify("abc", apr_pstrcat(test_pool, "wrapped:sha1:", inner, NULL)), MT_PASSWORD_WRONG);
    ck_assert_int_eq(verify("abc", apr_pstrcat(test_pool, "wrapped:", inner, NULL)), MT_PASSWORD_WRONG);
    ck_assert_int_eq(verify("abc", apr_pstrcat(test_pool, "wrapped:sha256:wrapped:sha256:", inner, NULL)),
                     MT_PASSWORD_WRONG);
    ck_assert_int_eq(verify("abc", inner), MT_PASSWORD_WRONG);
}
END_TEST

START_TEST(other_texts_are_not_digests)
{
    static const char *const others[] = {
        "",
        "abc",
        "900150983cd24fb0d6963f7d28e17f7",
        "900150983cd24fb0d6963f7d28e17f722",
        "900150983cd24fb0d6963f7d28e17f7g",
        " 00150983cd24fb0d6963f7d28e17f72",
        "a9993e364706816aba3e25717850c26c9cd0d89",
        "sha1$a9993e364706816aba3e25717850c26c9cd0d89d",
        "sha1$salt$900150983cd24fb0d6963f7d28e17f72",
        "sha3$salt$900150983cd24fb0d6963f7d28e17f72",
        "md5$salt$salt$900150983cd24fb0d6963f7d28e17f72",
        "plain$$",
        "plain$salt$abc",
        "pbkdf2:sha256:50000$900150983cd24fb0d6963f7d28e17f72",
        "pbkdf2:sha256:50000$$ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        "pbkdf2:sha256:50000$salt$ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        "pbkdf2:sha256:0$ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        "pbkdf2:sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    };

    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        ck_assert_msg(!mt_password_wrapped_is_digest(others[i]), "%s", others[i]);
        ck_assert_ptr_null(mt_password_wrapped_make(test_pool, others[i], &test_cost));
    }
}
END_TEST

/* The password is there, so its hash is one of our own. */
START_TEST(a_plain_password_is_hashed)
{
    const char *hash = wrap("plain$$abc");

    ck_assert_msg(strncmp(hash, "$argon2id$", 10) == 0, "%s", hash);
    ck_assert_int_eq(verify("abc", hash), MT_PASSWORD_RIGHT);
    ck_assert_int_eq(verify("plain$$abc", hash), MT_PASSWORD_WRONG);
    ck_assert_int_eq(verify("abc", "plain$$abc"), MT_PASSWORD_WRONG);
}
END_TEST

/* The import quotes the wrapped hash. A hash with an unusual salt is kept as it is. */
START_TEST(an_unusual_salt_is_not_wrapped)
{
    const char *longest =
        wrap(apr_pstrcat(test_pool, "md5$", test_support_repeat("x", 256), "$900150983cd24fb0d6963f7d28e17f72", NULL));

    ck_assert(mt_password_is_known(longest));
    ck_assert(!mt_password_wrapped_is_digest("sha1$sa\"lt$a9993e364706816aba3e25717850c26c9cd0d89d"));
    ck_assert(!mt_password_wrapped_is_digest("sha1$sa\\lt$a9993e364706816aba3e25717850c26c9cd0d89d"));
    ck_assert(!mt_password_wrapped_is_digest("sha1$s\xc3\xa4lt$a9993e364706816aba3e25717850c26c9cd0d89d"));
    ck_assert(!mt_password_wrapped_is_digest(
        apr_pstrcat(test_pool, "md5$", test_support_repeat("x", 257), "$900150983cd24fb0d6963f7d28e17f72", NULL)));
    ck_assert(mt_password_is_known("sha1$sa\"lt$a9993e364706816aba3e25717850c26c9cd0d89d"));
}
END_TEST

START_TEST(hashes_above_the_limits_are_wrong)
{
    static const char tail[] = ",p=1$c29tZXNhbHRzb21lc2FsdA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

    const char *large = apr_pstrcat(test_pool, "wrapped:sha256:$argon2id$v=19$m=262145,t=1", tail, NULL);
    const char *slow = apr_pstrcat(test_pool, "wrapped:md5:$argon2id$v=19$m=8,t=1000001", tail, NULL);

    const char *half = apr_pstrcat(test_pool, "wrapped:md5:$argon2id$v=19$m=8,t=600000", tail, NULL);
    const char *salted = apr_pstrcat(test_pool, "wrapped:md5:salt:$argon2id$v=19$m=8,t=600000", tail, NULL);

    ck_assert_int_eq(verify("abc", large), MT_PASSWORD_WRONG);
    ck_assert_int_eq(verify("abc", slow), MT_PASSWORD_WRONG);
    ck_assert(!mt_password_is_affordable(large, &test_speed));
    ck_assert(!mt_password_is_affordable(slow, &test_speed));
    /* With a salt, there are two attempts. */
    ck_assert(mt_password_is_affordable(half, &test_speed));
    ck_assert(!mt_password_is_affordable(salted, &test_speed));
}
END_TEST

START_TEST(hashes_of_each_form_are_known)
{
    ck_assert(mt_password_is_known(mt_password_argon2id_make(test_pool, "abc", &test_cost)));
    ck_assert(
        mt_password_is_known("pbkdf2:sha256:1$4l78XhzG$82f68e74e15cd7d0b13b502df4b08f2eb028fb692d23813c9d60f33bf35"
                             "71d13"));
    ck_assert(mt_password_is_known("pbkdf2_sha256$1$4l78XhzG$gvaOdOFc19CxO1At9LCPLrAo+2ktI4E8nWDzO/NXHRM="));
    ck_assert(mt_password_is_known("$2b$04$abcdefghijklmnopqrstuubSUG/CBaJLDPcrfu2PE82wzvapblB7S"));
    ck_assert(!mt_password_is_known("$2b$32$abcdefghijklmnopqrstuubSUG/CBaJLDPcrfu2PE82wzvapblB7S"));
    ck_assert(!mt_password_is_known(""));
    ck_assert(!mt_password_is_known("!"));
    ck_assert(!mt_password_is_known(MT_PASSWORD_NONE));
    ck_assert(!mt_password_is_known(MT_PASSWORD_NONE_DISABLED));
    ck_assert(!mt_password_is_known("secret"));
    ck_assert(!mt_password_is_known("$argon2i$v=19$m=8,t=1,p=1$c29tZXNhbHQ$AAAA"));
}
END_TEST

Suite *test_password_wrapped_suite(void)
{
    const int count = sizeof(digests) / sizeof(digests[0]);
    Suite *suite = suite_create("password_wrapped");
    TCase *tcase = test_support_case(suite, "wrapped");

    tcase_add_loop_test(tcase, the_password_of_a_wrapped_digest_is_outdated, 0, count);
    tcase_add_loop_test(tcase, the_digest_is_no_password, 0, count);
    tcase_add_loop_test(tcase, an_unwrapped_digest_is_wrong, 0, count);
    tcase_add_test(tcase, each_wrapping_has_its_own_salt);
    tcase_add_test(tcase, a_hash_with_another_prefix_is_wrong);
    tcase_add_test(tcase, other_texts_are_not_digests);
    tcase_add_test(tcase, a_plain_password_is_hashed);
    tcase_add_test(tcase, an_unusual_salt_is_not_wrapped);
    tcase_add_test(tcase, hashes_above_the_limits_are_wrong);
    tcase_add_test(tcase, hashes_of_each_form_are_known);
    return suite;
}
