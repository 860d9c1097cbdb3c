/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "suites.h"
#include "support.h"

#include "core/password_foreign.h"

#include <apr_strings.h>
#include <string.h>

#define PASSWORD   "sécret pass 1"
#define SALT       "$4l78XhzG$"
#define HEX_SHA256 "57ba145dfbb3c25d8d3d15b94c70af3207b50d170c9d93b8b28fda8cfbb5522d"
#define SCRYPT_TAIL                                                                                                    \
    "$aB3dE5gH7jK9mN1p$"                                                                                               \
    "a870c0037ebf4225b38716a91d1080c137dc95c9203b30675184240ccad128198dd8571e912ed132fe832cdadd558247844696220ed731bc" \
    "d45f2240b97a746f"
#define BCRYPT_TAIL "T/ZEq.IKK/eK9xM7rSZ1heaGJmVjN8DqEceDVNCs2xRIpwMDmqcp2"

/* Hashes of PASSWORD. The costs of the first ones are those that programs use. Most tests leave them out, because each
 * takes a tenth of a second. */
enum {
    CHEAP = 9
};
static const char *const right[] = {
    "pbkdf2:sha256:260000" SALT HEX_SHA256,
    "pbkdf2:sha256:50000$eknrByMm$4927ece7dce876b18b932e88137ecf6780c40ef4bd3a3d55ed739335958f054c",
    "scrypt:32768:8:1" SCRYPT_TAIL,
    "pbkdf2_sha256$260000$2KcFQzIs4e0Z2inecQz1SH$dElmqwqyFAhxCIIWATdTlCD3EQlRDNNPam7rrmYRdqY=",
    "$2b$10$3fDE9NxXchlco/r2mltdJOE8JkwWTl637GHsxlu6zKciLN.WC55JG",
    "$2a$10$" BCRYPT_TAIL,
    "$2y$10$WDI4HeL.jxl3ZAg7G9Is0.oWLuoMy/YNia3FGPKWJNmC/cyp0UkBG",
    "scrypt:1024:8:16$4l78XhzG$"
    "01e6dee24e5f95b0092506479e31d23d505e848cb9797be87cdbee12459a1119d2783615832f72de5575c32672275aad78a63bd6c8614eba1a"
    "7c76cd33309c0f",
    "scrypt:32768:1:4$4l78XhzG$"
    "7a7fc29436e5046dbeb706d92fa2bc3ae88cd1fa26967849ace4aa87610373e3533aff2db506dbc3898e0815aeeb580921ca352d17a3326b47"
    "c0b8b801776a2a",
    "pbkdf2:sha1:1000$4l78XhzG$7abb61a57752de237ac51e9abfb7fa0d247b3530",
    "pbkdf2:sha512:1000$4l78XhzG$"
    "017cdbf5ac6f7eb2cd91a2e71683f59d9225f3b88f13cde4be54272e10902e64a4c7fa0d895d1ca75cc9685374e8b196a7424dffb90fa5a478"
    "7a148b1c207f38",
    "pbkdf2:sha256:1$4l78XhzG$82f68e74e15cd7d0b13b502df4b08f2eb028fb692d23813c9d60f33bf3571d13",
    "pbkdf2_sha256$1$4l78XhzG$gvaOdOFc19CxO1At9LCPLrAo+2ktI4E8nWDzO/NXHRM=",
    "scrypt:2:1:1$4l78XhzG$"
    "8e7efbd8ffe0f6139445c2995b2e2ddf49f795f1ae8ce89cfea59b52bb2c6d1b1dce32d21efe4814f15520a69adbf2e28af015906d5d42fe38"
    "c64e6145b7ebf2",
    "$2a$04$abcdefghijklmnopqrstuubSUG/CBaJLDPcrfu2PE82wzvapblB7S",
    "$2b$04$abcdefghijklmnopqrstuubSUG/CBaJLDPcrfu2PE82wzvapblB7S",
    "$2y$04$abcdefghijklmnopqrstuubSUG/CBaJLDPcrfu2PE82wzvapblB7S",
};

