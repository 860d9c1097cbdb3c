/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_DBD_H
#define MT_DBD_H

#include "http/config.h"

/* Checks of mod_dbd's directives, which also set this module's own connections (http/gate.h). */

/* 1 if the settings are equal, so that both hosts share one pool. */
int mt_dbd_is_same(const mt_config_t *a, const mt_config_t *b);

/* Returns NULL if the host's requests can reach a database. Otherwise a message with the reason and the remedy, in
 * pool, and sets *culprit to the directive to correct. The message shows no part of a password. */
const char *mt_dbd_check(apr_pool_t *pool, const mt_config_t *config, const char **culprit);

/* Logs a warning for settings with which the site works, but mod_dbd's own pool does not. Warns once for all hosts that
 * share a pool. */
void mt_dbd_warn(const server_rec *first);

#endif
