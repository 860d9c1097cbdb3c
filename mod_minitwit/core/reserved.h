/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_RESERVED_H
#define MT_RESERVED_H

/* The first segments of the site's fixed paths (routes.c). Nobody can register one of them as a username, because the route would hide the
 * user's page. Ends with NULL. A guard compares the list with the routes. */
extern const char *const mt_reserved_names[];

#endif
