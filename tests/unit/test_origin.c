/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/origin.h"
#include "suites.h"
#include "support.h"

/* Host, Sec-Fetch-Site, Origin, Referer. */
static const mt_origin_t trusted[] = {
    { "example.com", NULL, NULL, NULL },
    { NULL, NULL, NULL, NULL },
    { "example.com", "same-origin", NULL, NULL },
    { "example.com", "none", NULL, NULL },
    { NULL, "same-origin", NULL, NULL },
    { "example.com", "none", NULL, "https://elsewhere.example/" },
    { "example.com", "same-origin", NULL, "nonsense" },
    { "example.com", "same-origin", "https://example.com", NULL },
    { "example.com", "unheard-of", NULL, NULL },
    { "example.com", "", NULL, NULL },
    { "example.com", "unheard-of", "http://example.com", NULL },
    { "example.com", "unheard-of", NULL, "http://example.com/page" },
    { "example.com", NULL, "http://example.com", NULL },
    { "example.com", NULL, "HTTPS://EXAMPLE.com", NULL },
    { "EXAMPLE.com", NULL, "https://example.COM", NULL },
    { "example.com", NULL, "http://example.com", "http://elsewhere.example/" },
    { "example.com:80", NULL, "http://example.com", NULL },
    { "example.com:443", NULL, "https://example.com", NULL },
    { "example.com:443", NULL, "http://example.com", NULL },
    { "example.com", NULL, "http://example.com:80", NULL },
    { "example.com", NULL, "https://example.com:443", NULL },
    { "example.com:", NULL, "https://example.com", NULL },
    { "example.com:080", NULL, "http://example.com", NULL },
    { "example.com:443", NULL, "http://example.com:443", NULL },
    { "example.com:80", NULL, "https://example.com:80", NULL },
    { "localhost:5000", NULL, "http://localhost:5000", NULL },
    { "localhost:5000", NULL, "https://localhost:5000", NULL },
    { "127.0.0.1:65535", NULL, "http://127.0.0.1:65535", NULL },
    { "[::1]", NULL, "http://[::1]", NULL },
    { "[::1]:5000", NULL, "http://[::1]:5000", NULL },
    { "[2001:db8::A]:443", NULL, "https://[2001:DB8::a]", NULL },
    { "[::ffff:127.0.0.1]", NULL, "http://[::ffff:127.0.0.1]", NULL },
    { "a_b-c.example", NULL, "http://a_b-c.example", NULL },
    { "example.com", NULL, NULL, "http://example.com" },
    { "example.com", NULL, NULL, "http://example.com/" },
    { "example.com", NULL, NULL, "https://Example.com:443/login?next=http://elsewhere.example/#top" },
    { "example.com", NULL, NULL, "http://example.com?q" },
    { "example.com", NULL, NULL, "http://example.com#f" },
    { "example.com:5000", NULL, NULL, "http://example.com:5000/" },
    { "[::1]:5000", NULL, NULL, "http://[::1]:5000/public" },
};

