/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/route.h"

#include "core/url.h"
#include "core/utf8.h"

#include <apr_strings.h>
#include <string.h>

#define ARGUMENTS_MAX 2

/* The segments of a path that stand in the place of those in angle brackets. */
typedef struct arguments_t {
    const char *text[ARGUMENTS_MAX]; /* in the path, not terminated */
    apr_size_t len[ARGUMENTS_MAX];
    int count;
} arguments_t;

/* Returns 1 if this segment may stand in the place of angle brackets. The segment goes to the database and into pages,
 * and both need valid text. No user has pages below "-", because fixed paths are there. */
static int segment_fits(const char *segment, apr_size_t len, int is_last)
{
    return len > 0 && (is_last || len != 1 || *segment != '-') && mt_utf8_is_valid(segment, len);
}

/* Compares a path with a pattern, segment by segment. Returns 1 if it matches, and sets *arguments. */
static int path_fits(const char *pattern, const char *path, arguments_t *arguments)
{
    arguments->count = 0;
    for (;;) {
        apr_size_t pattern_len = strcspn(pattern, "/");
        apr_size_t path_len = strcspn(path, "/");

        if (pattern[0] == '<') {
            if (arguments->count == ARGUMENTS_MAX || !segment_fits(path, path_len, pattern[pattern_len] == '\0'))
                return 0;
            arguments->text[arguments->count] = path;
            arguments->len[arguments->count++] = path_len;
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

static const char *copy_argument(apr_pool_t *pool, const arguments_t *arguments, int i)
{
    return i < arguments->count ? apr_pstrmemdup(pool, arguments->text[i], arguments->len[i]) : NULL;
}

mt_route_match_t mt_route_match(apr_pool_t *pool, const mt_route_t *routes, const char *handler, unsigned method,
                                const char *path)
{
    mt_route_match_t match = { .route = NULL };
    const mt_route_t *route;

    for (route = routes; route->handler != NULL; route++) {
        arguments_t arguments;

        if (strcmp(route->handler, handler) != 0)
            continue;
        if (match.label == NULL) {
            if (!path_fits(route->path, path, &arguments))
                continue;
            match.label = route->path;
            match.row = (int)(route - routes);
            match.argument = copy_argument(pool, &arguments, 0);
            match.argument2 = copy_argument(pool, &arguments, 1);
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

const char *mt_route_path(apr_pool_t *pool, const mt_route_t *route, const char *argument, const char *argument2)
{
    const char *rest = route->path;
    const char *path = "";
    const char *open;

    while ((open = strchr(rest, '<')) != NULL) {
        path = apr_pstrcat(pool, path, apr_pstrmemdup(pool, rest, (apr_size_t)(open - rest)),
                           mt_url_encode(pool, argument), NULL);
        rest = strchr(open, '>') + 1;
        argument = argument2;
    }
    return apr_pstrcat(pool, path, rest, NULL);
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
