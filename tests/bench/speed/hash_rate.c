/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors
 *
 * hash_rate SECONDS THREADS: hashes passwords at the default cost, as the module does, in this number of threads.
 * Prints the number of hashes and the seconds. tests/bench/run runs it. */
#include "core/password.h"

#include <apr_general.h>
#include <pthread.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define THREADS_MAX 256

static double until;

static double now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void *hash(void *count)
{
    mt_password_cost_t cost = { .memory = (apr_size_t)MT_PASSWORD_MEMORY_PRESET * 1024 * 1024,
                                .passes = MT_PASSWORD_PASSES_PRESET };
    apr_pool_t *pool;

    if (apr_pool_create(&pool, NULL) != APR_SUCCESS)
        abort();
    while (now() < until) {
        if (!mt_password_argon2id_make(pool, "correct horse", &cost))
            abort();
        ++*(long *)count;
        apr_pool_clear(pool);
    }
    apr_pool_destroy(pool);
    return NULL;
}

int main(int argc, char **argv)
{
    pthread_t threads[THREADS_MAX];
    long counts[THREADS_MAX] = { 0 }, total = 0;
    double seconds = argc == 3 ? atof(argv[1]) : 0;
    int wanted = argc == 3 ? atoi(argv[2]) : 0;

    if (seconds <= 0 || wanted < 1 || wanted > THREADS_MAX) {
        fprintf(stderr, "usage: hash_rate SECONDS THREADS (1 to %d)\n", THREADS_MAX);
        return 2;
    }
    if (apr_initialize() != APR_SUCCESS || sodium_init() < 0)
        return 1;
    double began = now();
    until = began + seconds;
    for (int i = 0; i < wanted; i++) {
        if (pthread_create(&threads[i], NULL, hash, &counts[i]) != 0)
            abort();
    }
    for (int i = 0; i < wanted; i++) {
        pthread_join(threads[i], NULL);
        total += counts[i];
    }
    printf("%ld %.6f\n", total, now() - began);
    apr_terminate();
    return 0;
}
