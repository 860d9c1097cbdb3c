/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "http/hashspeed.h"

#include <httpd.h> /* http_config.h needs it */

#include <http_config.h>

/* Set in post_config, before child processes are made. */
static const mt_password_speed_t *speed;

const mt_password_speed_t *mt_hashspeed_get(void)
{
    return speed;
}

void mt_hashspeed_post_config(void)
{
    static const char key[] = "mod_minitwit hash speed";

    speed = ap_retained_data_get(key);
    if (!speed) {
        mt_password_speed_t *measured = ap_retained_data_create(key, sizeof(*measured));

        mt_password_speed_measure(measured);
        speed = measured;
    }
}
