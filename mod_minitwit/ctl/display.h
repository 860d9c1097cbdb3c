/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_DISPLAY_H
#define MT_DISPLAY_H

#include <apr_pools.h>

/* What people typed, fit for a terminal: control characters, which could steer it, and those that change the direction
 * in which it writes become \uXXXX, a line's end \n, a tab \t. text: valid UTF-8; of JSON, the same value in other
 * words. */
const char *mt_ctl_display_escape(apr_pool_t *pool, const char *text);

#endif
