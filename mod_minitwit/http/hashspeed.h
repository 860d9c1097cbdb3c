/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_HASHSPEED_H
#define MT_HASHSPEED_H

#include "core/password_speed.h"

/* The machine's speed, measured once when httpd starts. A reload keeps the values, so that a hash is not accepted
 * before a reload and refused afterwards. */

/* Never NULL. */
const mt_password_speed_t *mt_hashspeed_get(void);

/* The post_config hook. */
void mt_hashspeed_post_config(void);

#endif
