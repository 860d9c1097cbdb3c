/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_EXEMPLARS_H
#define MT_EXEMPLARS_H

#include "core/exemplar.h"
#include "http/request.h"

/* The exemplars of MT_METRIC_HTTP_DURATION: for each bucket of each series, the id of one request, in memory that all
 * child processes share. series and bucket: numbers, see http/metric_table.h and mt_counters_observe. */

/* The post_config hook. */
apr_status_t mt_exemplars_post_config(server_rec *server);

/* Offers a request as the exemplar of the bucket that counts it. Its duration must be set. The rules of mt_exemplar_put
 * apply. */
void mt_exemplars_offer(int series, int bucket, const mt_request_t *request);

/* Copies the exemplars of a series, one for each bucket. Those of buckets without one have an empty id. */
void mt_exemplars_get(int series, mt_exemplar_t *exemplars);

#endif
