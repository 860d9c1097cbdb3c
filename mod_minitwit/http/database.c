/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "http/database.h"

#include "core/timestamp.h"
#include "http/children.h"
#include "http/counters.h"
#include "http/dbd.h"
#include "store/schema.h"

#include <ap_mpm.h>
#include <apr_atomic.h>
#include <apr_dbd.h>
#include <apr_optional.h>
#include <apr_shm.h>
#include <http_log.h>
#include <mod_dbd.h>
#include <pthread.h>
#include <signal.h>
#include <time.h>

APLOG_USE_MODULE(minitwit);

/* After a failed attempt to connect, nobody tries for this long; twice as long after each further one. */
#define PAUSE_MIN apr_time_from_msec(100)
#define PAUSE_MAX apr_time_from_sec(1)

/* What stands before one of mod_dbd's pools in this child process.
 *
 * mod_dbd's own pool waits without limit when all connections are lent, and connects while it holds its lock, so that
 * everybody else waits behind a server that does not answer. Here the wait for a connection has an end, one thread at a
 * time enters mod_dbd, and after a failure the others are turned away at once while that one tries (a circuit breaker).
 * Connections that work are used all the same: when the server only has no room for more, they go round. */
typedef struct mt_pool_t {
    pthread_mutex_t mutex;
    pthread_cond_t changed; /* its waits end by the clock of mt_timestamp_monotonic() */
    apr_int64_t max;
    int is_mounted;    /* a host that uses it mounts a handler of ours */
    apr_int64_t lent;  /* the one that is being opened included */
    apr_int64_t idle;  /* that were given back in good order, as far as is known: mod_dbd may have closed some */
    int is_opening;    /* a thread is in ap_dbd_open() */
    int is_connecting; /* none was idle, so that it makes a new one */
    int is_told;       /* somebody was turned away while it is, and it was logged */
    apr_interval_time_t pause; /* 0: the last attempt succeeded */
    apr_time_t retry_at;
    volatile apr_uint32_t is_greeted; /* greet() has looked at the server */
} mt_pool_t;

typedef struct mt_lease_t {
    ap_dbd_t *dbd;
    mt_connection_t *connection;
} mt_lease_t;

/* What all child processes have logged already. */
typedef struct mt_greeting_t {
    volatile apr_uint32_t schema;      /* version + 1; 0: none yet */
    volatile apr_uint32_t connections; /* 1: the warning was given */
} mt_greeting_t;

static mt_greeting_t *shared;

/* Set once in each child, before its threads start. */
static APR_OPTIONAL_FN_TYPE(ap_dbd_open) * dbd_open;
static APR_OPTIONAL_FN_TYPE(ap_dbd_close) * dbd_close;
static int has_threads;

static mt_pool_t *find_pool(server_rec *first, const server_rec *end)
{
    const mt_config_t *wanted = mt_config_get(end);
    for (server_rec *server = first; server != end; server = server->next) {
        const mt_config_t *config = mt_config_get(server);
        if (config->pool && mt_dbd_is_same(config, wanted))
            return config->pool;
    }
    return NULL;
}

/* APR's condition variables wait by the time of day: set back by an hour, it would make a wait an hour longer. */
static apr_status_t init_locks(mt_pool_t *pool)
{
    pthread_condattr_t monotonic;
    int error = pthread_condattr_init(&monotonic);

    if (error != 0)
        return error;
    error = pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    if (error == 0)
        error = pthread_cond_init(&pool->changed, &monotonic);
    if (error == 0)
        error = pthread_mutex_init(&pool->mutex, NULL);
    pthread_condattr_destroy(&monotonic);
    return error;
}

apr_status_t mt_database_child_init(apr_pool_t *pool, server_rec *first)
{
    dbd_open = APR_RETRIEVE_OPTIONAL_FN(ap_dbd_open);
    dbd_close = APR_RETRIEVE_OPTIONAL_FN(ap_dbd_close);
    ap_mpm_query(AP_MPMQ_IS_THREADED, &has_threads);

    for (server_rec *server = first; server; server = server->next) {
        const mt_config_t *config = mt_config_get(server);
        mt_pool_t *gate = find_pool(first, server);
        if (!gate) {
            gate = apr_pcalloc(pool, sizeof(*gate));
            gate->max = config->dbd_max;
            apr_status_t rv = init_locks(gate);
            if (rv != APR_SUCCESS)
                return rv;
        }
        if (config->mounted_at && !gate->is_mounted) {
            gate->is_mounted = 1;
            mt_children_add(MT_CHILDREN_CAPACITY, (int)config->dbd_max);
        }
        mt_config_set_pool(server, gate);
    }
    return APR_SUCCESS;
}

