/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_USERNAME_H
#define MT_USERNAME_H

#include "http/config.h"

/* Collects the names that nobody can register, because something else hides the user's page: a route of the site
 * (core/reserved.h), or another <Location> with a SetHandler at the user's path. Call it once the configuration is
 * read. pool: that of the configuration. */
void mt_username_reserve(apr_pool_t *pool, const server_rec *first);

/* These names. Ends with NULL. */
const char *const *mt_username_reserved(void);

#endif
