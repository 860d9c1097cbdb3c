/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_HEALTH_H
#define MT_HEALTH_H

#include "http/request.h"

/* 200 while httpd serves. */
int mt_ops_health_live(mt_request_t *request);

/* 200 when the database answers and its schema is the one this build needs, else 503 that names which of them is wrong.
 */
int mt_ops_health_ready(mt_request_t *request);

/* The handler's way to write a failure down, as JSON. */
void mt_ops_health_fail(mt_request_t *request, int status);

#endif