static const mt_origin_t untrusted[] = {
    { "example.com", "cross-site", NULL, NULL },
    { "example.com", "same-site", NULL, NULL },
    { "example.com", "Cross-Site", NULL, NULL },
    { "example.com", "cross-site", "http://example.com", "http://example.com/" },
    { "example.com", "same-site", "http://example.com", NULL },
    { "example.com", "same-origin", "http://elsewhere.example", NULL },
    { "example.com", "none", "null", NULL },
    { "example.com", "unheard-of", "http://elsewhere.example", NULL },
    { "example.com", "unheard-of", NULL, "http://elsewhere.example/" },
    { "example.com", "", NULL, "http://elsewhere.example/" },
    { "example.com", NULL, "null", NULL },
    { "example.com", NULL, "null", "http://example.com/" },
    { "example.com", NULL, "", NULL },
    { "example.com", NULL, "example.com", NULL },
    { "example.com", NULL, "//example.com", NULL },
    { "example.com", NULL, "http:example.com", NULL },
    { "example.com", NULL, "http:/example.com", NULL },
    { "example.com", NULL, "http://", NULL },
    { "example.com", NULL, "http://:80", NULL },
    { "example.com", NULL, "ftp://example.com", NULL },
    { "example.com", NULL, "file://example.com", NULL },
    { "example.com", NULL, "chrome-extension://example.com", NULL },
    { "example.com", NULL, " http://example.com", NULL },
    { "example.com", NULL, "http://example.com ", NULL },
    { "example.com", NULL, "http://example.com http://elsewhere.example", NULL },
    { "example.com", NULL, "http://example.com, http://example.com", NULL },
    { "example.com", NULL, "http://example.com/", NULL },
    { "example.com", NULL, "http://example.com/path", NULL },
    { "example.com", NULL, "http://example.com?q", NULL },
    { "example.com", NULL, "http://example.com#f", NULL },
    { "example.com", NULL, "http://user@example.com", NULL },
    { "example.com", NULL, "http://user:pass@example.com", NULL },
    { "example.com", NULL, "http://example.com@elsewhere.example", NULL },
    { "example.com", NULL, "http://example.com:80@elsewhere.example", NULL },
    { "example.com", NULL, "http://example.com\\@elsewhere.example", NULL },
    { "example.com", NULL, "http://elsewhere.example", NULL },
    { "example.com", NULL, "http://example.com.elsewhere.example", NULL },
    { "example.com", NULL, "http://elsewhere-example.com", NULL },
    { "example.com", NULL, "http://www.example.com", NULL },
    { "example.com", NULL, "http://example.co", NULL },
    { "example.com", NULL, "http://example.com:5000", NULL },
    { "example.com", NULL, "http://example.com:443", NULL },
    { "example.com", NULL, "https://example.com:80", NULL },
    { "example.com:5000", NULL, "http://example.com", NULL },
    { "example.com:5000", NULL, "http://example.com:5001", NULL },
    { "example.com:5000", NULL, "http://example.com:50000", NULL },
    { "example.com", NULL, "http://example.com:0", NULL },
    { "example.com", NULL, "http://example.com:65536", NULL },
    { "example.com:0", NULL, "http://example.com:0", NULL },
    { "example.com:65536", NULL, "http://example.com:65536", NULL },
    { "example.com", NULL, "http://example.com:4294967376", NULL },
    { "example.com", NULL, "http://example.com:-80", NULL },
    { "example.com", NULL, "http://example.com:80x", NULL },
    { "example.com", NULL, "http://example.com:80:80", NULL },
    { "example.com", NULL, "http://ex%61mple.com", NULL },
    { "::1", NULL, "http://[::1]", NULL },
    { "[::1]", NULL, "http://[::1", NULL },
    { "[::1]", NULL, "http://[::1]x", NULL },
    { "[::1]", NULL, "http://[::2]", NULL },
    { "[]", NULL, "http://[]", NULL },
    { "[example]", NULL, "http://[example]", NULL },
    { NULL, NULL, "http://example.com", NULL },
    { "", NULL, "http://example.com", NULL },
    { "", NULL, "http://", NULL },
    { "example.com/", NULL, "http://example.com", NULL },
    { "user@example.com", NULL, "http://example.com", NULL },
    { "example.com:x", NULL, "http://example.com", NULL },
    { "example.com, elsewhere.example", NULL, "http://example.com", NULL },
    { NULL, NULL, NULL, "http://example.com/" },
    { "example.com", NULL, NULL, "" },
    { "example.com", NULL, NULL, "about:blank" },
    { "example.com", NULL, NULL, "/relative" },
    { "example.com", NULL, NULL, "http://elsewhere.example/" },
    { "example.com", NULL, NULL, "http://elsewhere.example/example.com" },
    { "example.com", NULL, NULL, "http://elsewhere.example/?http://example.com/" },
    { "example.com", NULL, NULL, "http://example.com.elsewhere.example/" },
    { "example.com", NULL, NULL, "http://example.com@elsewhere.example/" },
    { "example.com", NULL, NULL, "http://example.com\\elsewhere.example/" },
    { "example.com", NULL, NULL, "http://example.com:5000/" },
    { "example.com:5000", NULL, NULL, "http://example.com/" },
};

START_TEST(trusts_the_same_site_and_scripts)
{
    const mt_origin_t *row = &trusted[_i];

    ck_assert_msg(mt_origin_is_trusted(row) == 1, "Host %s, Sec-Fetch-Site %s, Origin %s, Referer %s", row->host,
                  row->sec_fetch_site, row->origin, row->referer);
}
END_TEST

START_TEST(refuses_other_sites)
{
    const mt_origin_t *row = &untrusted[_i];

    ck_assert_msg(mt_origin_is_trusted(row) == 0, "Host %s, Sec-Fetch-Site %s, Origin %s, Referer %s", row->host,
                  row->sec_fetch_site, row->origin, row->referer);
}
END_TEST

Suite *test_origin_suite(void)
{
    Suite *suite = suite_create("origin");
    TCase *tests = test_support_case(suite, "origin");

    tcase_add_loop_test(tests, trusts_the_same_site_and_scripts, 0, sizeof(trusted) / sizeof(trusted[0]));
    tcase_add_loop_test(tests, refuses_other_sites, 0, sizeof(untrusted) / sizeof(untrusted[0]));
    return suite;
}
