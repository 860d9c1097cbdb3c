/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_HASHING_H
#define MT_HASHING_H

#include "http/request.h"

/* Password hashing is dear in time and memory, so how many run at once is bounded over all child processes, and so is
 * the queue for them. All fail the request with 503 and Retry-After when the queue is full or the wait too long. */

/* *hash in the request's pool. */
int mt_hashing_make(mt_request_t *request, const char *password, const char **hash);

/* *result is never MT_PASSWORD_FAILED. */
int mt_hashing_verify(mt_request_t *request, const char *password, const char *hash, mt_password_result_t *result);

/* How many run at this moment. */
apr_int64_t mt_hashing_count(void);

/* Hook: makes the semaphores. */
apr_status_t mt_hashing_post_config(apr_pool_t *pconf, const server_rec *server);

#endif
