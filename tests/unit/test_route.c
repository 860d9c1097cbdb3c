/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/route.h"
#include "suites.h"
#include "support.h"

#define GET     MT_ROUTE_GET
#define POST    MT_ROUTE_POST
#define CHANGES MT_ROUTE_CHANGES

enum {
    TIMELINE,
    PUBLIC,
    LOGIN_FORM,
    LOGIN,
    ADD_MESSAGE,
    STYLE,
    AVATAR,
    USER,
    FOLLOW,
    FOLLOWERS,
    MESSAGE,
    TAG,
    API_MESSAGES,
    API_USER_MESSAGES,
    API_USER_POST,
    ROUTES
};

static const mt_route_t routes[ROUTES + 1] = {
    [TIMELINE] = { "web", GET, "/", NULL },
    [PUBLIC] = { "web", GET, "/public", NULL },
    [LOGIN_FORM] = { "web", GET, "/login", NULL },
    [LOGIN] = { "web", POST, "/login", NULL },
    [ADD_MESSAGE] = { "web", POST, "/add_message", NULL },
    [STYLE] = { "web", GET, "/static/style.css", NULL },
    [AVATAR] = { "web", GET, "/static/avatar/<file>", NULL },
    [USER] = { "web", GET, "/<username>", NULL },
    [FOLLOW] = { "web", GET | POST | CHANGES, "/<username>/follow", NULL },
    [FOLLOWERS] = { "web", GET, "/<username>/followers", NULL },
    [MESSAGE] = { "web", GET, "/<username>/<id>", NULL },
    [TAG] = { "web", GET, "/-/tag/<tag>", NULL },
    [API_MESSAGES] = { "api", GET, "/msgs", NULL },
    [API_USER_MESSAGES] = { "api", GET, "/msgs/<username>", NULL },
    [API_USER_POST] = { "api", POST, "/msgs/<username>", NULL },
};

#define NO_ROUTE -1

