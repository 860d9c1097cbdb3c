/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_ROUTER_H
#define MT_ROUTER_H

#include "core/route.h"
#include "http/handler.h"

/* The table of all handlers and routes. It belongs to the layer above, which registers it. */

/* Registers all handlers (ends with a row without a name) and routes. Call it once, before any thread starts. */
void mt_router_register(const mt_handler_t *handlers, const mt_route_t *routes);

/* The handler of that name, or NULL. */
const mt_handler_t *mt_router_handler(const char *name);

/* The names of all handlers, separated by commas, in pool. */
const char *mt_router_list(apr_pool_t *pool);

/* Looks up the path below the mount of a handler: see core/route.h. */
mt_route_match_t mt_router_match(apr_pool_t *pool, const mt_handler_t *handler, unsigned method, const char *path);
int mt_router_is_folder(const mt_handler_t *handler, const char *path);

/* The metrics have one row for each route, and one more for each handler, for paths that no route fits. */
int mt_router_rows(void);

/* The handler of a row, and its *route: NULL for a handler's own row. */
const mt_handler_t *mt_router_row(int row, const mt_route_t **route);

/* The handler's own row. */
int mt_router_other(const mt_handler_t *handler);

/* The methods that all rows with this route's path serve together; 0 when this route is not the first of them. */
unsigned mt_router_methods(const mt_route_t *route);

#endif
