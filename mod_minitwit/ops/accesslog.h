/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_ACCESSLOG_H
#define MT_ACCESSLOG_H

#include <apr_pools.h>

/* The letter %^mt of LogFormat and CustomLog. It writes the members of a JSON object about a request, or one of them:
 *
 *     %^mt          "time":"2026-03-01T12:00:00.123456Z","request_id":"M150NhkOkoWQ-2a",...
 *     %{status}^mt  200
 *
 * docs/logging.md describes it for operators. */

/* Registers the letter with mod_log_config, if that module is loaded. For the pre_config hook. */
void mt_ops_accesslog_register(apr_pool_t *pool);

#endif