/* Without threads, a signal that ends the child interrupts whatever it does, and cleans up from there: under a connection
 * that is lent, mod_dbd's pool then aborts. So these signals wait until the connection is back, which the deadlines of
 * statements bound. Threads that serve requests have them blocked anyway. */
static void hold_signals(int how)
{
    sigset_t ending;

    if (has_threads)
        return;
    sigemptyset(&ending);
    sigaddset(&ending, SIGTERM);
    sigaddset(&ending, SIGHUP);
    pthread_sigmask(how, &ending, NULL);
}

/* How long a request waits for as long as the pool is as it is. A connection that is just being opened is waited for as
 * long as its first statement would be: a server that is only slow has not failed yet. */
static apr_interval_time_t get_patience(const mt_pool_t *pool, const mt_config_t *config)
{
    int is_longer = !pool->pause && pool->lent < pool->max && config->database_timeout > config->pool_timeout;
    return is_longer ? config->database_timeout : config->pool_timeout;
}

static int has_connections(const mt_pool_t *pool)
{
    return pool->idle > 0 || pool->lent > pool->is_connecting;
}

static int may_wait(mt_pool_t *pool)
{
    pthread_mutex_lock(&pool->mutex);
    int may = has_connections(pool);
    pthread_mutex_unlock(&pool->mutex);
    return may;
}

static void claim(mt_pool_t *pool)
{
    pool->is_opening = 1;
    pool->is_connecting = pool->idle == 0;
    pool->idle -= pool->idle > 0;
    pool->lent++;
}

/* Waits until this thread may call ap_dbd_open(). APR_TIMEUP: every connection is lent. APR_EBUSY: another thread is still
 * opening one, told once for each such attempt. APR_EGENERAL: that again, or no connection could be made a moment ago and
 * there is none that could be waited for. */
static apr_status_t enter(mt_pool_t *pool, const mt_config_t *config)
{
    apr_status_t rv = APR_SUCCESS;
    apr_time_t now = mt_timestamp_monotonic();
    apr_time_t began = now;

    pthread_mutex_lock(&pool->mutex);
    for (;;) {
        int is_pausing = pool->pause && now < pool->retry_at;
        if (!pool->is_opening && pool->lent < pool->max && (pool->idle > 0 || !is_pausing)) {
            claim(pool);
            break;
        }
        if (pool->pause && (is_pausing || pool->is_opening) && !has_connections(pool)) {
            rv = APR_EGENERAL;
            break;
        }
        apr_interval_time_t left = get_patience(pool, config) - (now - began);
        if (left <= 0) {
            rv = pool->lent >= pool->max ? APR_TIMEUP : pool->pause || pool->is_told ? APR_EGENERAL : APR_EBUSY;
            pool->is_told |= rv == APR_EBUSY;
            break;
        }
        apr_time_t until = now + left;
        const struct timespec end = { .tv_sec = apr_time_sec(until), .tv_nsec = apr_time_usec(until) * 1000 };
        pthread_cond_timedwait(&pool->changed, &pool->mutex, &end);
        now = mt_timestamp_monotonic();
    }
    pthread_mutex_unlock(&pool->mutex);
    if (rv == APR_SUCCESS)
        hold_signals(SIG_BLOCK);
    return rv;
}

