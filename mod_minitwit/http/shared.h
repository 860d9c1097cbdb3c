/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_SHARED_H
#define MT_SHARED_H

#include <httpd.h>

/* Memory that all processes of httpd share. It keeps its content over reloads and over the death of child processes,
 * until httpd stops. Call this in post_config.
 *
 * key: a name for it. variant: a text that the meaning of the bytes depends on, or "". *memory: size bytes, aligned for
 * any type. *is_new: 1 when all bytes are 0. This is so when httpd starts, and after a reload with another size,
 * another variant, or another build of the module, in which the bytes may have another meaning. The children of the
 * previous generation keep the previous memory. */
apr_status_t mt_shared_make(server_rec *server, const char *key, const char *variant, apr_size_t size, void **memory,
                            int *is_new);

#endif
