/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_SECRETFILE_H
#define MT_SECRETFILE_H

#include "http/config.h"

/* Logs a warning for each file with the API's credentials that every account of the machine can read or change, once
 * per file. pool: for temporary data. first: the main server. */
void mt_secretfile_warn(apr_pool_t *pool, const server_rec *first);

#endif