/* Ends what enter() began. Returns 1 when this is news: the database went away, or came back. */
static int leave_open(mt_pool_t *pool, int is_open)
{
    pthread_mutex_lock(&pool->mutex);
    /* One that was idle tells nothing about new ones. */
    int is_telling = pool->is_connecting || !is_open;
    int is_news = is_telling && (pool->pause == 0) != is_open;
    if (is_open && is_telling)
        pool->pause = 0;
    else if (!is_open) {
        pool->lent--;
        /* What ended one that was idle will mostly have ended the others, too. */
        if (!pool->is_connecting)
            pool->idle = 0;
        pool->pause = pool->pause ? pool->pause * 2 : PAUSE_MIN;
        if (pool->pause > PAUSE_MAX)
            pool->pause = PAUSE_MAX;
        pool->retry_at = mt_timestamp_monotonic() + pool->pause;
    }
    pool->is_opening = 0;
    pool->is_connecting = 0;
    pool->is_told = 0;
    pthread_cond_broadcast(&pool->changed);
    pthread_mutex_unlock(&pool->mutex);
    if (!is_open)
        hold_signals(SIG_UNBLOCK);
    return is_news;
}

static void leave_closed(mt_pool_t *pool, int is_usable)
{
    pthread_mutex_lock(&pool->mutex);
    pool->lent--;
    pool->idle += is_usable;
    pthread_cond_signal(&pool->changed);
    pthread_mutex_unlock(&pool->mutex);
    hold_signals(SIG_UNBLOCK);
}

static int refuse(mt_request_t *request, apr_status_t rv)
{
    mt_counters_increment(MT_METRIC_DB_ERRORS, rv == APR_TIMEUP ? MT_DB_ERROR_POOL : MT_DB_ERROR_CONNECT);
    if (rv == APR_EBUSY)
        ap_log_rerror(
            APLOG_MARK, APLOG_WARNING, 0, request->r,
            "connecting to the database takes longer than a request waits for it (MinitwitDatabaseTimeout): see "
            "whether PostgreSQL or its machine is overloaded");
    if (rv != APR_TIMEUP)
        return mt_request_fail(request, HTTP_SERVICE_UNAVAILABLE,
                               "The database cannot be reached at the moment. Please try again in a few seconds.");
    request->is_pool_empty = 1;
    ap_log_rerror(APLOG_MARK, APLOG_WARNING, 0, request->r,
                  "no database connection became free within %" APR_INT64_T_FMT " ms: if this goes on, raise DBDMax "
                  "(now %" APR_INT64_T_FMT " a child process) or look for slow statements",
                  apr_time_as_msec(request->config->pool_timeout), request->config->dbd_max);
    return mt_request_fail(request, HTTP_SERVICE_UNAVAILABLE,
                           "The site is very busy. Please try again in a few seconds.");
}

/* Says once over all child processes, and again when it changes, what is wrong with the server that was reached. */
static void greet(mt_request_t *request, mt_connection_t *connection)
{
    request_rec *r = request->r;
    int version, max_connections, processes = 0;

    if (mt_schema_version(connection, &version) != APR_SUCCESS ||
        mt_schema_max_connections(connection, &max_connections) != APR_SUCCESS)
        return; /* the request's own statement will meet the same failure, and is logged */

    if (apr_atomic_xchg32(&shared->schema, (apr_uint32_t)version + 1) != (apr_uint32_t)version + 1) {
        if (version < MT_SCHEMA_VERSION)
            ap_log_rerror(
                APLOG_MARK, APLOG_ERR, 0, r,
                "database schema too old: it has version %d, this build needs %d: run \"minitwitctl migrate\"", version,
                MT_SCHEMA_VERSION);
        else if (version > MT_SCHEMA_VERSION)
            ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r,
                          "database schema too new: it has version %d, this build needs %d: install the mod_minitwit "
                          "that it belongs to",
                          version, MT_SCHEMA_VERSION);
    }

    ap_mpm_query(AP_MPMQ_MAX_DAEMONS, &processes);
    apr_int64_t wanted = processes * request->config->dbd_max;
    if (wanted > max_connections && apr_atomic_xchg32(&shared->connections, 1) == 0)
        ap_log_rerror(
            APLOG_MARK, APLOG_WARNING, 0, r,
            "%d child processes with DBDMax %" APR_INT64_T_FMT " may open %" APR_INT64_T_FMT
            " connections (twice that during a graceful restart), but PostgreSQL's max_connections leaves %d: "
            "lower DBDMax or raise max_connections",
            processes, request->config->dbd_max, wanted, max_connections);
}

static void note_opened(int change)
{
    mt_children_add(MT_CHILDREN_CONNECTIONS, change);
}

static void note_ran(void *baton, mt_statement_id_t id, apr_interval_time_t duration)
{
    mt_request_t *request = baton;
    request->timing.statements[id] += duration;
    mt_counters_observe(MT_METRIC_DB_QUERY_DURATION, (int)id, duration);
}

