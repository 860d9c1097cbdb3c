/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_OPS_INDEXER_H
#define MT_OPS_INDEXER_H

#include "http/config.h"

#include <httpd.h>

/* Adds new messages to the index of the search in the background (store/indexer.h). mod_watchdog runs it every two
 * seconds in one child process at a time. While it is behind, for example after an import, it works half of the time.
 * It keeps one connection for each database, outside the pools. */

/* The post_config hook. Starts it for each database of a site with the search. */
apr_status_t mt_ops_indexer_post_config(apr_pool_t *pconf, server_rec *first);

/* 1 if this httpd has a site with the search in the database of config. */
int mt_ops_indexer_fills(const server_rec *first, const mt_config_t *config);

#endif
