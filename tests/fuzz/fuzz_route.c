/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/route.h"
#include "core/utf8.h"
#include "targets.h"

#include <apr_strings.h>
#include <string.h>

#define WEB  "web"
#define API  "api"
#define GET  MT_ROUTE_GET
#define POST MT_ROUTE_POST

static const mt_route_t routes[] = {
    { WEB, GET, "/", NULL },
    { WEB, GET, "/public", NULL },
    { WEB, POST, "/add_message", NULL },
    { WEB, GET, "/login", NULL },
    { WEB, POST, "/login", NULL },
    { WEB, GET | POST | MT_ROUTE_CHANGES, "/logout", NULL },
    { WEB, GET, "/static/avatar/<file>", NULL },
    { WEB, GET, "/static/<file>", NULL },
    { WEB, GET | POST | MT_ROUTE_CHANGES, "/<username>/follow", NULL },
    { WEB, GET, "/<username>", NULL },
    { API, GET, "/msgs", NULL },
    { API, GET, "/msgs/<username>", NULL },
    { API, POST, "/msgs/<username>", NULL },
    { .handler = NULL },
};

/* Returns 1 if the path matches the template. Sets *argument to the part in the place of the angle brackets. */
static int fits(apr_pool_t *pool, const char *template, const char *path, const char **argument)
{
    const char *open = strchr(template, '<');
    const char *rest = open ? strchr(open, '>') + 1 : "";
    apr_size_t before = open ? (apr_size_t)(open - template) : strlen(template);
    apr_size_t after = strlen(rest);
    apr_size_t len = strlen(path);

    *argument = NULL;
    if (!open)
        return strcmp(template, path) == 0;
    if (len <= before + after || memcmp(template, path, before) != 0 || strcmp(path + len - after, rest) != 0)
        return 0;
    *argument = apr_pstrmemdup(pool, path + before, len - before - after);
    return !strchr(*argument, '/') && mt_utf8_is_valid(*argument, strlen(*argument));
}

void fuzz_route(apr_pool_t *pool, const char *data, apr_size_t len)
{
    fuzz_input_t input = { data, len };
    unsigned char choice = fuzz_take_byte(&input);
    const char *handler = choice & 1 ? WEB : API;
    unsigned method = choice & 2 ? GET : choice & 4 ? POST : 0;
    const char *path = fuzz_take_rest(pool, &input);
    mt_route_match_t match = mt_route_match(pool, routes, handler, method, path);
    const char *argument = NULL;
    const char *allow;
    int row = 0;

    while (routes[row].handler &&
           (strcmp(routes[row].handler, handler) != 0 || !fits(pool, routes[row].path, path, &argument)))
        row++;
    if (!routes[row].handler) {
        fuzz_assert(!match.route && !match.label && !match.argument && match.allowed == 0);
        return;
    }
    fuzz_assert(match.label && match.row == row && strcmp(match.label, routes[row].path) == 0);
    fuzz_assert((match.argument != NULL) == (argument != NULL));
    fuzz_assert(!argument || strcmp(match.argument, argument) == 0);
    fuzz_assert((match.route != NULL) == ((match.allowed & method) != 0));
    fuzz_assert(!match.route || (match.route->methods & method && strcmp(match.route->path, match.label) == 0));
    allow = mt_route_allow(pool, match.allowed);
    fuzz_assert((strstr(allow, "GET, HEAD") != NULL) == ((match.allowed & GET) != 0));
    fuzz_assert((strstr(allow, "POST") != NULL) == ((match.allowed & POST) != 0));
}
