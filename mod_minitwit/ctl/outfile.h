/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_OUTFILE_H
#define MT_OUTFILE_H

#include <apr_pools.h>
#include <stdio.h>

/* A file of users' data. Only its owner can read it, whatever the umask is. The file appears under its name when it is
 * complete, and replaces an earlier file of that name. If SIGHUP, SIGINT or SIGTERM ends the program before, nothing is
 * left. The functions write directly to a pipe, to a device and to any path below /dev. Each function returns NULL, or
 * the message for the operator, in pool. A program may write one such file. */
typedef struct mt_outfile_t {
    apr_pool_t *pool;
    FILE *stream;     /* for the caller to write */
    const char *path; /* without symbolic links */
    char *temporary;  /* the name until the file is complete; NULL if the file is written to directly */
} mt_outfile_t;

const char *mt_ctl_outfile_open(apr_pool_t *pool, const char *path, mt_outfile_t *file);

/* Closes the file. It gets its name if is_complete, or else is removed. */
const char *mt_ctl_outfile_close(mt_outfile_t *file, int is_complete);

#endif
