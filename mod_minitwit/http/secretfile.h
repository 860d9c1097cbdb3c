/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_SECRETFILE_H
#define MT_SECRETFILE_H

#include "http/config.h"

/* Warns, once a file, of those with the API's credentials that every account of the machine may read or change. */
void mt_secretfile_warn(apr_pool_t *pool, const server_rec *first);

#endif
