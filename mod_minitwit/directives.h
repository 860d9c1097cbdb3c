/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_DIRECTIVES_H
#define MT_DIRECTIVES_H

#include "http/config.h"

/* All directives; docs/directives.md describes them. */
extern const command_rec mt_directives[];

void *mt_directives_create(apr_pool_t *pool, server_rec *server);
void *mt_directives_merge(apr_pool_t *pool, void *outer, void *inner);

/* The check_config hook. Fills in the defaults, loads the templates, and rejects a configuration that cannot work.
 * "httpd -t" and "httpd -k graceful" also run it, before a running server reads the configuration. */
int mt_directives_check(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *first);

#endif
