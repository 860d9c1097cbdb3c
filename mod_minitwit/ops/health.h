/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_HEALTH_H
#define MT_HEALTH_H

#include "http/request.h"

/* Health checks for load balancers and monitoring. The answers are JSON and contain the module's version. */

/* Answers 200 as long as httpd serves requests. */
int mt_ops_health_live(mt_request_t *request);

/* Answers 200 if the database answers and its schema fits this build, or 503 with the reason. */
int mt_ops_health_ready(mt_request_t *request);

/* The handler's fail function (http/handler.h). */
void mt_ops_health_fail(mt_request_t *request, int status);

#endif
