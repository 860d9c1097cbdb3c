/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_ROUTES_H
#define MT_ROUTES_H

#include "core/route.h"
#include "http/router.h"

/* What SetHandler can name, and everything that is served below it. Nothing else knows the routes. */
extern const mt_handler_t mt_routes_handlers[];
extern const mt_route_t mt_routes[];

#endif