static const struct {
    const char *handler;
    unsigned method;
    const char *path;
    int route;
    const char *label;
    const char *argument;
    const char *argument2;
    unsigned allowed;
} requests[] = {
    { "web", GET, "/", TIMELINE, "/", NULL, NULL, GET },
    { "web", GET, "/public", PUBLIC, "/public", NULL, NULL, GET },
    { "web", GET, "/login", LOGIN_FORM, "/login", NULL, NULL, GET | POST },
    { "web", POST, "/login", LOGIN, "/login", NULL, NULL, GET | POST },
    { "web", 0, "/login", NO_ROUTE, "/login", NULL, NULL, GET | POST },
    { "web", CHANGES, "/login", NO_ROUTE, "/login", NULL, NULL, GET | POST },
    { "web", POST, "/public", NO_ROUTE, "/public", NULL, NULL, GET },
    /* A fixed path is not a username, even with another method. */
    { "web", GET, "/add_message", NO_ROUTE, "/add_message", NULL, NULL, POST },
    { "web", POST, "/add_message", ADD_MESSAGE, "/add_message", NULL, NULL, POST },
    { "web", GET, "/static/style.css", STYLE, "/static/style.css", NULL, NULL, GET },
    { "web", GET, "/static/avatar/0123.svg", AVATAR, "/static/avatar/<file>", "0123.svg", NULL, GET },
    { "web", POST, "/static/avatar/0123.svg", NO_ROUTE, "/static/avatar/<file>", "0123.svg", NULL, GET },
    { "web", GET, "/static/avatar/", NO_ROUTE, NULL, NULL, NULL, 0 },
    { "web", GET, "/static/avatar/a/b", NO_ROUTE, NULL, NULL, NULL, 0 },
    { "web", GET, "/static/other/a", NO_ROUTE, NULL, NULL, NULL, 0 },
    { "web", GET, "/foo", USER, "/<username>", "foo", NULL, GET },
    { "web", GET, "/publi", USER, "/<username>", "publi", NULL, GET },
    { "web", GET, "/public2", USER, "/<username>", "public2", NULL, GET },
    { "web", GET, "/Public", USER, "/<username>", "Public", NULL, GET },
    { "web", GET, "/Roger Histand", USER, "/<username>", "Roger Histand", NULL, GET },
    { "web", GET, "/<username>", USER, "/<username>", "<username>", NULL, GET },
    { "web", GET, "/\xc3\xa6\xf0\x9f\x98\x80", USER, "/<username>", "\xc3\xa6\xf0\x9f\x98\x80", NULL, GET },
    { "web", POST, "/foo", NO_ROUTE, "/<username>", "foo", NULL, GET },
    { "web", GET, "/foo/follow", FOLLOW, "/<username>/follow", "foo", NULL, GET | POST },
    { "web", POST, "/foo/follow", FOLLOW, "/<username>/follow", "foo", NULL, GET | POST },
    { "web", CHANGES, "/foo/follow", NO_ROUTE, "/<username>/follow", "foo", NULL, GET | POST },
    { "web", GET, "/public/follow", FOLLOW, "/<username>/follow", "public", NULL, GET | POST },
    { "web", GET, "/follow", USER, "/<username>", "follow", NULL, GET },
    { "web", GET, "//follow", NO_ROUTE, NULL, NULL, NULL, 0 },
    { "web", GET, "/foo/", NO_ROUTE, NULL, NULL, NULL, 0 },
    { "web", GET, "/public/", NO_ROUTE, NULL, NULL, NULL, 0 },
    { "web", GET, "/foo/follow/", NO_ROUTE, NULL, NULL, NULL, 0 },
    { "web", GET, "/foo/follows", MESSAGE, "/<username>/<id>", "foo", "follows", GET },
    { "web", GET, "/foo/follo", MESSAGE, "/<username>/<id>", "foo", "follo", GET },
    { "web", GET, "/foo/followers", FOLLOWERS, "/<username>/followers", "foo", NULL, GET },
    { "web", POST, "/foo/followers", NO_ROUTE, "/<username>/followers", "foo", NULL, GET },
    { "web", GET, "/Roger Histand/\xc3\xa6", MESSAGE, "/<username>/<id>", "Roger Histand", "\xc3\xa6", GET },
    { "web", GET, "/foo/-", MESSAGE, "/<username>/<id>", "foo", "-", GET },
    { "web", GET, "/public/1", MESSAGE, "/<username>/<id>", "public", "1", GET },
    { "web", POST, "/foo/1", NO_ROUTE, "/<username>/<id>", "foo", "1", GET },
    { "web", GET, "/foo//", NO_ROUTE, NULL, NULL, NULL, 0 },
    { "web", GET, "//1", NO_ROUTE, NULL, NULL, NULL, 0 },
    { "web", GET, "/foo/1/", NO_ROUTE, NULL, NULL, NULL, 0 },
    { "web", GET, "/foo/1/2", NO_ROUTE, NULL, NULL, NULL, 0 },
    { "web", GET, "/foo/\xff", NO_ROUTE, NULL, NULL, NULL, 0 },
    /* No page of a user is below "/-/". */
    { "web", GET, "/-/tag/foo", TAG, "/-/tag/<tag>", "foo", NULL, GET },
    { "web", GET, "/-/tag/-", TAG, "/-/tag/<tag>", "-", NULL, GET },
    { "web", GET, "/-", USER, "/<username>", "-", NULL, GET },
    { "web", GET, "/--/1", MESSAGE, "/<username>/<id>", "--", "1", GET },
    { "web", GET, "/-/1", NO_ROUTE, NULL, NULL, NULL, 0 },
    { "web", GET, "/-/follow", NO_ROUTE, NULL, NULL, NULL, 0 },
    { "web", POST, "/-/follow", NO_ROUTE, NULL, NULL, NULL, 0 },
    { "web", GET, "/-/tag", NO_ROUTE, NULL, NULL, NULL, 0 },
    { "web", GET, "/-/", NO_ROUTE, NULL, NULL, NULL, 0 },
    { "web", GET, "/foo/bar", MESSAGE, "/<username>/<id>", "foo", "bar", GET },
    { "web", GET, "//", NO_ROUTE, NULL, NULL, NULL, 0 },
    { "web", GET, "", NO_ROUTE, NULL, NULL, NULL, 0 },
    { "web", GET, "public", NO_ROUTE, NULL, NULL, NULL, 0 },
    { "web", GET, "/\xff", NO_ROUTE, NULL, NULL, NULL, 0 },
    { "web", GET, "/foo\xc3", NO_ROUTE, NULL, NULL, NULL, 0 },
    { "web", GET, "/\xc3/follow", NO_ROUTE, NULL, NULL, NULL, 0 },
    { "web", GET, "/msgs/foo", MESSAGE, "/<username>/<id>", "msgs", "foo", GET },
    { "api", GET, "/msgs", API_MESSAGES, "/msgs", NULL, NULL, GET },
    { "api", GET, "/msgs/foo", API_USER_MESSAGES, "/msgs/<username>", "foo", NULL, GET | POST },
    { "api", POST, "/msgs/foo", API_USER_POST, "/msgs/<username>", "foo", NULL, GET | POST },
    { "api", GET, "/msgs/", NO_ROUTE, NULL, NULL, NULL, 0 },
    { "api", GET, "/public", NO_ROUTE, NULL, NULL, NULL, 0 },
    { "api", GET, "/", NO_ROUTE, NULL, NULL, NULL, 0 },
    { "none", GET, "/", NO_ROUTE, NULL, NULL, NULL, 0 },
};

