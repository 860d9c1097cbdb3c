/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_REQUEST_METRICS_H
#define MT_REQUEST_METRICS_H

#include "http/request.h"

/* Counts requests, each once, just before its answer goes out: whoever has the answer finds it counted. */

/* A handler begins to work on a request. */
void mt_request_metrics_begin(void);

/* The answer is ready, with this status. */
void mt_request_metrics_answer(mt_request_t *request, int status);

/* The handler is done. */
void mt_request_metrics_end(void);

/* The log_transaction hook: counts what httpd answered itself, as when it denies access to a mounted path or one of its
 * input filters refuses a body. */
int mt_request_metrics_log(request_rec *r);

#endif
