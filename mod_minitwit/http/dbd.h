/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_DBD_H
#define MT_DBD_H

#include "http/config.h"

/* What mod_dbd's own directives say, as far as MiniTwit depends on it. */

/* 1: the settings are equal, and so mod_dbd gives both hosts one pool. */
int mt_dbd_is_same(const mt_config_t *a, const mt_config_t *b);

/* NULL, or why no request of the host could reach a database, and the remedy; in pool. */
const char *mt_dbd_check(apr_pool_t *pool, const mt_config_t *config);

/* Warns of what works, but badly once the database is away: once for all hosts that share a pool. */
void mt_dbd_warn(const server_rec *first);

#endif
