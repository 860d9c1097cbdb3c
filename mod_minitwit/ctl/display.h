/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_DISPLAY_H
#define MT_DISPLAY_H

#include <apr_pools.h>

/* Escapes a text for a terminal. Control characters, which could steer the terminal, and characters that change the
 * direction of writing become \uXXXX, a line feed \n, a tab \t. JSON keeps its meaning. */
const char *mt_ctl_display_escape(apr_pool_t *pool, const char *text);

#endif