START_TEST(matches_a_request)
{
    mt_route_match_t match =
        mt_route_match(test_pool, routes, requests[_i].handler, requests[_i].method, requests[_i].path);
    const mt_route_t *expected = requests[_i].route == NO_ROUTE ? NULL : &routes[requests[_i].route];

    ck_assert_pstr_eq(match.label, requests[_i].label);
    ck_assert_ptr_eq(match.route, expected);
    ck_assert_pstr_eq(match.argument, requests[_i].argument);
    ck_assert_pstr_eq(match.argument2, requests[_i].argument2);
    ck_assert_uint_eq(match.allowed, requests[_i].allowed);
}
END_TEST

START_TEST(encodes_the_arguments_of_a_path)
{
    const mt_route_t route = { "web", GET, "/x/<name>/y", NULL };

    ck_assert_str_eq(mt_route_path(test_pool, &route, "a b/?\xc3\xa6", NULL), "/x/a%20b%2F%3F%C3%A6/y");
    ck_assert_str_eq(mt_route_path(test_pool, &routes[PUBLIC], NULL, NULL), "/public");
    ck_assert_str_eq(mt_route_path(test_pool, &routes[USER], "foo", NULL), "/foo");
    ck_assert_str_eq(mt_route_path(test_pool, &routes[MESSAGE], "a b", "1/2"), "/a%20b/1%2F2");
}
END_TEST

START_TEST(finds_folders)
{
    static const char *const folders[] = { "/", "/static/", "/static/avatar/", "/-/", "/-/tag/" };
    static const char *const others[] = { "/public/", "/static/style.css/", "/stat/",   "/static/avatar/x/",
                                          "/foo/",    "/<username>/",       "/msgs/",   "//",
                                          "/foo/1/",  "/foo/followers/",    "/-/tag/x/" };

    for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
        ck_assert_msg(mt_route_is_folder(routes, "web", folders[i]), "%s", folders[i]);
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        ck_assert_msg(!mt_route_is_folder(routes, "web", others[i]), "%s", others[i]);
}
END_TEST

START_TEST(writes_allow)
{
    ck_assert_str_eq(mt_route_allow(test_pool, GET), "GET, HEAD, OPTIONS");
    ck_assert_str_eq(mt_route_allow(test_pool, POST), "POST, OPTIONS");
    ck_assert_str_eq(mt_route_allow(test_pool, GET | POST), "GET, HEAD, POST, OPTIONS");
    ck_assert_str_eq(mt_route_allow(test_pool, GET | POST | CHANGES), "GET, HEAD, POST, OPTIONS");
}
END_TEST

Suite *test_route_suite(void)
{
    Suite *suite = suite_create("route");
    TCase *tests = test_support_case(suite, "route");

    tcase_add_loop_test(tests, matches_a_request, 0, sizeof(requests) / sizeof(requests[0]));
    tcase_add_test(tests, encodes_the_arguments_of_a_path);
    tcase_add_test(tests, finds_folders);
    tcase_add_test(tests, writes_allow);
    return suite;
}
