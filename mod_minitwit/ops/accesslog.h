/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_ACCESSLOG_H
#define MT_ACCESSLOG_H

#include <apr_pools.h>

/* The letter %^mt of LogFormat and CustomLog, which writes JSON: see docs/logging.md. */

/* For the pre_config hook: tells mod_log_config of the letter, if that is there. */
void mt_ops_accesslog_register(apr_pool_t *pool);

#endif
