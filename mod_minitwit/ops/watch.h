/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_WATCH_H
#define MT_WATCH_H

#include <httpd.h>

/* Reads the metrics of the database in the background: whether it is up, and how many users, messages and so on it
 * holds. The results go to http/counters, where the metrics endpoint finds them.
 *
 * Two watchdogs run at each MinitwitMetricsInterval. The first reads the state: up or down, and numbers that are cheap
 * to read. The second reads the size of the site, which it counts in full only now and then. mod_watchdog runs each of
 * them in one child process at a time. If that child dies, another one takes over. Each run makes a new connection
 * outside the pools, so that an exhausted pool does not make the database look down.
 *
 * If several hosts mount the metrics, the first one in the configuration determines the database. */

/* Returns NULL, or the reason why it cannot run. For the check_config hook. */
const char *mt_ops_watch_check(void);

/* The post_config hook. Starts the watchdogs if a host mounts the metrics. */
apr_status_t mt_ops_watch_post_config(apr_pool_t *pconf, server_rec *first);

#endif
