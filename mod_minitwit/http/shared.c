/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "http/shared.h"

#include "core/revision.h"

#include <apr_shm.h>
#include <apr_strings.h>
#include <http_core.h>

typedef struct segment_t {
    apr_shm_t *shm;
    void *memory;
    apr_size_t size;
    char layout[128];
} segment_t;

apr_status_t mt_shared_make(server_rec *server, const char *key, const char *variant, apr_size_t size, void **memory,
                            int *is_new)
{
    segment_t *segment = ap_retained_data_get(key);
    /* Two builds of one version may differ. */
    const char *layout = apr_pstrcat(server->process->pconf, MT_VERSION, " ", mt_revision_get(), " ", variant, NULL);

    ap_assert(strlen(layout) < sizeof(segment->layout));
    if (!segment)
        segment = ap_retained_data_create(key, sizeof(*segment));
    *is_new = !segment->memory || segment->size != size || strcmp(segment->layout, layout) != 0;
    if (*is_new) {
        /* Use the pool of the process, because the pool of the configuration ends with each reload. */
        apr_shm_t *shm;
        apr_status_t rv = apr_shm_create(&shm, size, NULL, server->process->pool);
        if (rv != APR_SUCCESS)
            return rv;
        /* The children of the previous generation keep their mapping of the previous memory until they end. */
        if (segment->shm)
            apr_shm_destroy(segment->shm);
        segment->shm = shm;
        /* The kernel provides zeros. Do not write them, because that would allocate all pages at once. */
        segment->memory = apr_shm_baseaddr_get(shm);
        segment->size = size;
        apr_cpystrn(segment->layout, layout, sizeof(segment->layout));
    }
    *memory = segment->memory;
    return APR_SUCCESS;
}
