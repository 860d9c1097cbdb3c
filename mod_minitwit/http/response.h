/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_RESPONSE_H
#define MT_RESPONSE_H

#include "http/request.h"

/* Whether the client wants the body compressed, where there is such a form of it. */
int mt_response_wants_gzip(const mt_request_t *request);

/* Which form of two the body has: "gzip", or NULL for the plain one, which mod_deflate is then kept from compressing.
 */
void mt_response_set_encoding(mt_request_t *request, const char *encoding);

/* Forgets what an endpoint has prepared, for a failure to take its place; the problem stays. */
void mt_response_reset(mt_response_t *response, int status);

/* Compares the response with the If-Match, If-None-Match and their like of the request: it may become 304. Returns OK,
 * or fails the request with 412. */
int mt_response_check(mt_request_t *request);

/* Sends the response: headers, length, and the body but for HEAD and 304. Returns what a handler returns. */
int mt_response_send(mt_request_t *request);

#endif
