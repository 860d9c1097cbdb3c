/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_RESERVED_H
#define MT_RESERVED_H

/* The first segments of the site's fixed paths (routes.c), ending with NULL. They cannot be usernames, because the
 * route would hide the user's page. A guard compares the list with the routes. */
extern const char *const mt_reserved_names[];

#endif
