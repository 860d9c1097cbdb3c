/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_WATCH_H
#define MT_WATCH_H

#include <httpd.h>

/* Reads from the database, in the background, what metrics say of it: whether it is up, and what the site holds.
 * mod_watchdog runs it in one child process at a time; when that dies, another takes over. It uses connections of its
 * own, two for the whole server, made anew each time: so it sees the database as a new client does, and not the state
 * of a pool.
 *
 * The database is that of the host that mounts the metrics; of several, the first in the configuration. */

/* NULL, or why it cannot run. For check_config. */
const char *mt_ops_watch_check(void);

/* Hook: begins, if the metrics are mounted anywhere. */
apr_status_t mt_ops_watch_post_config(apr_pool_t *pconf, server_rec *first);

#endif
