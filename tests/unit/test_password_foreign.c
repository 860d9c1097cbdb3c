/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "foreign_hashes.h"
#include "suites.h"
#include "support.h"

#include "core/password.h"
#include "core/password_stored.h"

#include <apr_strings.h>
#include <string.h>

static mt_password_result_t verify(const char *password, const char *hash)
{
    return mt_password_verify(test_pool, password, hash, &test_cost, &test_speed);
}

static void assert_wrong(const char *const *hashes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        ck_assert_msg(verify(PASSWORD, hashes[i]) == MT_PASSWORD_WRONG, "%s", hashes[i]);
}

START_TEST(hashes_of_other_programs_are_outdated)
{
    ck_assert_int_eq(verify(PASSWORD, right[_i]), MT_PASSWORD_OUTDATED);
}
END_TEST

START_TEST(only_the_password_is_right)
{
    ck_assert_int_eq(verify("sécret pass 2", right[_i]), MT_PASSWORD_WRONG);
    ck_assert_int_eq(verify("", right[_i]), MT_PASSWORD_WRONG);
}
END_TEST

START_TEST(truncated_hashes_are_wrong)
{
    for (size_t len = 0; len < strlen(right[_i]); len++)
        ck_assert_int_eq(verify(PASSWORD, apr_pstrmemdup(test_pool, right[_i], len)), MT_PASSWORD_WRONG);
}
END_TEST

START_TEST(hashes_with_bytes_added_are_wrong)
{
    static const char *const ends[] = { "0", "00", "$", "=", " ", "\n", "\xff", "$00" };

    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        ck_assert_int_eq(verify(PASSWORD, apr_pstrcat(test_pool, right[_i], ends[i], NULL)), MT_PASSWORD_WRONG);
        ck_assert_int_eq(verify(PASSWORD, apr_pstrcat(test_pool, ends[i], right[_i], NULL)), MT_PASSWORD_WRONG);
    }
}
END_TEST

START_TEST(hashes_with_invalid_bytes_are_wrong)
{
    static const char others[] = "!,\n\xff";

    for (size_t at = 0; at < strlen(right[_i]); at++) {
        for (const char *other = others; *other; other++) {
            char *changed = apr_pstrdup(test_pool, right[_i]);

            if (changed[at] == *other)
                continue;
            changed[at] = *other;
            ck_assert_msg(verify(PASSWORD, changed) == MT_PASSWORD_WRONG, "%s", changed);
        }
    }
}
END_TEST

START_TEST(malformed_pbkdf2_hashes_are_wrong)
{
    static const char *const hashes[] = {
        "",
        "$",
        "$$",
        "$$$",
        "pbkdf2",
        "pbkdf2:sha512" SALT HEX_SHA256,
        "pbkdf2" SALT HEX_SHA256,
        "pbkdf2:sha256:" SALT HEX_SHA256,
        "pbkdf2::260000" SALT HEX_SHA256,
        "pbkdf2:260000" SALT HEX_SHA256,
        "pbkdf2:SHA256:260000" SALT HEX_SHA256,
        "PBKDF2:sha256:260000" SALT HEX_SHA256,
        "pbkdf2:sha224:260000" SALT HEX_SHA256,
        "pbkdf2:md5:260000" SALT HEX_SHA256,
        "pbkdf2:sha1:260000" SALT HEX_SHA256,
        "pbkdf2:sha512:260000" SALT HEX_SHA256,
        "pbkdf2_sha256$260000" SALT HEX_SHA256,
        "pbkdf2:sha256:0" SALT HEX_SHA256,
        "pbkdf2:sha256:-260000" SALT HEX_SHA256,
        "pbkdf2:sha256:+260000" SALT HEX_SHA256,
        "pbkdf2:sha256:0260000" SALT HEX_SHA256,
        "pbkdf2:sha256: 260000" SALT HEX_SHA256,
        "pbkdf2:sha256:260000 " SALT HEX_SHA256,
        "pbkdf2:sha256:260000:" SALT HEX_SHA256,
        "pbkdf2:sha256:260000:1" SALT HEX_SHA256,
        "pbkdf2:sha256:0x3F7A0" SALT HEX_SHA256,
        "pbkdf2:sha256:260000.0" SALT HEX_SHA256,
        "pbkdf2:sha256:260000$$" HEX_SHA256,
        "pbkdf2:sha256:260000$" HEX_SHA256,
        "pbkdf2:sha256:260000$4l78XhzG" HEX_SHA256,
        "pbkdf2:sha256:260000" SALT,
        "pbkdf2:sha256:260000" SALT " " HEX_SHA256,
        "pbkdf2:sha256:260000" SALT "0x" HEX_SHA256,
        "pbkdf2:sha256:260000" SALT HEX_SHA256 HEX_SHA256,
    };

    assert_wrong(hashes, sizeof(hashes) / sizeof(hashes[0]));
}
END_TEST

