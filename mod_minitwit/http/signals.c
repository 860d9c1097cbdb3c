/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "http/signals.h"

#include <ap_mpm.h>
#include <apr_support.h>
#include <http_core.h>
#include <signal.h>
#include <util_filter.h>

/* httpd's filter waits for the client only if it would otherwise keep more than 64 KiB (FlushMaxThreshold). */
#define PIECE 32768

static const char filter_name[] = "MINITWIT_SIGNALS";

static int is_needed; /* set once in each child */
static int is_held;   /* by the only thread that serves requests */

void mt_signals_child_init(void)
{
    int has_threads = 0;
    ap_mpm_query(AP_MPMQ_IS_THREADED, &has_threads);
    is_needed = !has_threads;
}

/* Threads of mod_watchdog have these signals blocked (httpd 2.4.49), so that each arrives in the only other thread. */
static void mask(int how)
{
    sigset_t ending;

    if (!is_needed)
        return;
    sigemptyset(&ending);
    sigaddset(&ending, SIGTERM);
    sigaddset(&ending, SIGHUP);
    is_held = how == SIG_BLOCK;
    pthread_sigmask(how, &ending, NULL);
}

void mt_signals_hold(void)
{
    mask(SIG_BLOCK);
}

void mt_signals_release(void)
{
    mask(SIG_UNBLOCK);
}

/* Waits as long as httpd's own filters would. */
static apr_status_t wait_for_client(conn_rec *connection, int for_read)
{
    mt_signals_release();
    apr_status_t rv = apr_wait_for_io_or_timeout(NULL, ap_get_conn_socket(connection), for_read);
    mt_signals_hold();
    return rv;
}

static int has_input(ap_filter_t *filter)
{
    apr_bucket_brigade *glance = filter->ctx;
    apr_status_t rv = ap_get_brigade(filter->next, glance, AP_MODE_SPECULATIVE, APR_NONBLOCK_READ, 1);
    int is_empty = APR_BRIGADE_EMPTY(glance);

    apr_brigade_cleanup(glance);
    return rv == APR_SUCCESS ? !is_empty : !APR_STATUS_IS_EAGAIN(rv);
}

static apr_status_t receive(ap_filter_t *filter, apr_bucket_brigade *brigade, ap_input_mode_t mode,
                            apr_read_type_e block, apr_off_t size)
{
    if (is_held && block == APR_BLOCK_READ && !has_input(filter)) {
        apr_status_t rv = wait_for_client(filter->c, 1);
        if (rv != APR_SUCCESS)
            return rv;
    }
    return ap_get_brigade(filter->next, brigade, mode, block, size);
}

/* Sends the data that httpd's filter has kept. Without a brigade, it sends only as much as the client accepts. */
static apr_status_t drain(ap_filter_t *last)
{
    apr_status_t rv = APR_SUCCESS;

    while (rv == APR_SUCCESS && last->c->data_in_output_filters) {
        rv = wait_for_client(last->c, 0);
        if (rv == APR_SUCCESS)
            rv = last->frec->filter_func.out_func(last, NULL);
        else
            last->c->aborted = 1;
    }
    return rv;
}

static apr_status_t deliver(ap_filter_t *filter, apr_bucket_brigade *brigade)
{
    apr_bucket_brigade *rest = filter->ctx;
    apr_bucket *next;

    if (!is_held || filter->next->frec != ap_core_output_filter_handle)
        return ap_pass_brigade(filter->next, brigade);
    for (;;) {
        apr_status_t rv = apr_brigade_partition(brigade, PIECE, &next);
        if (rv != APR_SUCCESS && rv != APR_INCOMPLETE)
            return rv;
        if (next == APR_BRIGADE_SENTINEL(brigade))
            return ap_pass_brigade(filter->next, brigade);
        rest = apr_brigade_split_ex(brigade, next, rest);
        rv = ap_pass_brigade(filter->next, brigade);
        if (rv == APR_SUCCESS)
            rv = drain(filter->next);
        APR_BRIGADE_CONCAT(brigade, rest);
        if (rv != APR_SUCCESS)
            return rv;
    }
}

int mt_signals_pre_connection(conn_rec *connection, void *socket)
{
    (void)socket;
    if (is_needed) {
        apr_bucket_alloc_t *alloc = connection->bucket_alloc;
        ap_add_input_filter(filter_name, apr_brigade_create(connection->pool, alloc), NULL, connection);
        ap_add_output_filter(filter_name, apr_brigade_create(connection->pool, alloc), NULL, connection);
    }
    return OK;
}

/* Filters of the same type keep the order in which they are added, and httpd adds its own ones last. */
void mt_signals_register(void)
{
    ap_register_input_filter(filter_name, receive, NULL, AP_FTYPE_NETWORK);
    ap_register_output_filter(filter_name, deliver, NULL, AP_FTYPE_NETWORK);
}
