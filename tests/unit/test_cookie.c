/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/cookie.h"
#include "suites.h"
#include "support.h"

static const struct {
    const char *header;
    const char *value; /* of the cookie "session", or NULL */
} headers[] = {
    { NULL, NULL },
    { "", NULL },
    { "session", NULL },
    { "session=", "" },
    { "session=abc", "abc" },
    { "session=abc;", "abc" },
    { "session=abc; other=1", "abc" },
    { "other=1; session=abc", "abc" },
    { "other=1;session=abc", "abc" },
    { "other=1;  \t session = abc \t ; x=y", "abc" },
    { "; ;; session=abc", "abc" },
    { "session=first; session=second", "first" },
    { "my_session=abc", NULL },
    { "__Host-session=abc", NULL },
    { "sessions=abc", NULL },
    { "sess=abc", NULL },
    { "Session=abc", NULL },
    { "other=session=abc", NULL },
    { "other; session=abc", "abc" },
    { "session; session=abc", "abc" },
    { "=abc; session=x", "x" },
    { "session=a=b==", "a=b==" },
    { "session=\"abc\"", "abc" },
    { "session=\"\"", "" },
    { "session=\"", "\"" },
    { "session=\"abc", "\"abc" },
    { "session=abc\"", "abc\"" },
    { "session=a,b", "a,b" },
};

START_TEST(finds_a_cookie)
{
    ck_assert_pstr_eq(mt_cookie_get(test_pool, headers[_i].header, "session"), headers[_i].value);
}
END_TEST

static const struct {
    mt_cookie_t cookie;
    const char *header;
} cookies[] = {
    { { "session", "abc", "/", 2592000, 1 }, "session=abc; Path=/; Max-Age=2592000; HttpOnly; SameSite=Lax; Secure" },
    { { "session", "abc", "/api", 60, 0 }, "session=abc; Path=/api; Max-Age=60; HttpOnly; SameSite=Lax" },
    { { "flash", "following:a%20b%s", "/", -1, 0 }, "flash=following:a%20b%s; Path=/; HttpOnly; SameSite=Lax" },
    { { "session", "", "/", 0, 0 }, "session=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax" },
};

START_TEST(writes_a_cookie)
{
    ck_assert_str_eq(mt_cookie_format(test_pool, &cookies[_i].cookie), cookies[_i].header);
}
END_TEST

START_TEST(cookies_under_tls_have_a_prefix)
{
    ck_assert_str_eq(mt_cookie_name(test_pool, "session", "/", 0), "session");
    ck_assert_str_eq(mt_cookie_name(test_pool, "session", "/web", 0), "session");
    ck_assert_str_eq(mt_cookie_name(test_pool, "session", "/", 1), "__Host-session");
    ck_assert_str_eq(mt_cookie_name(test_pool, "session", "/web", 1), "__Secure-session");
}
END_TEST

Suite *test_cookie_suite(void)
{
    Suite *suite = suite_create("cookie");
    TCase *tests = test_support_case(suite, "cookie");

    tcase_add_loop_test(tests, finds_a_cookie, 0, sizeof(headers) / sizeof(headers[0]));
    tcase_add_loop_test(tests, writes_a_cookie, 0, sizeof(cookies) / sizeof(cookies[0]));
    tcase_add_test(tests, cookies_under_tls_have_a_prefix);
    return suite;
}
