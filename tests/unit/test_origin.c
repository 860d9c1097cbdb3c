/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/origin.h"
#include "suites.h"
#include "support.h"

/* Host, Sec-Fetch-Site, Origin, Referer, Sec-Fetch-Dest. */
static const mt_origin_t trusted[] = {
    { "example.com", NULL, NULL, NULL, NULL },
    { NULL, NULL, NULL, NULL, NULL },
    { "example.com", "same-origin", NULL, NULL, NULL },
    { "example.com", "same-origin", NULL, NULL, "document" },
    { "example.com", "none", NULL, NULL, "Document" },
    { "example.com", "same-origin", "http://example.com", NULL, "empty" },
    { "example.com", "none", NULL, NULL, NULL },
    { NULL, "same-origin", NULL, NULL, NULL },
    { "example.com", "none", NULL, "https://elsewhere.example/", NULL },
    { "example.com", "same-origin", NULL, "nonsense", NULL },
    { "example.com", "same-origin", "https://example.com", NULL, NULL },
    { "example.com", "unheard-of", NULL, NULL, NULL },
    { "example.com", "", NULL, NULL, NULL },
    { "example.com", "unheard-of", "http://example.com", NULL, NULL },
    { "example.com", "unheard-of", NULL, "http://example.com/page", NULL },
    { "example.com", NULL, "http://example.com", NULL, NULL },
    { "example.com", NULL, "HTTPS://EXAMPLE.com", NULL, NULL },
    { "EXAMPLE.com", NULL, "https://example.COM", NULL, NULL },
    { "example.com", NULL, "http://example.com", "http://elsewhere.example/", NULL },
    { "example.com:80", NULL, "http://example.com", NULL, NULL },
    { "example.com:443", NULL, "https://example.com", NULL, NULL },
    { "example.com:443", NULL, "http://example.com", NULL, NULL },
    { "example.com", NULL, "http://example.com:80", NULL, NULL },
    { "example.com", NULL, "https://example.com:443", NULL, NULL },
    { "example.com:", NULL, "https://example.com", NULL, NULL },
    { "example.com:080", NULL, "http://example.com", NULL, NULL },
    { "example.com:443", NULL, "http://example.com:443", NULL, NULL },
    { "example.com:80", NULL, "https://example.com:80", NULL, NULL },
    { "localhost:5000", NULL, "http://localhost:5000", NULL, NULL },
    { "localhost:5000", NULL, "https://localhost:5000", NULL, NULL },
    { "127.0.0.1:65535", NULL, "http://127.0.0.1:65535", NULL, NULL },
    { "[::1]", NULL, "http://[::1]", NULL, NULL },
    { "[::1]:5000", NULL, "http://[::1]:5000", NULL, NULL },
    { "[2001:db8::A]:443", NULL, "https://[2001:DB8::a]", NULL, NULL },
    { "[::ffff:127.0.0.1]", NULL, "http://[::ffff:127.0.0.1]", NULL, NULL },
    { "a_b-c.example", NULL, "http://a_b-c.example", NULL, NULL },
    { "example.com", NULL, NULL, "http://example.com", NULL },
    { "example.com", NULL, NULL, "http://example.com/", NULL },
    { "example.com", NULL, NULL, "https://Example.com:443/login?next=http://elsewhere.example/#top", NULL },
    { "example.com", NULL, NULL, "http://example.com?q", NULL },
    { "example.com", NULL, NULL, "http://example.com#f", NULL },
    { "example.com:5000", NULL, NULL, "http://example.com:5000/", NULL },
    { "[::1]:5000", NULL, NULL, "http://[::1]:5000/public", NULL },
};

