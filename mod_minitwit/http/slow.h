/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_SLOW_H
#define MT_SLOW_H

#include "http/request.h"

/* Logs where the time of a request went, when it took as long as MinitwitSlowRequest says. To be called when its
 * duration is known. */
void mt_slow_log(mt_request_t *request);

#endif
