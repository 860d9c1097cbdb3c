/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_SEARCH_THROTTLE_H
#define MT_SEARCH_THROTTLE_H

#include "http/request.h"

/* Limits the searches from one address (for IPv6, from its /64), over all child processes, because a search can cost
 * much more than another page. MinitwitSearchLimit is the maximum number per minute. */

/* Counts a search. Returns OK, or fails the request with 429 and Retry-After if the limit is reached. */
int mt_search_throttle_charge(mt_request_t *request);

/* The post_config hook. Makes the table in shared memory. */
apr_status_t mt_search_throttle_post_config(server_rec *server);

#endif
