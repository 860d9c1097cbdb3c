/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "store/resolve.h"

#include <apr_strings.h>
#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

/* Far more than getaddrinfo needs with glibc's modules. The default, often 8 MB, counts as memory in some limits. */
#define STACK_SIZE (512 * 1024)

static _Atomic int running; /* lookups of this process whose thread has not ended */

struct mt_resolve_t {
    pthread_mutex_t mutex;
    pthread_cond_t done;
    int users; /* of this memory: the caller and the thread */
    int is_done;
    int error;        /* of getaddrinfo */
    int system_error; /* if that is EAI_SYSTEM */
    struct addrinfo *found;
    char name[];
};

int mt_resolve_is_name(const char *host)
{
    unsigned char bytes[sizeof(struct in6_addr)];

    return host && *host && *host != '/' && *host != '@' && inet_pton(AF_INET, host, bytes) != 1 &&
           inet_pton(AF_INET6, host, bytes) != 1;
}

void mt_resolve_end(mt_resolve_t *lookup)
{
    if (!lookup)
        return;
    pthread_mutex_lock(&lookup->mutex);
    int is_last = --lookup->users == 0;
    pthread_mutex_unlock(&lookup->mutex);
    if (!is_last)
        return;
    if (lookup->found)
        freeaddrinfo(lookup->found);
    pthread_cond_destroy(&lookup->done);
    pthread_mutex_destroy(&lookup->mutex);
    free(lookup);
}

static void *run(void *data)
{
    const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
    mt_resolve_t *lookup = data;
    struct addrinfo *found = NULL;
    int error = getaddrinfo(lookup->name, NULL, &hints, &found);
    int system_error = errno;

    pthread_mutex_lock(&lookup->mutex);
    lookup->error = error;
    lookup->system_error = system_error;
    lookup->found = error == 0 ? found : NULL;
    lookup->is_done = 1;
    pthread_cond_signal(&lookup->done);
    pthread_mutex_unlock(&lookup->mutex);
    mt_resolve_end(lookup);
    atomic_fetch_sub(&running, 1);
    return NULL;
}

/* Keeps this code in memory, because httpd unloads its modules when it exits, and a thread may return from getaddrinfo
 * after that. */
static void keep_loaded(void)
{
    static _Atomic int is_kept;
    Dl_info info;

    /* Only once, because a thread in getaddrinfo can hold the lock that dlopen waits for. */
    if (atomic_exchange(&is_kept, 1) == 0 && dladdr(&mt_resolve_end, &info) && info.dli_fname)
        dlopen(info.dli_fname, RTLD_NOW | RTLD_NOLOAD | RTLD_NODELETE);
}

/* Starts a thread that receives no signals, because httpd's threads handle them. Returns 0, or an error number. */
static int start(mt_resolve_t *lookup)
{
    pthread_attr_t attributes;
    pthread_t thread;
    sigset_t all, before;
    int error = pthread_attr_init(&attributes);

    if (error != 0)
        return error;
    pthread_attr_setstacksize(&attributes, STACK_SIZE);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    error = pthread_create(&thread, &attributes, run, lookup);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    return error;
}

mt_resolve_t *mt_resolve_begin(const char *name)
{
    size_t size = strlen(name) + 1;
    mt_resolve_t *lookup = NULL;
    pthread_condattr_t monotonic;

    if (atomic_fetch_add(&running, 1) < MT_RESOLVE_RUNNING_MAX)
        lookup = calloc(1, sizeof(*lookup) + size);
    if (!lookup) {
        atomic_fetch_sub(&running, 1);
        return NULL;
    }
    keep_loaded();
    memcpy(lookup->name, name, size);
    pthread_mutex_init(&lookup->mutex, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&lookup->done, &monotonic);
    pthread_condattr_destroy(&monotonic);
    lookup->users = 2;
    if (start(lookup) == 0)
        return lookup;
    lookup->users = 1;
    mt_resolve_end(lookup);
    atomic_fetch_sub(&running, 1);
    return NULL;
}

int mt_resolve_wait(mt_resolve_t *lookup, apr_int64_t deadline)
{
    const struct timespec end = { .tv_sec = apr_time_sec(deadline), .tv_nsec = apr_time_usec(deadline) * 1000 };
    int error = 0;

    pthread_mutex_lock(&lookup->mutex);
    while (!lookup->is_done && error == 0)
        error = pthread_cond_timedwait(&lookup->done, &lookup->mutex, &end);
    int is_done = lookup->is_done;
    pthread_mutex_unlock(&lookup->mutex);
    return is_done;
}

const char *mt_resolve_take(const mt_resolve_t *lookup, apr_pool_t *pool, const char ***addresses)
{
    char text[NI_MAXHOST];
    int count = 0;

    if (lookup->error == EAI_SYSTEM)
        return apr_psprintf(pool, "%s: %s", gai_strerror(lookup->error),
                            apr_strerror(lookup->system_error, text, sizeof(text)));
    if (lookup->error != 0)
        return gai_strerror(lookup->error);
    for (const struct addrinfo *at = lookup->found; at; at = at->ai_next)
        count++;
    *addresses = apr_pcalloc(pool, (apr_size_t)(count + 1) * sizeof(**addresses));
    count = 0;
    for (const struct addrinfo *at = lookup->found; at; at = at->ai_next) {
        if (getnameinfo(at->ai_addr, at->ai_addrlen, text, sizeof(text), NULL, 0, NI_NUMERICHOST) == 0)
            (*addresses)[count++] = apr_pstrdup(pool, text);
    }
    return count > 0 ? NULL : "the name has no address";
}