static const mt_origin_t untrusted[] = {
    { "example.com", "cross-site", NULL, NULL, NULL },
    { "example.com", "cross-site", NULL, NULL, "document" },
    { "example.com", "same-origin", NULL, NULL, "image" },
    { "example.com", "none", NULL, NULL, "iframe" },
    { "example.com", "same-origin", "http://example.com", NULL, "frame" },
    { "example.com", NULL, NULL, NULL, "" },
    { "example.com", NULL, NULL, NULL, "unheard-of" },
    { "example.com", "same-site", NULL, NULL, NULL },
    { "example.com", "Cross-Site", NULL, NULL, NULL },
    { "example.com", "cross-site", "http://example.com", "http://example.com/", NULL },
    { "example.com", "same-site", "http://example.com", NULL, NULL },
    { "example.com", "same-origin", "http://elsewhere.example", NULL, NULL },
    { "example.com", "none", "null", NULL, NULL },
    { "example.com", "unheard-of", "http://elsewhere.example", NULL, NULL },
    { "example.com", "unheard-of", NULL, "http://elsewhere.example/", NULL },
    { "example.com", "", NULL, "http://elsewhere.example/", NULL },
    { "example.com", NULL, "null", NULL, NULL },
    { "example.com", NULL, "null", "http://example.com/", NULL },
    { "example.com", NULL, "", NULL, NULL },
    { "example.com", NULL, "example.com", NULL, NULL },
    { "example.com", NULL, "//example.com", NULL, NULL },
    { "example.com", NULL, "http:example.com", NULL, NULL },
    { "example.com", NULL, "http:/example.com", NULL, NULL },
    { "example.com", NULL, "http://", NULL, NULL },
    { "example.com", NULL, "http://:80", NULL, NULL },
    { "example.com", NULL, "ftp://example.com", NULL, NULL },
    { "example.com", NULL, "file://example.com", NULL, NULL },
    { "example.com", NULL, "chrome-extension://example.com", NULL, NULL },
    { "example.com", NULL, " http://example.com", NULL, NULL },
    { "example.com", NULL, "http://example.com ", NULL, NULL },
    { "example.com", NULL, "http://example.com http://elsewhere.example", NULL, NULL },
    { "example.com", NULL, "http://example.com, http://example.com", NULL, NULL },
    { "example.com", NULL, "http://example.com/", NULL, NULL },
    { "example.com", NULL, "http://example.com/path", NULL, NULL },
    { "example.com", NULL, "http://example.com?q", NULL, NULL },
    { "example.com", NULL, "http://example.com#f", NULL, NULL },
    { "example.com", NULL, "http://user@example.com", NULL, NULL },
    { "example.com", NULL, "http://user:pass@example.com", NULL, NULL },
    { "example.com", NULL, "http://example.com@elsewhere.example", NULL, NULL },
    { "example.com", NULL, "http://example.com:80@elsewhere.example", NULL, NULL },
    { "example.com", NULL, "http://example.com\\@elsewhere.example", NULL, NULL },
    { "example.com", NULL, "http://elsewhere.example", NULL, NULL },
    { "example.com", NULL, "http://example.com.elsewhere.example", NULL, NULL },
    { "example.com", NULL, "http://elsewhere-example.com", NULL, NULL },
    { "example.com", NULL, "http://www.example.com", NULL, NULL },
    { "example.com", NULL, "http://example.co", NULL, NULL },
    { "example.com", NULL, "http://example.com:5000", NULL, NULL },
    { "example.com", NULL, "http://example.com:443", NULL, NULL },
    { "example.com", NULL, "https://example.com:80", NULL, NULL },
    { "example.com:5000", NULL, "http://example.com", NULL, NULL },
    { "example.com:5000", NULL, "http://example.com:5001", NULL, NULL },
    { "example.com:5000", NULL, "http://example.com:50000", NULL, NULL },
    { "example.com", NULL, "http://example.com:0", NULL, NULL },
    { "example.com", NULL, "http://example.com:65536", NULL, NULL },
    { "example.com:0", NULL, "http://example.com:0", NULL, NULL },
    { "example.com:65536", NULL, "http://example.com:65536", NULL, NULL },
    { "example.com", NULL, "http://example.com:4294967376", NULL, NULL },
    { "example.com", NULL, "http://example.com:-80", NULL, NULL },
    { "example.com", NULL, "http://example.com:80x", NULL, NULL },
    { "example.com", NULL, "http://example.com:80:80", NULL, NULL },
    { "example.com", NULL, "http://ex%61mple.com", NULL, NULL },
    { "::1", NULL, "http://[::1]", NULL, NULL },
    { "[::1]", NULL, "http://[::1", NULL, NULL },
    { "[::1]", NULL, "http://[::1]x", NULL, NULL },
    { "[::1]", NULL, "http://[::2]", NULL, NULL },
    { "[]", NULL, "http://[]", NULL, NULL },
    { "[example]", NULL, "http://[example]", NULL, NULL },
    { NULL, NULL, "http://example.com", NULL, NULL },
    { "", NULL, "http://example.com", NULL, NULL },
    { "", NULL, "http://", NULL, NULL },
    { "example.com/", NULL, "http://example.com", NULL, NULL },
    { "user@example.com", NULL, "http://example.com", NULL, NULL },
    { "example.com:x", NULL, "http://example.com", NULL, NULL },
    { "example.com, elsewhere.example", NULL, "http://example.com", NULL, NULL },
    { NULL, NULL, NULL, "http://example.com/", NULL },
    { "example.com", NULL, NULL, "", NULL },
    { "example.com", NULL, NULL, "about:blank", NULL },
    { "example.com", NULL, NULL, "/relative", NULL },
    { "example.com", NULL, NULL, "http://elsewhere.example/", NULL },
    { "example.com", NULL, NULL, "http://elsewhere.example/example.com", NULL },
    { "example.com", NULL, NULL, "http://elsewhere.example/?http://example.com/", NULL },
    { "example.com", NULL, NULL, "http://example.com.elsewhere.example/", NULL },
    { "example.com", NULL, NULL, "http://example.com@elsewhere.example/", NULL },
    { "example.com", NULL, NULL, "http://example.com\\elsewhere.example/", NULL },
    { "example.com", NULL, NULL, "http://example.com:5000/", NULL },
    { "example.com:5000", NULL, NULL, "http://example.com/", NULL },
};

