/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_REQUEST_METRICS_H
#define MT_REQUEST_METRICS_H

#include "http/request.h"

/* Counts each request once, just before its answer is sent. A client that has received an answer therefore finds it in
 * the metrics. */

/* Call this when a handler begins a request. */
void mt_request_metrics_begin(void);

/* Call this when the answer is ready, with its status. The request's duration must be set. */
void mt_request_metrics_answer(mt_request_t *request, int status);

/* Call this when the handler ends. */
void mt_request_metrics_end(void);

/* The log_transaction hook. Counts the requests that httpd answered itself, for example when it denies access to a
 * mounted path, or when one of its input filters refuses a body. */
int mt_request_metrics_log(request_rec *r);

#endif
