/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_SHARED_H
#define MT_SHARED_H

#include <httpd.h>

/* Memory that all processes of httpd share, and that keeps its content over every restart but a stop, whatever happens to
 * child processes. To be called in post_config.
 *
 * *memory: size bytes, aligned for any type. *is_new: 1 when they are all 0: at the start, and after a restart with another
 * layout (any text that differs when the meaning of the bytes does). Children of before such a restart keep their own. */
apr_status_t mt_shared_make(server_rec *server, const char *key, const char *layout, apr_size_t size, void **memory,
                            int *is_new);

#endif
