/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_MOUNT_H
#define MT_MOUNT_H

#include "http/config.h"

/* Where handlers are mounted.
 *
 * httpd makes a per-directory configuration for a module only where one of the module's own directives stands, so a
 * <Location> with nothing but SetHandler would pass unseen. Therefore SetHandler is in this module's directive table,
 * too: httpd calls every module that knows a directive. */

typedef struct mt_mount_t {
    int is_set;                  /* 1: SetHandler stands in this section, so it hides those around it */
    const mt_handler_t *handler; /* NULL: not one of ours */
    const char *path;            /* what paths begin with, as httpd decodes them: "" for "/" */
    const char *url;             /* the same, percent-encoded: what URLs begin with */
} mt_mount_t;

void *mt_mount_create(apr_pool_t *pool, char *section);
void *mt_mount_merge(apr_pool_t *pool, void *outer, void *inner);

/* The SetHandler directive. */
const char *mt_mount_set_handler(cmd_parms *cmd, void *mount, const char *handler);

/* The mount that a request belongs to; NULL: none. To be asked from the type_checker hook on. */
const mt_mount_t *mt_mount_get(const request_rec *r);

/* Hooks. A mounted path belongs to no file: without these, httpd would look for one, and mod_dir, mod_mime and
 * <Directory> sections would have their say. */
int mt_mount_translate(request_rec *r);
int mt_mount_map_to_storage(request_rec *r);
int mt_mount_type(request_rec *r);

#endif
