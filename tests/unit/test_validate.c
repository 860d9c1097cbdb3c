/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/validate.h"
#include "suites.h"
#include "support.h"

#include <apr_strings.h>

#define NO_USERNAME "You have to enter a username"
#define NO_EMAIL    "You have to enter a valid email address"
#define NO_PASSWORD "You have to enter a password"
#define MISMATCH    "The two passwords do not match"
#define RESERVED    "The username is reserved"
#define SLASH       "The username may not contain a slash"
#define CONTROL     "The username may not contain control characters"

static const char *const reserved[] = { "public", "login", "static", NULL };

/* The problem is the first rule that the registration breaks. */
static const struct {
    const char *username;
    const char *email;
    const char *password;
    const char *password2;
    const char *problem;
} registrations[] = {
    { "foo", "foo@example.com", "secret", "secret", NULL },
    { "Roger Histand", "@", "p", "p", NULL },
    { "\xe5\xae\x8b \xf0\x9f\x98\x80", "x@y", "p", "p", NULL },
    { "...", "x@y", "p", "p", NULL },
    { "Public", "x@y", "p", "p", NULL },
    { "publication", "x@y", "p", "p", NULL },
    { "a?b#c%d&e\\f", "x@y", "p", "p", NULL },
    { "", "", "", "x", NO_USERNAME },
    { "public", "", "", "x", RESERVED },
    { "static", "x@y", "p", "p", RESERVED },
    { ".", "x@y", "p", "p", RESERVED },
    { "..", "x@y", "p", "p", RESERVED },
    { "/", "", "", "x", SLASH },
    { "a/b", "x@y", "p", "p", SLASH },
    { "a\nb", "", "", "x", CONTROL },
    { "a\x7f", "x@y", "p", "p", CONTROL },
    { "a\xc2\x85", "x@y", "p", "p", CONTROL },
    { " foo", "", "", "x", "The username may not begin or end with white space" },
    { "f\xe2\x80\x8boo", "", "", "x", "The username may not contain invisible characters" },
    { "f\xe2\x80\x8b/", "", "", "x", SLASH },
    { "foo", "", "", "x", NO_EMAIL },
    { "foo", "broken", "", "x", NO_EMAIL },
    { "foo", "x@y\n", "p", "p", NO_EMAIL },
    { "foo", "x@y", "", "", NO_PASSWORD },
    { "foo", "x@y", "", "x", NO_PASSWORD },
    { "foo", "x@y", "x", "", MISMATCH },
    { "foo", "x@y", "x", "X", MISMATCH },
    { "foo", "x@y", "x", "x ", MISMATCH },
};

START_TEST(checks_a_registration_in_order)
{
    const char *problem = mt_validate_registration(registrations[_i].username, registrations[_i].email,
                                                   registrations[_i].password, registrations[_i].password2, reserved);

    ck_assert_pstr_eq(problem, registrations[_i].problem);
}
END_TEST

static const char *validate(const char *username, const char *email)
{
    return mt_validate_registration(username, email, "p", "p", reserved);
}

START_TEST(limits_lengths_in_characters)
{
    const char *longest = test_support_repeat("\xf0\x9f\x98\x80", 255);
    const char *too_long = test_support_repeat("\xf0\x9f\x98\x80", 256);
    const char *longest_email = apr_pstrcat(test_pool, "@", test_support_repeat("\xc3\xa6", 254), NULL);
    const char *too_long_email = apr_pstrcat(test_pool, "@", test_support_repeat("x", 255), NULL);

    ck_assert_ptr_null(validate(longest, longest_email));
    ck_assert_str_eq(validate(too_long, ""), "The username may have at most 255 characters");
    ck_assert_str_eq(validate("foo", too_long_email), "The email address may have at most 255 characters");
    ck_assert_str_eq(validate("foo", test_support_repeat("x", 256)), NO_EMAIL);
}
END_TEST

START_TEST(limits_a_message)
{
    ck_assert_ptr_null(mt_validate_message(test_pool, "", 10));
    ck_assert_ptr_null(mt_validate_message(test_pool, "line\nline\x01", 10));
    ck_assert_ptr_null(mt_validate_message(test_pool, test_support_repeat("\xc3\xa6", 10), 10));
    ck_assert_str_eq(mt_validate_message(test_pool, test_support_repeat("x", 11), 10),
                     "The message may have at most 10 characters");
    ck_assert_str_eq(mt_validate_message(test_pool, test_support_repeat("\xc3\xa6", 1001), 1000),
                     "The message may have at most 1000 characters");
}
END_TEST

Suite *test_validate_suite(void)
{
    Suite *suite = suite_create("validate");
    TCase *tests = test_support_case(suite, "validate");

    tcase_add_loop_test(tests, checks_a_registration_in_order, 0, sizeof(registrations) / sizeof(registrations[0]));
    tcase_add_test(tests, limits_lengths_in_characters);
    tcase_add_test(tests, limits_a_message);
    return suite;
}
