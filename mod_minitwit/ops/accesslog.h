/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_ACCESSLOG_H
#define MT_ACCESSLOG_H

#include <apr_pools.h>

/* The letter %^mt of LogFormat and CustomLog, which writes JSON: see docs/logging.md. */

/* For the pre_config hook: tells mod_log_config of the letter, if that is there. */
void mt_accesslog_register(apr_pool_t *pool);

/* Whether mod_log_config is there. */
int mt_accesslog_is_possible(void);

/* Returns NULL, or what is wrong with the uses of the letter in a format. mod_log_config itself looks at nothing else but the
 * letter, and at that only. */
const char *mt_accesslog_check(apr_pool_t *pool, const char *format);

#endif