START_TEST(malformed_scrypt_hashes_are_wrong)
{
    static const char *const hashes[] = {
        "scrypt",
        "scrypt:",
        "scrypt:32768" SCRYPT_TAIL,
        "scrypt:32768:8" SCRYPT_TAIL,
        "scrypt:32768:8:" SCRYPT_TAIL,
        "scrypt:32768:8:1:1" SCRYPT_TAIL,
        "scrypt::8:1" SCRYPT_TAIL,
        "scrypt:0:8:1" SCRYPT_TAIL,
        "scrypt:1:8:1" SCRYPT_TAIL,
        "scrypt:3:8:1" SCRYPT_TAIL,
        "scrypt:32767:8:1" SCRYPT_TAIL,
        "scrypt:32768:0:1" SCRYPT_TAIL,
        "scrypt:32768:8:0" SCRYPT_TAIL,
        "scrypt:32768:8:-1" SCRYPT_TAIL,
        "scrypt:65536:1:1" SCRYPT_TAIL,
        "scrypt:32768:8:1$" SCRYPT_TAIL,
        "scrypt:32768:8:1:" SCRYPT_TAIL,
        "scrypt:32768:8:1" SCRYPT_TAIL "00",
    };

    assert_wrong(hashes, sizeof(hashes) / sizeof(hashes[0]));
}
END_TEST

START_TEST(malformed_bcrypt_hashes_are_wrong)
{
    static const char *const hashes[] = {
        "$2a$9$" BCRYPT_TAIL "A", "$2a$010$" BCRYPT_TAIL, "$2a$1x$" BCRYPT_TAIL, "$2a$ 4$" BCRYPT_TAIL,
        "$2a$-4$" BCRYPT_TAIL,    "$2a$00$" BCRYPT_TAIL,  "$2a$03$" BCRYPT_TAIL, "$2$10$A" BCRYPT_TAIL,
        "$2x$10$" BCRYPT_TAIL,    "$2c$10$" BCRYPT_TAIL,  "$2A$10$" BCRYPT_TAIL, "$3a$10$" BCRYPT_TAIL,
    };

    assert_wrong(hashes, sizeof(hashes) / sizeof(hashes[0]));
}
END_TEST

#define ARGON2_TAIL "$c2FsdHNhbHRzYWx0c2FsdA$uFlw3UMhDsG1iZZSsNULZg"

/* Django's form of crypt(), in its old and its new version. */
START_TEST(hashes_of_des_are_outdated)
{
    ck_assert_int_eq(verify("secretpw", "crypt$T2$T2TRY2Gf23x3A"), MT_PASSWORD_OUTDATED);
    ck_assert_int_eq(verify("secretpw", "crypt$$T2TRY2Gf23x3A"), MT_PASSWORD_OUTDATED);
    ck_assert_int_eq(verify("Secretpw", "crypt$$T2TRY2Gf23x3A"), MT_PASSWORD_WRONG);
    ck_assert_int_eq(verify("secretpw", "crypt$T3$T2TRY2Gf23x3A"), MT_PASSWORD_WRONG);
    ck_assert_int_eq(verify("secretpw", "T2TRY2Gf23x3A"), MT_PASSWORD_WRONG);
}
END_TEST