START_TEST(trusts_the_same_site_and_scripts)
{
    const mt_origin_t *row = &trusted[_i];

    ck_assert_msg(mt_origin_is_trusted(row) == 1,
                  "Host %s, Sec-Fetch-Site %s, Origin %s, Referer %s, Sec-Fetch-Dest %s", row->host,
                  row->sec_fetch_site, row->origin, row->referer, row->sec_fetch_dest);
}
END_TEST

START_TEST(refuses_other_sites)
{
    const mt_origin_t *row = &untrusted[_i];

    ck_assert_msg(mt_origin_is_trusted(row) == 0,
                  "Host %s, Sec-Fetch-Site %s, Origin %s, Referer %s, Sec-Fetch-Dest %s", row->host,
                  row->sec_fetch_site, row->origin, row->referer, row->sec_fetch_dest);
}
END_TEST

static const struct {
    const char *purpose;
    int is_speculative;
} purposes[] = {
    { NULL, 0 },
    { "", 0 },
    { "prefetch", 1 },
    { "Prefetch", 1 },
    { "prefetch;prerender", 1 },
    { "prefetch;anonymous-client-ip", 1 },
    { "prefetch; x=\"y\"", 1 },
    { "other, prefetch", 1 },
    { "prerender", 1 },
    { "preview", 1 },
    { "prefetched", 0 },
    { "no-prefetch", 0 },
    { "interactive", 0 },
};

START_TEST(recognizes_speculative_requests)
{
    ck_assert_int_eq(mt_origin_is_speculative(purposes[_i].purpose), purposes[_i].is_speculative);
}
END_TEST

Suite *test_origin_suite(void)
{
    Suite *suite = suite_create("origin");
    TCase *tests = test_support_case(suite, "origin");

    tcase_add_loop_test(tests, trusts_the_same_site_and_scripts, 0, sizeof(trusted) / sizeof(trusted[0]));
    tcase_add_loop_test(tests, refuses_other_sites, 0, sizeof(untrusted) / sizeof(untrusted[0]));
    tcase_add_loop_test(tests, recognizes_speculative_requests, 0, sizeof(purposes) / sizeof(purposes[0]));
    return suite;
}
