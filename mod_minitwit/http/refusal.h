/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_REFUSAL_H
#define MT_REFUSAL_H

#include "http/request.h"

/* Messages about refusals that the operator's own set-up can cause, such as a proxy that changes a header. They state
 * the values to compare, and the remedy for the case that the client is honest. Values of the client are escaped and
 * bounded. A URL appears without its path and query, which may hold a secret. */

/* The request changes data and does not come from a page of this site, by its headers (core/origin.h). */
void mt_refusal_log_origin(mt_request_t *request);

/* The request to the API has no credentials or wrong ones. */
void mt_refusal_log_credentials(mt_request_t *request);

/* A user has logged in. Logs a message if the attribute Secure of the session's cookie does not fit the scheme of the
 * page that sent the form: browsers then do not send the cookie back, or send it unencrypted. */
void mt_refusal_log_cookie(mt_request_t *request);

/* Returns a text to append to a message about the client's address, in the request's pool. It is "" unless the request
 * came through a proxy whose header httpd does not use. */
const char *mt_refusal_describe_proxy(mt_request_t *request);

#endif
