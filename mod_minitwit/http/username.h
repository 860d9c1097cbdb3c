/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_USERNAME_H
#define MT_USERNAME_H

#include "http/config.h"

/* Collects the names that users cannot register because their page would be hidden: by a route of the site
 * (core/reserved.h), or by another <Location> with a SetHandler at the path of the page. Call it after the
 * configuration is read. pool: the pool of the configuration. */
void mt_username_reserve(apr_pool_t *pool, const server_rec *first);

/* The names that mt_username_reserve collected. The list ends with NULL. */
const char *const *mt_username_reserved(void);

#endif