/* The limits at the speeds of test_speed. */
START_TEST(hashes_at_the_limits_are_affordable)
{
    static const char *const costly[] = {
        "scrypt:65536:8:2$4l78XhzG$"
        "25e99365c06dbbb666518f1813ea583f9cf101a96a97f666bdb088be8e05a509c01b57840a76bd0f3a61bd2bd5b1e49d489761b48961d1"
        "2c33f52687757caa2b",
        "pbkdf2:sha256:8000000" SALT HEX_SHA256,
        "pbkdf2:sha256:4000000$0708090A0B0C0D0E$" HEX_SHA256,
        "pbkdf2_sha256$8000000$2KcFQzIs4e0Z2inecQz1SH$dElmqwqyFAhxCIIWATdTlCD3EQlRDNNPam7rrmYRdqY=",
        "scrypt:262144:8:2" SCRYPT_TAIL,
        "$scrypt$ln=18,r=8,p=2$v1cKgVBqzVnr/d87xxgjhA$T374POFed8nDsAsx0nMnyEzZQgj7zrdAfwXk4ne+goE",
        "$2b$16$" BCRYPT_TAIL,
        "bcrypt_sha256$$2b$16$" BCRYPT_TAIL,
        "$argon2id$v=19$m=262144,t=30,p=4" ARGON2_TAIL,
        "$6$rounds=8000000$MJ5zZLn/12oMi5vb$"
        "M/QQD1xvQs00V9cq3suh7qK459zXFhcJIAvnFoxOJYMc/sh89QOYcFDjNucThuWUj0wQ3FBNEE8R6.34daVj9.",
    };

    for (size_t i = 0; i < sizeof(costly) / sizeof(costly[0]); i++)
        ck_assert_msg(mt_password_is_affordable(costly[i], &test_speed), "%s", costly[i]);
    /* OpenSSL also has a limit for the memory of scrypt. */
    ck_assert_int_eq(verify(PASSWORD, costly[0]), MT_PASSWORD_OUTDATED);
}
END_TEST

/* Most of them would take so long that the test would not end. */
START_TEST(hashes_above_the_limits_are_wrong)
{
    static const char *const too_costly[] = {
        "scrypt:16:1:8388608$4l78XhzG$"
        "cb9b8c26d1acd328e16abbc462fd8c2af9c5e16938bf361a0ef98eb4f2ceeb149bc383ddc775de1fa419e37eeb79ea1224ea7601750190"
        "256d886e209be8dfe5",
        "pbkdf2:sha256:8000001" SALT HEX_SHA256,
        "pbkdf2:sha256:4000001$0708090A0B0C0D0E$" HEX_SHA256,
        "pbkdf2_sha256$8000001$2KcFQzIs4e0Z2inecQz1SH$dElmqwqyFAhxCIIWATdTlCD3EQlRDNNPam7rrmYRdqY=",
        "$pbkdf2-sha256$8000001$L2WMMaa0lrL2HgNAqPUeww$6CpROhZ4GXjdLTZFaUCT1QrbUhDqb8igKdyZJ46Xqhg",
        "AQAAAAEAelABAAAAEAABAgMEBQYHCAkKCwwNDg+j/f6qCjzIA32uwv/Ys+q3W8Z2k2QfzlKqq3p83Sodbg==",
        "scrypt:524288:8:1" SCRYPT_TAIL,
        "scrypt:262144:8:3" SCRYPT_TAIL,
        "$scrypt$ln=19,r=8,p=1$v1cKgVBqzVnr/d87xxgjhA$T374POFed8nDsAsx0nMnyEzZQgj7zrdAfwXk4ne+goE",
        "scrypt$524288$TMWCVVsnnLLB10fhqnInKl$8$1$"
        "AR3Oby3uz6Bfz4wOtFO+pDntgxJnx/LujgC6ni3TvTXi5M51WstVaBiuYYjDZgajUzy745/x6llH6pZvUI185Q==",
        "$2a$17$" BCRYPT_TAIL,
        "$2b$17$" BCRYPT_TAIL,
        "$2y$17$" BCRYPT_TAIL,
        "bcrypt$$2b$17$" BCRYPT_TAIL,
        "$bcrypt-sha256$v=2,t=2b,r=17$dzw.1pG4Qy94rKEhpFjK6.$qlJrcJatkVhaa2TPNgXBMEpEVwmu.Wi",
        "$argon2id$v=19$m=262145,t=1,p=4" ARGON2_TAIL,
        "argon2$argon2id$v=19$m=262144,t=31,p=8" ARGON2_TAIL,
        "$argon2i$v=19$m=8,t=1000001,p=1" ARGON2_TAIL,
        "$5$rounds=8000001$uxz7l6LWBCPU9Zzk$Eqo5R5cpD23n2W67WfF2SwSsYD6fBE0aLBcTQSi69eC",
        "pbkdf2:sha256:4294967297" SALT HEX_SHA256,
        "pbkdf2:sha256:18446744073709551617" SALT HEX_SHA256,
        "pbkdf2:sha256:99999999999999999999999999999999" SALT HEX_SHA256,
        "pbkdf2_sha256$2147483647$2KcFQzIs4e0Z2inecQz1SH$dElmqwqyFAhxCIIWATdTlCD3EQlRDNNPam7rrmYRdqY=",
        "scrypt:2:1048577:1" SCRYPT_TAIL,
        "scrypt:2:1:536870911" SCRYPT_TAIL,
        "scrypt:524288:524288:1048576" SCRYPT_TAIL,
        "scrypt:9223372036854775808:8:1" SCRYPT_TAIL,
        "scrypt:18446744073709551616:8:1" SCRYPT_TAIL,
        "scrypt:32768:18446744073709551617:1" SCRYPT_TAIL,
        "$2b$31$" BCRYPT_TAIL,
        "$2y$99$" BCRYPT_TAIL,
    };

    assert_wrong(too_costly, sizeof(too_costly) / sizeof(too_costly[0]));
    for (size_t i = 0; i < sizeof(too_costly) / sizeof(too_costly[0]); i++)
        ck_assert_msg(!mt_password_is_affordable(too_costly[i], &test_speed), "%s", too_costly[i]);
}
END_TEST

