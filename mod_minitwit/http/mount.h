/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_MOUNT_H
#define MT_MOUNT_H

#include "http/config.h"

/* Finds the paths at which handlers are mounted.
 *
 * httpd makes a per-directory configuration for a module only for a section that contains one of the module's own
 * directives. A <Location> that contains only SetHandler has none for this module. Therefore SetHandler is also in this
 * module's directive table: httpd calls each module that has a directive in its table. */

typedef struct mt_mount_t {
    int is_set;                  /* 1: the section has a SetHandler, which overrides those of outer sections */
    const mt_handler_t *handler; /* NULL: another module's handler */
    const char *path;            /* the prefix of paths, decoded: "" for "/" */
    const char *url;             /* the prefix of URLs: the same, percent-encoded */
} mt_mount_t;

/* Make and merge per-directory configurations. They return a mt_mount_t. */
void *mt_mount_create(apr_pool_t *pool, char *section);
void *mt_mount_merge(apr_pool_t *pool, void *outer, void *inner);

/* The SetHandler directive. Refuses unknown handlers of this module, and a second handler for the same path, because
 * httpd would use only the last one. */
const char *mt_mount_set_handler(cmd_parms *cmd, void *mount, const char *handler);

/* mod_mime's AddHandler directive, which cannot mount a handler of this module. */
const char *mt_mount_add_handler(cmd_parms *cmd, void *mount, const char *handler, const char *extension);

/* The mount that a request belongs to, or NULL. Call it in the type_checker hook or later. */
const mt_mount_t *mt_mount_get(const request_rec *r);

/* Hooks. A mounted path belongs to no file. Without these hooks httpd would look for a file, and mod_dir, mod_mime and
 * <Directory> sections would apply to the request. */
int mt_mount_translate(request_rec *r);
int mt_mount_map_to_storage(request_rec *r);
int mt_mount_type(request_rec *r);

#endif
