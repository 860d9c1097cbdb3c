/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_METRICS_ENDPOINT_H
#define MT_METRICS_ENDPOINT_H

#include "http/request.h"

/* Answers with all metrics (http/metric_table.h), in the format that the client prefers (core/exposition.h). */
int mt_ops_metrics_show(mt_request_t *request);

/* The handler's fail function (http/handler.h). Writes a line of plain text. */
void mt_ops_metrics_fail(mt_request_t *request, int status);

#endif
