/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_ROUTES_H
#define MT_ROUTES_H

#include "core/route.h"
#include "http/router.h"

/* All handlers, by their names in SetHandler, and all routes. No other file contains the paths, except for
 * core/reserved.c, which a guard compares with this table. */
extern const mt_handler_t mt_routes_handlers[];
extern const mt_route_t mt_routes[];

#endif
