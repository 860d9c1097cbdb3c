/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_DBHEALTH_H
#define MT_DBHEALTH_H

#include "http/config.h"
#include "store/readiness.h"

/* The health of the database: whether it can serve the site. All child processes share the findings.
 *
 * A check uses a connection of its own, so neither a full pool nor a lock delays it. Its finding is in shared memory
 * and counts for a second, and only one thread of the whole server checks at a time. So many health checks cost as much
 * as one, and no task in the background is needed.
 *
 * Load is no fault: if the check cannot finish in time, but requests get answers, the database is ready. The failures
 * of requests trigger a check that also writes, in a transaction that it rolls back. They do not decide alone, because
 * a user could cause them. The first check, the first one after a failure, and one each hour write, too, so that readyz
 * also reports a site without visitors that cannot write. More frequent writes would fill the tables with dead rows. */

/* A database. In shared memory. */
typedef struct mt_dbhealth_t mt_dbhealth_t;

/* The post_config hook. Hosts with the same database share an mt_dbhealth_t. */
apr_status_t mt_dbhealth_post_config(apr_pool_t *pconf, server_rec *first);

/* Notes that the database has answered a request. */
void mt_dbhealth_note_answer(mt_dbhealth_t *health);

/* Notes that an operation of a request failed, so the last finding no longer counts. is_refused: 1 if the database
 * answered, but refused the operation. */
void mt_dbhealth_note_failure(mt_dbhealth_t *health, int is_refused);

/* Returns the finding for the database of a host, with texts in the request's pool. Checks the database if the last
 * finding is older than a second. Logs a change. state: MT_READINESS_READY, _DOWN or _WRONG. */
mt_readiness_t mt_dbhealth_find(request_rec *r, const mt_config_t *config);

/* Returns the kind of a log message about a problem of mt_readiness_t, for mt_log_request: the prefix with the problem,
 * so that another problem counts separately. Leaves out the server's message, which is not from a fixed set. */
const char *mt_dbhealth_log_kind(apr_pool_t *pool, const char *prefix, const char *problem);

#endif
