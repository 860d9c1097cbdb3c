/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "http/database.h"

#include "core/timestamp.h"
#include "http/children.h"
#include "http/counters.h"
#include "http/dbd.h"
#include "http/dbhealth.h"
#include "http/gate.h"
#include "http/log.h"
#include "store/schema.h"
#include "store/simulator.h"

#include <ap_mpm.h>
#include <errno.h>
#include <http_log.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <time.h>

APLOG_USE_MODULE(minitwit);

/* How long a request waits for a connection, unless MinitwitPoolTimeout is set. A person prefers a slow page to an
 * error. The simulator gives up after 0.3 s, and a health check or Prometheus soon after. */
#define TIMEOUT_SITE  apr_time_from_sec(2)
#define TIMEOUT_OTHER apr_time_from_msec(250)

/* The minimum wait for an idle connection, after an attempt to connect has used up the time above. */
#define TIMEOUT_SECOND apr_time_from_msec(100)

/* A pool of connections in this child process. */
typedef struct mt_pool_t {
    mt_gate_t *gate;
    int is_mounted;                  /* 1: a host that uses it mounts a handler of this module */
    _Atomic apr_uint32_t is_greeted; /* 1: greet() has checked the server */
    sem_t permits;                   /* of searches */
    _Atomic apr_int32_t places;      /* of searches: those that have a permit, and those that wait for one */
} mt_pool_t;

typedef struct mt_lease_t {
    mt_connection_t *connection;
} mt_lease_t;

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

/* A half of the connections serves searches, and a half of the threads may have one or wait for it. The others serve
 * pages, because a search can take a hundred times longer than a page. */
static apr_status_t make_permits(mt_pool_t *pool, const mt_config_t *config)
{
    int threads = 1;

    ap_mpm_query(AP_MPMQ_MAX_THREADS, &threads);
    pool->places = threads > 2 ? threads / 2 : 1;
    return sem_init(&pool->permits, 0, (unsigned)(config->dbd_max > 2 ? config->dbd_max / 2 : 1)) == 0 ? APR_SUCCESS
                                                                                                       : errno;
}

apr_status_t mt_database_child_init(apr_pool_t *pool, server_rec *first)
{
    for (server_rec *server = first; server; server = server->next) {
        const mt_config_t *config = mt_config_get(server);
        mt_pool_t *shared_pool = find_pool(first, server);
        if (!shared_pool) {
            shared_pool = apr_pcalloc(pool, sizeof(*shared_pool));
            apr_status_t rv = make_permits(shared_pool, config);
            if (rv == APR_SUCCESS)
                rv = mt_gate_make(pool, config, &shared_pool->gate);
            if (rv != APR_SUCCESS)
                return rv;
        }
        if (config->mounted_at && !shared_pool->is_mounted) {
            shared_pool->is_mounted = 1;
            mt_children_add(MT_CHILDREN_CAPACITY, (int)config->dbd_max);
        }
        mt_config_set_pool(server, shared_pool);
    }
    return APR_SUCCESS;
}

static apr_interval_time_t get_timeout(const mt_request_t *request)
{
    apr_interval_time_t preset = request->handler->needs_site ? TIMEOUT_SITE : TIMEOUT_OTHER;
    return request->config->pool_timeout >= 0 ? request->config->pool_timeout : preset;
}

/* Returns 1 if the time-out of the pool is also the limit for connecting. This holds neither for a page, because a
 * person prefers a late answer to an error, nor if an operator has set the time-out. */
static int is_hasty(const mt_request_t *request)
{
    return request->config->pool_timeout < 0 && !request->handler->needs_site;
}

static int refuse_full(mt_request_t *request)
{
    mt_counters_increment(MT_METRIC_DB_ERRORS, MT_DB_ERROR_POOL);
    mt_log_request(APLOG_MARK, APLOG_WARNING, 0, request->r, "no database connection became free",
                   "no database connection became free within %" APR_INT64_T_FMT " ms: if this continues, raise DBDMax "
                   "(now %" APR_INT64_T_FMT " per child process) or look for slow statements",
                   apr_time_as_msec(get_timeout(request)), request->config->dbd_max);
    return mt_request_fail(request, HTTP_SERVICE_UNAVAILABLE,
                           "The site is very busy. Please try again in a few seconds.");
}

/* Fails the request. rv: an error of mt_gate_enter. This function does not connect to find the cause, because the
 * client cannot wait any longer. */
