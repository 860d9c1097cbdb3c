/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_FILE_H
#define MT_FILE_H

#include <apr_pools.h>

/* Reads a whole file. Sets *data to its *len bytes, followed by a NUL, in pool. Returns APR_SUCCESS, APR_ENOSPC for a
 * file of more than max bytes, EISDIR for a directory, APR_EINVAL for a pipe or a device, or the system's error. */
apr_status_t mt_file_read(apr_pool_t *pool, const char *path, apr_size_t max, char **data, apr_size_t *len);

#endif