static const mt_observer_t observer = { .opened = note_opened, .ran = note_ran };

/* Opens what enter() has made room for. DECLINED: there is no connection, and the request has not failed yet. */
static int open_lease(mt_request_t *request, mt_lease_t *lease)
{
    request_rec *r = request->r;
    int status = OK;

    lease->dbd = dbd_open(r->pool, r->server); /* logs why it fails */
    if (!lease->dbd)
        return DECLINED;
    lease->connection = mt_connection_wrap(r->pool, apr_dbd_native_handle(lease->dbd->driver, lease->dbd->handle),
                                           request->config->database_timeout);
    mt_connection_observe(lease->connection, &observer, request);
    if (mt_connection_check(lease->connection) != APR_SUCCESS) {
        status = mt_request_fail_store(request, lease->connection);
        dbd_close(r->server, lease->dbd);
    }
    return status;
}

/* As open_lease(). *is_news: the database came back, or went away. */
static int wait_and_open(mt_request_t *request, mt_lease_t *lease, int *is_news)
{
    request_rec *r = request->r;
    mt_pool_t *pool = request->config->pool;

    apr_status_t rv = enter(pool, request->config);
    if (rv != APR_SUCCESS)
        return refuse(request, rv);
    int status = open_lease(request, lease);
    *is_news = leave_open(pool, status == OK);
    if (*is_news && status == OK)
        ap_log_rerror(APLOG_MARK, APLOG_NOTICE, 0, r, "the database is back");
    else if (*is_news)
        ap_log_rerror(
            APLOG_MARK, APLOG_ERR, 0, r,
            "the database cannot be reached, or accepts no further connection; requests that find none get 503 "
            "until it does: see that PostgreSQL runs, that its max_connections are not all taken, and that "
            "DBDParams is right");
    return status;
}

static int borrow(mt_request_t *request)
{
    mt_pool_t *pool = request->config->pool;
    mt_lease_t *lease = apr_pcalloc(request->r->pool, sizeof(*lease));
    int is_news = 0;

    int status = wait_and_open(request, lease, &is_news);
    /* Where no further connection could be made, one of those that work may soon be free. */
    if (status == DECLINED && may_wait(pool))
        status = wait_and_open(request, lease, &is_news);
    if (status == DECLINED)
        status = refuse(request, APR_EGENERAL);
    if (status != OK)
        return status;
    request->lease = lease;
    mt_children_add(MT_CHILDREN_LENT, 1);
    if (apr_atomic_xchg32(&pool->is_greeted, 1) == 0 || is_news) {
        /* Counted with its statements, not once more as time to connect. */
        apr_time_t began = mt_timestamp_monotonic();
        greet(request, lease->connection);
        request->timing.connecting -= mt_timestamp_monotonic() - began;
    }
    return OK;
}

int mt_database_open(mt_request_t *request, mt_connection_t **connection)
{
    if (!request->lease) {
        apr_time_t began = mt_timestamp_monotonic();
        int status = borrow(request);
        request->timing.connecting += mt_timestamp_monotonic() - began;
        if (status != OK)
            return status;
    }
    *connection = request->lease->connection;
    return OK;
}

void mt_database_close(mt_request_t *request)
{
    mt_lease_t *lease = request->lease;
    if (!lease)
        return;
    request->lease = NULL;
    if (mt_connection_is_usable(lease->connection) && mt_connection_flush(lease->connection) != APR_SUCCESS)
        mt_request_fail_store(request, lease->connection);
    int is_usable = mt_connection_is_usable(lease->connection);
    dbd_close(request->r->server, lease->dbd);
    mt_children_add(MT_CHILDREN_LENT, -1);
    leave_closed(request->config->pool, is_usable);
}

apr_status_t mt_database_post_config(apr_pool_t *pconf)
{
    apr_shm_t *segment;
    apr_status_t rv = apr_shm_create(&segment, sizeof(*shared), NULL, pconf);
    if (rv != APR_SUCCESS)
        return rv;
    shared = apr_shm_baseaddr_get(segment);
    memset((void *)shared, 0, sizeof(*shared));
    return APR_SUCCESS;
}
