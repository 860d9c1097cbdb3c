/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "ctl/import/wrap.h"

#include "core/password_wrapped.h"

#include <apr_strings.h>
#include <apr_thread_proc.h>
#include <sched.h>

#define THREADS_MAX 256

typedef struct work_t {
    apr_pool_t *pool; /* the thread's own */
    apr_thread_t *thread;
    const char *const *digests;
    const char **hashes;
    int first, count, step; /* this thread's share: every step-th digest from the first */
} work_t;

static const mt_password_cost_t cost = { (apr_size_t)MT_PASSWORD_MEMORY_PRESET * 1024 * 1024,
                                         MT_PASSWORD_PASSES_PRESET };

int mt_ctl_wrap_threads(void)
{
    cpu_set_t processors;
    int count = sched_getaffinity(0, sizeof(processors), &processors) == 0 ? CPU_COUNT(&processors) : 1;

    return count < THREADS_MAX ? count : THREADS_MAX;
}

static void wrap(const work_t *work)
{
    for (int i = work->first; i < work->count; i += work->step)
        work->hashes[i] = mt_password_wrapped_make(work->pool, work->digests[i], &cost);
}

static void *run(apr_thread_t *thread, void *work)
{
    (void)thread;
    wrap(work);
    return NULL;
}

const char *mt_ctl_wrap_digests(apr_pool_t *pool, int count, const char *const *digests, const char **hashes)
{
    work_t works[THREADS_MAX];
    int threads = mt_ctl_wrap_threads();
    const char *message = NULL;

    for (int i = 0; i < threads; i++) {
        works[i] = (work_t){ NULL, NULL, digests, hashes, i, count, threads };
        /* Not a child of the caller's pool, because threads must not share an allocator. */
        if (apr_pool_create_unmanaged_ex(&works[i].pool, NULL, NULL) != APR_SUCCESS)
            return "out of memory";
        if (apr_thread_create(&works[i].thread, NULL, run, &works[i], works[i].pool) != APR_SUCCESS) {
            works[i].thread = NULL;
            wrap(&works[i]);
        }
    }
    for (int i = 0; i < threads; i++) {
        apr_status_t status;

        if (works[i].thread)
            apr_thread_join(&status, works[i].thread);
        for (int j = i; j < count; j += threads) {
            if (!hashes[j])
                message = "could not hash the passwords: out of memory";
            else
                hashes[j] = apr_pstrdup(pool, hashes[j]);
        }
        apr_pool_destroy(works[i].pool);
    }
    return message;
}
