/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "web/next.h"

#include "core/url.h"
#include "core/utf8.h"
#include "core/validate.h"
#include "http/router.h"
#include "http/username.h"

#include <apr_strings.h>
#include <string.h>

/* Bytes. A path with the longest name has about 3,100. Encoded once more, for the link to the login, these are about
 * 5,100. httpd limits the line of a request to 8,190 by default. */
#define NEXT_MAX 4000

/* The fields of a query that select a part of a page. All others are dropped. */
static const struct {
    const char *name;
    const char *path; /* of the only route that has the field; NULL: any */
} fields[] = { { "before", NULL }, { "after", NULL }, { "q", "/-/search" } };

/* Returns 1 if a segment of the path is . or .., which a browser would resolve. */
static int has_dots(const char *path)
{
    for (const char *segment = path; *segment; segment += *segment == '/') {
        apr_size_t len = strcspn(segment, "/");

        if ((len == 1 && segment[0] == '.') || (len == 2 && segment[0] == '.' && segment[1] == '.'))
            return 1;
        segment += len;
    }
    return 0;
}

/* Returns the decoded path, or NULL if no page of this site has it. Like httpd, refuses an encoded slash. */
static const char *decode(apr_pool_t *pool, const char *path, apr_size_t len)
{
    const char *decoded = mt_url_decode(pool, path, len, 0);

    if (!decoded || decoded[0] != '/' || decoded[1] == '\\' || has_dots(decoded) || mt_utf8_has_control(decoded))
        return NULL;
    for (apr_size_t i = 0; i + 2 < len; i++) {
        if (path[i] == '%' && path[i + 1] == '2' && (path[i + 2] == 'F' || path[i + 2] == 'f'))
            return NULL;
    }
    return decoded;
}

/* Returns path with those fields of the query that the route knows. */
static const char *add_query(apr_pool_t *pool, const mt_route_t *route, const char *path, const mt_form_t *query)
{
    const char *separator = "?";

    for (apr_size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        const char *value = mt_form_get(query, fields[i].name);

        if (!value || !*value || (fields[i].path && strcmp(fields[i].path, route->path) != 0))
            continue;
        path = apr_pstrcat(pool, path, separator, fields[i].name, "=", mt_url_encode(pool, value), NULL);
        separator = "&";
    }
    return path;
}

static int is_of_user(const mt_route_t *route)
{
    static const char start[] = "/<username>";

    return strncmp(route->path, start, sizeof(start) - 1) == 0;
}

/* Returns 1 if the route is a page whose GET changes nothing, and no other handler of this host hides the pages of the
 * user. */
static int is_page(const mt_route_match_t *match)
{
    if (!match->route || (match->route->methods & (MT_ROUTE_CHANGES | MT_ROUTE_FILE)))
        return 0;
    return !is_of_user(match->route) || !mt_validate_path(match->argument, mt_username_reserved());
}

static const char *parse(const mt_request_t *request, const char *value)
{
    apr_pool_t *pool = request->pool;

    if (strlen(value) > NEXT_MAX)
        return NULL;
    apr_size_t len = strcspn(value, "?#");
    const char *path = decode(pool, value, len);
    if (!path)
        return NULL;
    mt_route_match_t match = mt_router_match(pool, request->handler, MT_ROUTE_GET, path);
    if (!is_page(&match))
        return NULL;
    const char *query = value[len] == '?' ? value + len + 1 : "";
    return add_query(pool, match.route, mt_route_path(pool, match.route, match.argument, match.argument2),
                     mt_form_parse(pool, query, strcspn(query, "#")));
}

const char *mt_web_next_asked(const mt_request_t *request)
{
    const char *value = mt_form_get(request->form ? request->form : request->query, "next");

    return value ? parse(request, value) : NULL;
}

const char *mt_web_next_here(const mt_request_t *request)
{
    apr_pool_t *pool = request->pool;
    const mt_route_t *route = request->route;
    const char *path;

    if (!route)
        return NULL;
    if ((route->methods & MT_ROUTE_CHANGES) && is_of_user(route))
        return parse(request, apr_pstrcat(pool, "/", mt_url_encode(pool, request->argument), NULL));
    path = mt_route_path(pool, route, request->argument, request->argument2);
    if (request->r->method_number == M_GET && request->r->args)
        path = apr_pstrcat(pool, path, "?", request->r->args, NULL);
    return parse(request, path);
}

const char *mt_web_next_query(const mt_request_t *request, const char *next)
{
    return next ? apr_pstrcat(request->pool, "?next=", mt_url_encode(request->pool, next), NULL) : "";
}
