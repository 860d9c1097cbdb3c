/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_SLOW_H
#define MT_SLOW_H

#include "http/request.h"

/* Logs a request that took at least MinitwitSlowRequest, with the parts of its time. Call it after mt_request_finish.
 */
void mt_slow_log(mt_request_t *request);

#endif
