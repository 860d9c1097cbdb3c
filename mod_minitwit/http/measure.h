/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_MEASURE_H
#define MT_MEASURE_H

#include "http/request.h"

/* Counts requests, each once, just before its answer goes out: whoever has the answer finds it counted. */

/* A handler begins to work on a request. */
void mt_measure_begin(void);

/* The answer is ready, with this status. */
void mt_measure_answer(mt_request_t *request, int status);

/* The handler is done. */
void mt_measure_end(void);

/* The log_transaction hook: counts what httpd answered itself, as when it denies access to a mounted path or one of its input
 * filters refuses a body. */
int mt_measure_log(request_rec *r);

#endif
