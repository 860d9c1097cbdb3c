/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/flash.h"
#include "suites.h"
#include "support.h"

#include <apr_strings.h>
#include <string.h>

static const struct {
    mt_flash_t flash;
    const char *username;
    const char *sentence;
} flashes[] = {
    { MT_FLASH_NONE, NULL, NULL },
    { MT_FLASH_REGISTERED, "a;b \xc3\xa6", "You were successfully registered and can login now" },
    { MT_FLASH_LOGGED_IN, NULL, "You were logged in" },
    { MT_FLASH_LOGGED_OUT, NULL, "You were logged out" },
    { MT_FLASH_RECORDED, NULL, "Your message was recorded" },
    { MT_FLASH_DESCRIBED, NULL, "Your profile was saved" },
    { MT_FLASH_FOLLOWING, "foo", "You are now following \"foo\"" },
    { MT_FLASH_UNFOLLOWED, "foo", "You are no longer following \"foo\"" },
    { MT_FLASH_FOLLOWING, "Roger Histand", "You are now following \"Roger Histand\"" },
    { MT_FLASH_FOLLOWING, "a;b,c=\"d\":%s%20", "You are now following \"a;b,c=\"d\":%s%20\"" },
    { MT_FLASH_FOLLOWING, "\xd7\x90", "You are now following \"\xe2\x81\xa8\xd7\x90\xe2\x81\xa9\"" },
    { MT_FLASH_UNFOLLOWED, "\xc3\xa6 \xf0\x9f\x98\x80", "You are no longer following \"\xc3\xa6 \xf0\x9f\x98\x80\"" },
};

START_TEST(a_cookie_gives_the_sentence)
{
    const char *value = mt_flash_format(test_pool, flashes[_i].flash, flashes[_i].username);

    ck_assert_pstr_eq(mt_flash_parse(test_pool, value), flashes[_i].sentence);
    /* Only these characters may stand in a cookie's value (RFC 6265, section 4.1.1). */
    for (; *value != '\0'; value++)
        ck_assert_msg(*value > ' ' && *value < 0x7f && strchr("\",;\\", *value) == NULL, "'%c'", *value);
}
END_TEST

START_TEST(a_cookie_may_hold_the_longest_name)
{
    const char *username = test_support_repeat("\xf0\x9f\x98\x80", 255);
    const char *value = mt_flash_format(test_pool, MT_FLASH_UNFOLLOWED, username);

    ck_assert_pstr_eq(mt_flash_parse(test_pool, value),
                      apr_pstrcat(test_pool, "You are no longer following \"", username, "\"", NULL));
    /* Browsers drop a cookie of more than 4096 bytes. */
    ck_assert_uint_lt(strlen(value), 3500);
    value = mt_flash_format(test_pool, MT_FLASH_FOLLOWING, test_support_repeat("x", 256));
    ck_assert_ptr_null(mt_flash_parse(test_pool, value));
}
END_TEST

START_TEST(the_name_of_a_new_user)
{
    const char *value = mt_flash_format(test_pool, MT_FLASH_REGISTERED, "a;b \xc3\xa6");

    ck_assert_pstr_eq(mt_flash_registered(test_pool, value), "a;b \xc3\xa6");
    ck_assert_ptr_null(mt_flash_registered(test_pool, NULL));
    ck_assert_ptr_null(mt_flash_registered(test_pool, "registered"));
    ck_assert_ptr_null(mt_flash_registered(test_pool, "registered:%0A"));
    ck_assert_ptr_null(mt_flash_registered(test_pool, mt_flash_format(test_pool, MT_FLASH_FOLLOWING, "a")));
}
END_TEST

static const char *const forged[] = {
    NULL,
    "",
    "nonsense",
    "recordedx",
    "record",
    "Recorded",
    "recorded:",
    "recorded:foo",
    " recorded",
    "following",
    "following:",
    "following.foo",
    "followingfoo",
    "following:%",
    "following:%4",
    "following:%00",
    "following:a%00b",
    "following:%0A",
    "following:a%1Bb",
    "following:%7F",
    "following:%C2%85",
    "following:%FF",
    "following:%C3",
    "following:a b",
    "following:<b>",
    "following:%c3%a6", /* the module writes capital letters */
    "following:%61",
    "following:a+b",
    "You were logged in",
};

START_TEST(forged_cookies_are_ignored)
{
    ck_assert_pstr_eq(mt_flash_parse(test_pool, forged[_i]), NULL);
}
END_TEST

Suite *test_flash_suite(void)
{
    Suite *suite = suite_create("flash");
    TCase *tests = test_support_case(suite, "flash");

    tcase_add_test(tests, the_name_of_a_new_user);
    tcase_add_loop_test(tests, a_cookie_gives_the_sentence, 0, sizeof(flashes) / sizeof(flashes[0]));
    tcase_add_test(tests, a_cookie_may_hold_the_longest_name);
    tcase_add_loop_test(tests, forged_cookies_are_ignored, 0, sizeof(forged) / sizeof(forged[0]));
    return suite;
}
