/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_RESPONSE_H
#define MT_RESPONSE_H

#include "http/request.h"

/* 1 if the response may be compressed with gzip: the client accepts it, and no setting or filter forbids it. */
int mt_response_wants_gzip(const mt_request_t *request);

/* Sets the encoding of a body that exists in two forms. encoding: "gzip", or NULL for the plain form, which mod_deflate
 * then does not compress. Adds "Vary: Accept-Encoding". */
void mt_response_set_encoding(mt_request_t *request, const char *encoding);

/* Discards the response of an endpoint, except for its problem, so that the response for a failure can replace it. */
void mt_response_reset(mt_response_t *response, int status);

/* Sets the headers that protect an HTML page and its reader: a strict Content-Security-Policy, and no frames.
 * has_script: 1 if the page may load scripts of this site, and these may send requests to it. */
void mt_response_protect_page(const mt_request_t *request, int has_script);

/* Evaluates If-Match and If-None-Match of the request against the response's ETag. Returns OK, and may set the
 * response's status to 304. Or fails the request with 412. */
int mt_response_check(mt_request_t *request);

/* Sends the headers and the body (for HEAD and 304 no body). Returns the result for httpd's handler hook. */
int mt_response_send(mt_request_t *request);

#endif