static mt_password_result_t verify(const char *password, const char *hash)
{
    return mt_password_foreign_verify(test_pool, password, hash);
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

    const char *key = strrchr(right[_i], '$');
    const char *salt = key;

    /* A salt may hold any byte, except in bcrypt, where the last two dollar signs enclose only the cost. */
    if (right[_i][0] != '$') {
        while (salt[-1] != '$')
            salt--;
    }
    for (size_t at = 0; at < strlen(right[_i]); at++) {
        if (right[_i] + at >= salt && right[_i] + at < key)
            continue;
        for (const char *other = others; *other; other++) {
            char *changed = apr_pstrdup(test_pool, right[_i]);

            changed[at] = *other;
            ck_assert_int_eq(verify(PASSWORD, changed), MT_PASSWORD_WRONG);
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
        "pbkdf2:sha256" SALT HEX_SHA256,
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

START_TEST(hashes_at_the_limits_are_known)
{
    static const char *const costly[] = {
        "pbkdf2:sha256:1000000$4l78XhzG$521d729654f974ea156a2d5417f9829cdb10a92c9b0bad106437e465b0d872c2",
        "pbkdf2_sha256$1000000$4l78XhzG$Uh1yllT5dOoVai1UF/mCnNsQqSybC60QZDfkZbDYcsI=",
        "scrypt:65536:8:2$4l78XhzG$"
        "25e99365c06dbbb666518f1813ea583f9cf101a96a97f666bdb088be8e05a509c01b57840a76bd0f3a61bd2bd5b1e49d489761b48961d1"
        "2c33f52687757caa2b",
        "scrypt:8192:64:2$4l78XhzG$"
        "5fd515bc78bcb0420debe111c1829b443f76819b6dccf09f8f6f96fc532d983d55879b6ee848b92f5f0784912dccd5fb9fc709887a052d"
        "30694d85d2f123bc4b",
        "$2b$14$abcdefghijklmnopqrstuurasW.NzW7Lcack5O8xMdAM8Ww2yHfsG",
    };

    for (size_t i = 0; i < sizeof(costly) / sizeof(costly[0]); i++)
        ck_assert_msg(mt_password_foreign_is_known(costly[i]), "%s", costly[i]);
    /* OpenSSL also has a limit for the memory of scrypt. */
    ck_assert_int_eq(verify(PASSWORD, costly[2]), MT_PASSWORD_OUTDATED);
}
END_TEST

/* PASSWORD is right for the first ones. The others would take so long that the test would not end. */
START_TEST(hashes_above_the_limits_are_wrong)
{
    static const char *const too_costly[] = {
        "pbkdf2:sha256:1000001$4l78XhzG$e1fcf081b9c25de505af7ca2199b97839d111e798df4f7bd6d1ff432b79d2132",
        "pbkdf2_sha256$1000001$4l78XhzG$4fzwgbnCXeUFr3yiGZuXg50RHnmN9Pe9bR/0MredITI=",
        "pbkdf2:sha512:1200000$4l78XhzG$"
        "7c82b27f5d6e6d23a5cc1d4fc1b98f5f062b362b0c046b054357c0f85b2a2ac0247546f5058560a8ff7ee72c02ece3263d3bf2f7da24dd"
        "84b1daaa2a3b3f6e03",
        "scrypt:131072:8:1$4l78XhzG$"
        "e4ec3fbcecacd3e614773b696297669fcfd8dde68525ab3aeabf5da4050822ec6c0b10f8684651142ee652bed16184fa7aa3afea55e95f"
        "164789ec339ead4dea",
        "scrypt:65536:8:3$4l78XhzG$"
        "8820eaacb537a599db0cd56d3d1630dcf0f9e50465bf01891033552b71c04811d4b9314d1e056a4343d1a23c54d6f1683e7257ee4678b9"
        "3fc060612fc6542504",
        "scrypt:16384:64:1$4l78XhzG$"
        "d5cdc65e973a21b4e0c68092f8fba69ccf115f13790b8e54936ccaa99a76f3794d1d0cd2f204cebb955ed5d27a1fa2cc9caeaa5eec8199"
        "9011a707e569479dcf",
        "scrypt:16:1:131072$4l78XhzG$"
        "cb9b8c26d1acd328e16abbc462fd8c2af9c5e16938bf361a0ef98eb4f2ceeb149bc383ddc775de1fa419e37eeb79ea1224ea7601750190"
        "256d886e209be8dfe5",
        "$2a$15$abcdefghijklmnopqrstuuUKqYxauyxUkuDoWU4nn5rXFix4j1gfC",
        "$2b$15$abcdefghijklmnopqrstuuUKqYxauyxUkuDoWU4nn5rXFix4j1gfC",
        "$2y$15$abcdefghijklmnopqrstuuUKqYxauyxUkuDoWU4nn5rXFix4j1gfC",
        "pbkdf2:sha256:4294967297" SALT HEX_SHA256,
        "pbkdf2:sha256:18446744073709551617" SALT HEX_SHA256,
        "pbkdf2:sha256:99999999999999999999999999999999" SALT HEX_SHA256,
        "pbkdf2_sha256$2147483647$2KcFQzIs4e0Z2inecQz1SH$dElmqwqyFAhxCIIWATdTlCD3EQlRDNNPam7rrmYRdqY=",
        "scrypt:2:524288:1" SCRYPT_TAIL,
        "scrypt:2:1:1048576" SCRYPT_TAIL,
        "scrypt:524288:524288:1048576" SCRYPT_TAIL,
        "scrypt:9223372036854775808:8:1" SCRYPT_TAIL,
        "scrypt:18446744073709551616:8:1" SCRYPT_TAIL,
        "scrypt:32768:18446744073709551617:1" SCRYPT_TAIL,
        "$2b$31$" BCRYPT_TAIL,
        "$2y$99$" BCRYPT_TAIL,
    };

    assert_wrong(too_costly, sizeof(too_costly) / sizeof(too_costly[0]));
    for (size_t i = 0; i < sizeof(too_costly) / sizeof(too_costly[0]); i++)
        ck_assert_msg(!mt_password_foreign_is_known(too_costly[i]), "%s", too_costly[i]);
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
        "{SHA}AE65TAi26RdTbX8XvezJs85rSB8=",
        "004eb94c08b6e917536d7f17bdecc9b3ce6b481f",
        "$apr1$abcdefgh$ldAurtxoELi9fi8E60026.",
        "$1$abcdefgh$iRF3mXMkZcUY31I3FjoW//",
        "$6$abcdefgh$2ES5uEyPoYP8/cawni4cqZedzSzLpITAhIhlJ09gSSNGxx966SgxwMsMR.QvBYwVTUes9JewkczokBcySj4lK/",
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
    tcase_add_test(verifying, hashes_at_the_limits_are_known);
    tcase_add_test(verifying, hashes_above_the_limits_are_wrong);
    tcase_add_test(verifying, weak_forms_are_wrong);
    return suite;
}
