/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors
 *
 * What it costs to count requests, in nanoseconds: the real counters over memory like that of httpd, added to in a loop
 * by one thread, by two threads in series of their own, and by two threads in the same series. Run by count-cost. */
#include "http/counters.h"
#include "http/router.h"
#include "http/shared.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>

#define ROUNDS 2000000
#define ROWS   40

/* In the place of httpd: the memory, and a routing table of about the real size. */
apr_status_t mt_shared_make(server_rec *server, const char *key, const char *variant, apr_size_t size, void **memory,
                            int *is_new)
{
    (void)server, (void)key, (void)variant;
    *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    *is_new = 1;
    return *memory == MAP_FAILED ? APR_ENOMEM : APR_SUCCESS;
}

int mt_router_rows(void)
{
    return ROWS;
}

const mt_handler_t *mt_router_row(int row, const mt_route_t **route)
{
    (void)row, (void)route;
    abort();
}

unsigned mt_router_methods(const mt_route_t *route)
{
    (void)route;
    abort();
}

static double now(void)
{
    struct timespec time;

    /* Processor time, since the machine may have other work as well. */
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

/* What http/request_metrics.c does for one request, the clock included. */
static void *count(void *row)
{
    int series = *(int *)row;

    for (int i = 0; i < ROUNDS; i++) {
        mt_counters_increment(MT_METRIC_HTTP_REQUESTS, mt_metric_route_method_code(series, 0, mt_metric_code(200)));
        mt_counters_observe(MT_METRIC_HTTP_DURATION, mt_metric_route_method(series, 0), apr_time_now() & 0xffff);
    }
    return NULL;
}

/* Nanoseconds of processor time for one request, while so many threads count. */
static double measure(int threads, int *rows)
{
    pthread_t thread;
    double began = now();

    if (threads == 2 && pthread_create(&thread, NULL, count, &rows[1]) != 0)
        abort();
    count(&rows[0]);
    if (threads == 2)
        pthread_join(thread, NULL);
    return (now() - began) / ROUNDS / threads;
}

int main(void)
{
    int same[] = { 1, 1 }, apart[] = { 1, 30 };

    if (mt_counters_post_config(NULL) != APR_SUCCESS)
        return 1;
    printf("one thread %.1f\n", measure(1, same));
    printf("two threads, two routes %.1f\n", measure(2, apart));
    printf("two threads, one route %.1f\n", measure(2, same));
    return 0;
}
