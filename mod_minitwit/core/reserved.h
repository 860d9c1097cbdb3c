/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_RESERVED_H
#define MT_RESERVED_H

/* The first segments of the site's fixed paths (routes.c), ending with NULL. They cannot be usernames, because the
 * route would hide the user's page. The list does not grow, because a user may have any other name: new fixed paths are
 * below "/-/". A guard checks this. */
extern const char *const mt_reserved_names[];

#endif
