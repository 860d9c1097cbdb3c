/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_RESPONSE_H
#define MT_RESPONSE_H

#include "http/request.h"

/* Forgets what an endpoint has prepared, for a failure to take its place; the problem stays. */
void mt_response_reset(mt_response_t *response, int status);

/* Compares the response with the If-Match, If-None-Match and their like of the request: it may become 304. Returns OK, or
 * fails the request with 412. */
int mt_response_check(mt_request_t *request);

/* Sends the response: headers, length, and the body but for HEAD and 304. Returns what a handler returns. */
int mt_response_send(mt_request_t *request);

#endif