/* Each round of this form reads the whole password. The password is right. */
START_TEST(a_long_password_makes_a_hash_slower)
{
    static const char hash[] = "$6$rounds=1000000$R/kM7OnL4d.D1hHv$tGPi2UO/"
                               "qUmrpgRTv62octLDgciu6iYGhF4ljXfOHSwgYn2e.A4NNA/VJjuQIz.6HWjvGD9ZZVZ5UE7xJRDbc/";
    const char *password = test_support_repeat("x", 500);

    ck_assert(mt_password_is_affordable(hash, &test_speed));
    ck_assert_int_eq(verify(password, hash), MT_PASSWORD_WRONG);
}
END_TEST

/* PASSWORD in plain text, and digests and weak hashes of it. */
START_TEST(weak_forms_are_wrong)
{
    static const char *const weak[] = {
        PASSWORD,
        "pbkdf2:sha256:50000$971d4f8067313ad75b347149a6e2ee1b1df7c4273ea5c21732f32e47cd98c503",
        "971d4f8067313ad75b347149a6e2ee1b1df7c4273ea5c21732f32e47cd98c503",
        "7da4fdaf3144cacb97cefa974efa80a0",
        ("plain$$" PASSWORD),
        "md5$$7da4fdaf3144cacb97cefa974efa80a0",
        "sha1$$004eb94c08b6e917536d7f17bdecc9b3ce6b481f",
        "{SHA}AE65TAi26RdTbX8XvezJs85rSB8=",
        "004eb94c08b6e917536d7f17bdecc9b3ce6b481f",
        "$apr1$abcdefgh$ldAurtxoELi9fi8E60026.",
        "$1$abcdefgh$iRF3mXMkZcUY31I3FjoW//",
        "abGZIgVyRL4wQ",
    };

    assert_wrong(weak, sizeof(weak) / sizeof(weak[0]));
    ck_assert_int_eq(verify("", ""), MT_PASSWORD_WRONG);
    /* A hash is not a password. */
    for (size_t i = CHEAP; i < sizeof(right) / sizeof(right[0]); i++)
        ck_assert_int_eq(verify(right[i], right[i]), MT_PASSWORD_WRONG);
}
END_TEST

Suite *test_password_foreign_suite(void)
{
    enum {
        RIGHT = sizeof(right) / sizeof(right[0])
    };
    Suite *suite = suite_create("password_foreign");
    TCase *verifying = test_support_case(suite, "verify");

    tcase_add_loop_test(verifying, hashes_of_other_programs_are_outdated, 0, RIGHT);
    tcase_add_loop_test(verifying, only_the_password_is_right, CHEAP, RIGHT);
    tcase_add_loop_test(verifying, truncated_hashes_are_wrong, CHEAP, RIGHT);
    tcase_add_loop_test(verifying, hashes_with_bytes_added_are_wrong, CHEAP, RIGHT);
    tcase_add_loop_test(verifying, hashes_with_invalid_bytes_are_wrong, CHEAP, RIGHT);
    tcase_add_test(verifying, malformed_pbkdf2_hashes_are_wrong);
    tcase_add_test(verifying, malformed_scrypt_hashes_are_wrong);
    tcase_add_test(verifying, malformed_bcrypt_hashes_are_wrong);
    tcase_add_test(verifying, hashes_at_the_limits_are_affordable);
    tcase_add_test(verifying, a_long_password_makes_a_hash_slower);
    tcase_add_test(verifying, hashes_of_des_are_outdated);
    tcase_add_test(verifying, hashes_above_the_limits_are_wrong);
    tcase_add_test(verifying, weak_forms_are_wrong);
    return suite;
}
