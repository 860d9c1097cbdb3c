/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_HASHING_H
#define MT_HASHING_H

#include "http/request.h"

/* Hashing a password takes much time and memory. Therefore the number of concurrent hashes has a limit
 * (MinitwitHashLimit), and so has the queue for them, over all child processes. When the queue is full or the wait
 * takes too long, the functions fail the request with 503 and Retry-After. Otherwise they return OK.
 *
 * By default, as many requests may wait as can be hashed within MinitwitHashWait, at the speed that is measured at
 * httpd's start, but at most half of all workers, so that the others serve pages. */

/* Hashes a password. *hash is in the request's pool. */
int mt_hashing_make(mt_request_t *request, const char *password, const char **hash);

/* Compares a password with a hash. *result is never MT_PASSWORD_FAILED.
 *
 * A foreign hash may take seconds. Foreign hashes never take the last permit, unless there is only one, and no more
 * than a quarter of the places of the requests that hash or wait, but at least one for each of their permits.
 * *is_counted: 1 if the request has waited for one of these permits and got none, otherwise 0. Such a login must count
 * against the login throttle. Otherwise, a client could occupy the places without a limit. A login that finds no place
 * is refused at once, so it delays nobody. */
int mt_hashing_verify(mt_request_t *request, const char *password, const char *hash, mt_password_result_t *result,
                      int *is_counted);

/* The number of hashes in progress, over all child processes. */
apr_int64_t mt_hashing_count(void);

/* The post_config hook. Makes the semaphores. */
apr_status_t mt_hashing_post_config(apr_pool_t *pconf, const server_rec *server);

#endif
