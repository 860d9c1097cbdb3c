/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "http/router.h"

#include <apr_strings.h>
#include <string.h>

/* Set once, before any thread starts. */
static const mt_handler_t *all_handlers;
static const mt_route_t *all_routes;
static int route_count;

void mt_router_register(const mt_handler_t *handlers, const mt_route_t *routes)
{
    all_handlers = handlers;
    all_routes = routes;
    for (route_count = 0; routes[route_count].handler;)
        route_count++;
}

const mt_handler_t *mt_router_handler(const char *name)
{
    for (const mt_handler_t *handler = all_handlers; handler->name; handler++) {
        if (strcmp(handler->name, name) == 0)
            return handler;
    }
    return NULL;
}

const char *mt_router_list(apr_pool_t *pool)
{
    const char *names = "";

    for (const mt_handler_t *handler = all_handlers; handler->name; handler++)
        names = apr_pstrcat(pool, names, *names ? ", " : "", handler->name, NULL);
    return names;
}

mt_route_match_t mt_router_match(apr_pool_t *pool, const mt_handler_t *handler, unsigned method, const char *path)
{
    return mt_route_match(pool, all_routes, handler->name, method, path);
}

int mt_router_is_folder(const mt_handler_t *handler, const char *path)
{
    return mt_route_is_folder(all_routes, handler->name, path);
}

int mt_router_rows(void)
{
    int count = route_count;
    for (const mt_handler_t *handler = all_handlers; handler->name; handler++)
        count++;
    return count;
}

const mt_handler_t *mt_router_row(int row, const mt_route_t **route)
{
    *route = row < route_count ? &all_routes[row] : NULL;
    return *route ? mt_router_handler((*route)->handler) : &all_handlers[row - route_count];
}

int mt_router_other(const mt_handler_t *handler)
{
    return route_count + (int)(handler - all_handlers);
}

unsigned mt_router_methods(const mt_route_t *route)
{
    unsigned methods = 0;
    const mt_route_t *first = NULL;

    for (const mt_route_t *other = all_routes; other->handler; other++) {
        if (strcmp(other->handler, route->handler) != 0 || strcmp(other->path, route->path) != 0)
            continue;
        if (!first)
            first = other;
        methods |= other->methods;
    }
    return first == route ? methods : 0;
}
