/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_SECRETFILE_H
#define MT_SECRETFILE_H

#include "http/config.h"

/* Reads the credentials from the first line of a file into *credentials, "user:password", in pool. Returns NULL, or the
 * message for the operator: the file cannot be read, or no request could match the line. The message does not quote the
 * line. */
const char *mt_secretfile_read(apr_pool_t *pool, const char *path, const char **credentials);

/* Logs a warning for each file with the API's credentials that every account of the machine can read or change, once
 * per file. pool: for temporary data. first: the main server. */
void mt_secretfile_warn(apr_pool_t *pool, const server_rec *first);

#endif
