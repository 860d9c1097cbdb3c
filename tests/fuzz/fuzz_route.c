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
    { WEB, GET, "/<username>/<id>", NULL },
    { WEB, GET, "/<username>", NULL },
    { API, GET, "/msgs", NULL },
    { API, GET, "/msgs/<username>", NULL },
    { API, POST, "/msgs/<username>", NULL },
    { .handler = NULL },
};

/* Cuts off the text before the first slash. Returns it, and sets *rest to the text after the slash, or to NULL. */
static char *cut(char *text, char **rest)
{
    *rest = strchr(text, '/');
    if (*rest)
        *(*rest)++ = '\0';
    return text;
}

/* Returns 1 if the path matches the template. Adds the parts in the places of the angle brackets to arguments, which
 * has two NULL elements. */
static int fits(apr_pool_t *pool, const char *template, const char *path, const char **arguments)
{
    char *template_rest = apr_pstrdup(pool, template);
    char *path_rest = apr_pstrdup(pool, path);

    arguments[0] = arguments[1] = NULL;
    while (template_rest && path_rest) {
        const char *wanted = cut(template_rest, &template_rest);
        const char *given = cut(path_rest, &path_rest);

        if (*wanted != '<' && strcmp(wanted, given) != 0)
            return 0;
        if (*wanted != '<')
            continue;
        if (!*given || !mt_utf8_is_valid(given, strlen(given)) || (template_rest && strcmp(given, "-") == 0))
            return 0;
        arguments[arguments[0] ? 1 : 0] = given;
    }
    return !template_rest && !path_rest;
}

static int is_same(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : !a && !b;
}

void fuzz_route(apr_pool_t *pool, const char *data, apr_size_t len)
{
    fuzz_input_t input = { data, len };
    unsigned char choice = fuzz_take_byte(&input);
    const char *handler = choice & 1 ? WEB : API;
    unsigned method = choice & 2 ? GET : choice & 4 ? POST : 0;
    const char *path = fuzz_take_rest(pool, &input);
    mt_route_match_t match = mt_route_match(pool, routes, handler, method, path);
    const char *arguments[2];
    const char *allow;
    int row = 0;

    while (routes[row].handler &&
           (strcmp(routes[row].handler, handler) != 0 || !fits(pool, routes[row].path, path, arguments)))
        row++;
    if (!routes[row].handler) {
        fuzz_assert(!match.route && !match.label && !match.argument && !match.argument2 && match.allowed == 0);
        return;
    }
    fuzz_assert(match.label && match.row == row && strcmp(match.label, routes[row].path) == 0);
    fuzz_assert(is_same(match.argument, arguments[0]) && is_same(match.argument2, arguments[1]));
    fuzz_assert((match.route != NULL) == ((match.allowed & method) != 0));
    fuzz_assert(!match.route || (match.route->methods & method && strcmp(match.route->path, match.label) == 0));
    allow = mt_route_allow(pool, match.allowed);
    fuzz_assert((strstr(allow, "GET, HEAD") != NULL) == ((match.allowed & GET) != 0));
    fuzz_assert((strstr(allow, "POST") != NULL) == ((match.allowed & POST) != 0));
}
