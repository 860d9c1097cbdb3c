/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/route.h"

#include "core/url.h"
#include "core/utf8.h"

#include <apr_strings.h>
#include <string.h>

/* Compares a path with a pattern, segment by segment. Returns 1 if it matches, and sets *argument and *argument_len.
 * *argument points into path and is not terminated. It is NULL if the pattern has no argument. */
static int path_fits(const char *pattern, const char *path, const char **argument, apr_size_t *argument_len)
{
    *argument = NULL;
    *argument_len = 0;
    for (;;) {
        apr_size_t pattern_len = strcspn(pattern, "/");
        apr_size_t path_len = strcspn(path, "/");

        if (pattern[0] == '<') {
            /* The argument goes to the database and into pages, which both need valid text. */
            if (path_len == 0 || !mt_utf8_is_valid(path, path_len))
                return 0;
            *argument = path;
            *argument_len = path_len;
        }
        else if (pattern_len != path_len || memcmp(pattern, path, path_len) != 0) {
            return 0;
        }
        pattern += pattern_len;
        path += path_len;
        if (*pattern != *path)
            return 0;
        if (*pattern == '\0')
            return 1;
        pattern++;
        path++;
    }
}

mt_route_match_t mt_route_match(apr_pool_t *pool, const mt_route_t *routes, const char *handler, unsigned method,
                                const char *path)
{
    mt_route_match_t match = { NULL, NULL, 0, NULL, 0 };
    const mt_route_t *route;

    for (route = routes; route->handler != NULL; route++) {
        const char *argument;
        apr_size_t argument_len;

        if (strcmp(route->handler, handler) != 0)
            continue;
        if (match.label == NULL) {
            if (!path_fits(route->path, path, &argument, &argument_len))
                continue;
            match.label = route->path;
            match.row = (int)(route - routes);
            if (argument != NULL)
                match.argument = apr_pstrmemdup(pool, argument, argument_len);
        }
        else if (strcmp(route->path, match.label) != 0) {
            continue;
        }
        match.allowed |= route->methods & (MT_ROUTE_GET | MT_ROUTE_POST);
        if (match.route == NULL && (route->methods & method & (MT_ROUTE_GET | MT_ROUTE_POST)) != 0)
            match.route = route;
    }
    return match;
}

const char *mt_route_path(apr_pool_t *pool, const mt_route_t *route, const char *argument)
{
    const char *segment = strchr(route->path, '<');

    if (segment == NULL)
        return route->path;
    return apr_pstrcat(pool, apr_pstrmemdup(pool, route->path, (apr_size_t)(segment - route->path)),
                       mt_url_encode(pool, argument), strchr(segment, '>') + 1, NULL);
}

int mt_route_is_folder(const mt_route_t *routes, const char *handler, const char *path)
{
    apr_size_t len = strlen(path);

    for (const mt_route_t *route = routes; route->handler != NULL; route++) {
        if (strcmp(route->handler, handler) == 0 && strcspn(route->path, "<") >= len &&
            strncmp(route->path, path, len) == 0)
            return 1;
    }
    return 0;
}

const char *mt_route_allow(apr_pool_t *pool, unsigned methods)
{
    return apr_pstrcat(pool, methods & MT_ROUTE_GET ? "GET, HEAD, " : "", methods & MT_ROUTE_POST ? "POST, " : "",
                       "OPTIONS", NULL);
}
