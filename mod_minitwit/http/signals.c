/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "http/signals.h"

#include <ap_mpm.h>
#include <apr_support.h>
#include <http_core.h>
#include <signal.h>
#include <util_filter.h>

/* httpd's filter may keep this number of bytes without waiting for the client. It waits if it would keep more than 64
 * KiB (FlushMaxThreshold). */
#define KEPT_MAX 32768

static const char filter_name[] = "MINITWIT_SIGNALS";

static int is_needed;  /* set once in each child */
static int is_held;    /* by the only thread that serves requests */
static apr_off_t kept; /* httpd's filter keeps at most this number of bytes */

void mt_signals_child_init(void)
{
    int has_threads = 0;
    ap_mpm_query(AP_MPMQ_IS_THREADED, &has_threads);
    is_needed = !has_threads;
}

/* The threads of mod_watchdog (httpd 2.4.49) and of lookups (store/resolve.h) have these signals blocked, so that each
 * arrives in the only other thread. */
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
    kept = KEPT_MAX; /* httpd's filter may still keep the end of the previous response */
}

void mt_signals_release(void)
{
    mask(SIG_UNBLOCK);
}

static void let_through(void)
{
    mask(SIG_UNBLOCK);
    mask(SIG_BLOCK);
}

/* Waits as long as httpd's own filters would. */
static apr_status_t wait_for_client(conn_rec *connection, int for_read)
{
    mask(SIG_UNBLOCK);
    apr_status_t rv = apr_wait_for_io_or_timeout(NULL, ap_get_conn_socket(connection), for_read);
    mask(SIG_BLOCK);
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

/* Returns 1 if the brigade ends with a whole line, or has as many bytes as httpd reads for one line. */
static int has_line(apr_bucket_brigade *brigade)
{
    apr_off_t size = 0;
    const char *data;
    apr_size_t len;

    if (APR_BRIGADE_EMPTY(brigade))
        return 0;
    if (apr_bucket_read(APR_BRIGADE_LAST(brigade), &data, &len, APR_NONBLOCK_READ) != APR_SUCCESS)
        return 1;
    if (len > 0 && data[len - 1] == APR_ASCII_LF)
        return 1;
    return apr_brigade_length(brigade, 0, &size) != APR_SUCCESS || size >= HUGE_STRING_LEN;
}

/* httpd's filter would wait until the line is complete. mod_reqtimeout reads without blocking and waits itself, so this
 * function waits first. */
static apr_status_t receive_line(ap_filter_t *filter, apr_bucket_brigade *brigade, apr_read_type_e block,
                                 apr_off_t size)
{
    apr_status_t rv;

    do {
        rv = ap_get_brigade(filter->next, brigade, AP_MODE_GETLINE, APR_NONBLOCK_READ, size);
        if ((rv != APR_SUCCESS && !APR_STATUS_IS_EAGAIN(rv)) || has_line(brigade))
            return rv;
        rv = wait_for_client(filter->c, 1);
    } while (rv == APR_SUCCESS && block == APR_BLOCK_READ);
    return rv;
}

static apr_status_t receive(ap_filter_t *filter, apr_bucket_brigade *brigade, ap_input_mode_t mode,
                            apr_read_type_e block, apr_off_t size)
{
    if (is_held) {
        /* A fast client may always have sent more input, so that this filter never waits. */
        let_through();
        if (mode == AP_MODE_GETLINE)
            return receive_line(filter, brigade, block, size);
        if (block == APR_BLOCK_READ && !has_input(filter)) {
            apr_status_t rv = wait_for_client(filter->c, 1);
            if (rv != APR_SUCCESS)
                return rv;
        }
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

/* Prepares httpd's filter for the brigade, which has at most KEPT_MAX bytes. */
static apr_status_t make_room(ap_filter_t *last, apr_bucket_brigade *brigade)
{
    apr_off_t len = 0;
    apr_status_t rv = apr_brigade_length(brigade, 1, &len);

    if (!last->c->data_in_output_filters)
        kept = 0;
    if (rv == APR_SUCCESS && kept + len > KEPT_MAX) {
        rv = drain(last);
        kept = 0;
    }
    kept += len;
    return rv;
}

/* Returns 1 if the brigade had flush buckets. */
static int take_flushes(apr_bucket_brigade *brigade)
{
    apr_bucket *next;
    int has_flush = 0;

    for (apr_bucket *bucket = APR_BRIGADE_FIRST(brigade); bucket != APR_BRIGADE_SENTINEL(brigade); bucket = next) {
        next = APR_BUCKET_NEXT(bucket);
        if (APR_BUCKET_IS_FLUSH(bucket)) {
            apr_bucket_delete(bucket);
            has_flush = 1;
        }
    }
    return has_flush;
}

static apr_status_t deliver(ap_filter_t *filter, apr_bucket_brigade *brigade)
{
    apr_status_t rv = APR_SUCCESS;
    apr_bucket *next;

    if (!is_held || filter->next->frec != ap_core_output_filter_handle)
        return ap_pass_brigade(filter->next, brigade);
    /* httpd's filter would wait for the client at a flush bucket. */
    int has_flush = take_flushes(brigade);
    while (rv == APR_SUCCESS && !APR_BRIGADE_EMPTY(brigade)) {
        rv = apr_brigade_partition(brigade, KEPT_MAX, &next);
        if (rv != APR_SUCCESS && rv != APR_INCOMPLETE)
            return rv;
        apr_bucket_brigade *rest = apr_brigade_split_ex(brigade, next, filter->ctx);
        rv = make_room(filter->next, brigade);
        if (rv == APR_SUCCESS)
            rv = ap_pass_brigade(filter->next, brigade);
        APR_BRIGADE_CONCAT(brigade, rest);
    }
    if (rv == APR_SUCCESS && has_flush) {
        rv = drain(filter->next);
        /* The next data may come late: mod_ratelimit sleeps after each flush. */
        let_through();
    }
    return rv;
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