static int refuse(mt_request_t *request, apr_status_t rv)
{
    const char *cause;

    if (rv == APR_TIMEUP)
        return refuse_full(request);
    mt_counters_increment(MT_METRIC_DB_ERRORS, MT_DB_ERROR_CONNECT);
    mt_store_failure_t failure = mt_gate_explain(request->config->pool->gate, request->pool, &cause);
    if (rv == APR_EBUSY)
        mt_log_request(APLOG_MARK, APLOG_WARNING, 0, request->r,
                       "connecting to the database takes longer than a request may wait",
                       "connecting to the database takes longer than a request may wait (MinitwitDatabaseTimeout, "
                       "MinitwitPoolTimeout): check whether PostgreSQL or its machine is overloaded, and whether the "
                       "names of its servers can be resolved");
    if (failure == MT_STORE_UNAVAILABLE)
        return mt_request_postpone(request, cause);
    return mt_request_refuse(request, cause);
}

/* Checks the server's schema and max_connections, and logs problems. */
static void greet(mt_request_t *request, mt_connection_t *connection)
{
    request_rec *r = request->r;
    mt_schema_t schema;
    int max_connections, processes = 0;

    if (mt_schema_load(connection, &schema) != APR_SUCCESS ||
        mt_schema_max_connections(connection, &max_connections) != APR_SUCCESS)
        return; /* the request's own statement fails, too, and logs it */

    if (mt_schema_fit(&schema) != MT_SCHEMA_FITS) {
        const char *problem = mt_schema_describe(&schema, r->pool);
        mt_log_request(APLOG_MARK, APLOG_ERR, 0, r, problem, "%s. %s", problem, mt_schema_advise(&schema));
    }

    ap_mpm_query(AP_MPMQ_MAX_DAEMONS, &processes);
    apr_int64_t wanted = processes * request->config->dbd_max;
    if (wanted > max_connections)
        mt_log_request(
            APLOG_MARK, APLOG_WARNING, 0, r, "too many connections for max_connections",
            "%d child processes with DBDMax %" APR_INT64_T_FMT " may open %" APR_INT64_T_FMT
            " connections (twice that during a reload), but PostgreSQL accepts only %d: lower DBDMax or raise "
            "max_connections",
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

static void log_news(const mt_request_t *request, const mt_connection_t *connection, int is_open)
{
    request_rec *r = request->r;

    if (is_open) {
        mt_log_request(APLOG_MARK, APLOG_NOTICE, 0, r, "the database is back", "the database is back");
        return;
    }
    mt_dbhealth_note_failure(request->config->health, 0);
    const mt_store_error_t *error = mt_connection_error(connection);
    const char *cause = mt_failure_cause(error);
    if (error->failure == MT_STORE_UNAVAILABLE && !error->cause)
        mt_log_request(
            APLOG_MARK, APLOG_ERR, 0, r, "the database cannot be reached",
            "the database cannot be reached, or accepts no further connections, so requests that need a new connection "
            "get 503: check that PostgreSQL runs, that its max_connections are not all in use, and that DBDParams is "
            "right: %s",
            error->text);
    else
        mt_log_request(APLOG_MARK, APLOG_ERR, 0, r,
                       mt_dbhealth_log_kind(r->pool, "could not connect to the database", cause),
                       "could not connect to the database: %s. %s%s%s", cause, mt_failure_advise(error),
                       error->cause ? " " : "", error->cause ? error->text : "");
}

/* Opens a connection for the ticket, until a time of mt_timestamp_monotonic(). Returns the result of
 * mt_connection_join. */
static apr_status_t open_connection(mt_connection_t *connection, mt_gate_ticket_t *ticket, apr_int64_t until)
{
    if (!ticket->is_connecting && mt_connection_is_alive(connection))
        return APR_SUCCESS;
    return mt_connection_join(connection, &ticket->attempt, until);
}

/* Passes the gate, at most until a time of mt_timestamp_monotonic(), and opens a connection. If the request is hasty,
 * this limit also holds for opening. Returns OK, DECLINED if there is no connection and the request has not failed yet,
 * or the status of a failed request. *is_news: 1 if the database became reachable or unreachable. */
static int wait_and_open(mt_request_t *request, mt_lease_t *lease, apr_int64_t until, int *is_news)
{
    const mt_config_t *config = request->config;
    mt_gate_t *gate = config->pool->gate;
    apr_interval_time_t left = until - mt_timestamp_monotonic();
    mt_gate_patience_t patience = { .idle = left, .connecting = left };
    mt_gate_ticket_t ticket;

    if (!is_hasty(request))
        patience.connecting = config->database_timeout;
    apr_status_t rv = mt_gate_enter(gate, &patience, &ticket);
    if (rv != APR_SUCCESS)
        return refuse(request, rv);
    lease->connection =
        mt_connection_wrap(mt_request_brief(request), ticket.pg, config->dbd_params, config->database_timeout);
    mt_connection_observe(lease->connection, &observer, request);
    rv = open_connection(lease->connection, &ticket, is_hasty(request) ? until : APR_INT64_MAX);
    if (rv != APR_SUCCESS)
        PQfinish(mt_connection_take(lease->connection));
    if (rv == APR_EAGAIN) {
        mt_gate_park(gate, &ticket, mt_connection_error(lease->connection));
        return refuse(request, APR_EBUSY);
    }
    *is_news = mt_gate_note_opened(gate, &ticket, rv == APR_SUCCESS ? NULL : mt_connection_error(lease->connection));
    if (*is_news)
        log_news(request, lease->connection, rv == APR_SUCCESS);
    return rv == APR_SUCCESS ? OK : DECLINED;
}

static int borrow(mt_request_t *request)
{
    mt_pool_t *pool = request->config->pool;
    mt_lease_t *lease = apr_pcalloc(request->r->pool, sizeof(*lease));
    apr_int64_t until = mt_timestamp_monotonic() + get_timeout(request);
    int is_news = 0;

    int status = wait_and_open(request, lease, until, &is_news);
    /* No new connection could be made, but one of those that work may soon become idle. */
    if (status == DECLINED && mt_gate_may_wait(pool->gate)) {
        apr_int64_t least = mt_timestamp_monotonic() + TIMEOUT_SECOND;
        if (!is_hasty(request) && until < least)
            until = least;
        status = wait_and_open(request, lease, until, &is_news);
    }
    if (status == DECLINED)
        status = refuse(request, APR_EGENERAL);
    if (status != OK)
        return status;
    request->lease = lease;
    mt_children_add(MT_CHILDREN_LENT, 1);
    if (atomic_exchange(&pool->is_greeted, 1) == 0 || is_news) {
        /* The time of greet's statements is counted with the statements, so do not count it as connecting, too. */
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

/* Returns 0 after the time that a request waits for a connection. */
static int wait_for_permit(mt_request_t *request)
{
    apr_int64_t until = mt_timestamp_monotonic() + get_timeout(request);
    struct timespec end = { .tv_sec = apr_time_sec(until), .tv_nsec = apr_time_usec(until) * 1000 };
    int error;

    do
        error = sem_clockwait(&request->config->pool->permits, CLOCK_MONOTONIC, &end) == 0 ? 0 : errno;
    while (error == EINTR);
    return error == 0;
}

int mt_database_begin_search(mt_request_t *request)
{
    mt_pool_t *pool = request->config->pool;
    apr_time_t began = mt_timestamp_monotonic();

    if (atomic_fetch_sub(&pool->places, 1) > 0)
        request->is_searching = wait_for_permit(request);
    request->timing.connecting += mt_timestamp_monotonic() - began;
    if (!request->is_searching)
        atomic_fetch_add(&pool->places, 1);
    return request->is_searching;
}

static void end_search(mt_request_t *request)
{
    mt_pool_t *pool = request->config->pool;

    if (!request->is_searching)
        return;
    request->is_searching = 0;
    sem_post(&pool->permits);
    atomic_fetch_add(&pool->places, 1);
}

void mt_database_close(mt_request_t *request)
{
    mt_lease_t *lease = request->lease;

    if (!lease) {
        end_search(request);
        return;
    }
    request->lease = NULL;
    if (mt_connection_is_usable(lease->connection) && mt_simulator_flush(lease->connection) != APR_SUCCESS)
        mt_request_fail_store(request, lease->connection);
    int is_usable = mt_connection_is_usable(lease->connection);
    if (is_usable)
        mt_dbhealth_note_answer(request->config->health);
    mt_children_add(MT_CHILDREN_LENT, -1);
    mt_gate_leave(request->config->pool->gate, mt_connection_take(lease->connection), is_usable);
    /* Afterwards, because another search then takes the permit, and would wait for the connection. */
    end_search(request);
}
