/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "http/gate.h"

#include "core/timestamp.h"

#include <ap_mpm.h>
#include <apr_strings.h>
#include <pthread.h>
#include <string.h>
#include <time.h>

/* The pause after a failed attempt to connect. It doubles with each further failure. */
#define PAUSE_MIN apr_time_from_msec(100)
#define PAUSE_MAX apr_time_from_sec(1)

/* A parked attempt to connect is kept this long. PostgreSQL ends a connection that is not authenticated after a minute
 * (authentication_timeout). */
#define PARKED_MAX apr_time_from_sec(30)

typedef struct idle_t {
    PGconn *pg;
    apr_int64_t since;
} idle_t;

typedef struct waiter_t {
    struct waiter_t *next;
    pthread_cond_t changed;
} waiter_t;

struct mt_gate_t {
    pthread_mutex_t mutex;
    pthread_condattr_t monotonic; /* waits use the clock of mt_timestamp_monotonic() */
    const mt_config_t *config;
    waiter_t *first, *last; /* the queue */
    idle_t *idle;           /* a stack, so that surplus connections become old */
    apr_int64_t idle_count;
    apr_int64_t lent;     /* connections in use, and the one that is being made */
    int is_connecting;    /* a thread makes a new connection */
    int is_down;          /* an idle connection had failed, and none has worked since */
    int is_told;          /* a thread that waited for the new connection has failed, and has logged this */
    mt_connect_t *parked; /* an attempt to connect that no thread runs; NULL: none */
    apr_time_t parked_at;
    apr_interval_time_t pause; /* 0: the last attempt succeeded */
    apr_time_t retry_at;
    mt_store_failure_t failure; /* of the last attempt that failed */
    char cause[256];
};

/* The caller holds the mutex. error: NULL if there is none. */
static void note_error(mt_gate_t *gate, const mt_store_error_t *error)
{
    gate->failure = error ? error->failure : MT_STORE_UNAVAILABLE;
    apr_cpystrn(gate->cause, error ? mt_failure_cause(error) : "the database cannot be reached", sizeof(gate->cause));
}

static void close_idle(mt_gate_t *gate)
{
    while (gate->idle_count > 0)
        PQfinish(gate->idle[--gate->idle_count].pg);
}

static void drop_parked(mt_gate_t *gate)
{
    mt_connect_end(gate->parked);
    gate->parked = NULL;
}

static apr_status_t close_all(void *data)
{
    mt_gate_t *gate = data;

    close_idle(gate);
    drop_parked(gate);
    return APR_SUCCESS;
}

/* APR's condition variables use the system's clock. If it is set back by an hour, a wait takes an hour longer. */
static apr_status_t init_locks(mt_gate_t *gate)
{
    int error = pthread_condattr_init(&gate->monotonic);

    if (error == 0)
        error = pthread_condattr_setclock(&gate->monotonic, CLOCK_MONOTONIC);
    return error == 0 ? pthread_mutex_init(&gate->mutex, NULL) : error;
}

apr_status_t mt_gate_make(apr_pool_t *pool, const mt_config_t *config, mt_gate_t **made)
{
    mt_gate_t *gate = apr_pcalloc(pool, sizeof(*gate));
    int has_threads = 0;

    gate->config = config;
    note_error(gate, NULL);
    gate->idle = apr_palloc(pool, (apr_size_t)config->dbd_max * sizeof(*gate->idle));
    ap_mpm_query(AP_MPMQ_IS_THREADED, &has_threads);
    /* Prefork destroys its pools in a signal handler, where libpq must not be called. The end of the process closes the
     * connections, too. */
    if (has_threads)
        apr_pool_cleanup_register(pool, gate, close_all, apr_pool_cleanup_null);
    *made = gate;
    return init_locks(gate);
}

static int has_connections(const mt_gate_t *gate)
{
    return gate->idle_count > 0 || gate->lent > gate->is_connecting;
}

int mt_gate_may_wait(mt_gate_t *gate)
{
    pthread_mutex_lock(&gate->mutex);
    int may = has_connections(gate);
    pthread_mutex_unlock(&gate->mutex);
    return may;
}

/* The caller holds the mutex in this and the following functions. */
static void wake_first(mt_gate_t *gate)
{
    if (gate->first)
        pthread_cond_signal(&gate->first->changed);
}

/* All threads must check whether there is still a connection to wait for. */
static void wake_all(mt_gate_t *gate)
{
    for (waiter_t *waiter = gate->first; waiter; waiter = waiter->next)
        pthread_cond_signal(&waiter->changed);
}

static void enqueue(mt_gate_t *gate, waiter_t *waiter)
{
    pthread_cond_init(&waiter->changed, &gate->monotonic);
    waiter->next = NULL;
    if (gate->last)
        gate->last->next = waiter;
    else
        gate->first = waiter;
    gate->last = waiter;
}

static void dequeue(mt_gate_t *gate, waiter_t *waiter)
{
    waiter_t *before = NULL;

    for (waiter_t *at = gate->first; at != waiter; at = at->next)
        before = at;
    if (before)
        before->next = waiter->next;
    else
        gate->first = waiter->next;
    if (gate->last == waiter)
        gate->last = before;
    pthread_cond_destroy(&waiter->changed);
}

/* Takes a connection, or the right to make one, if the thread need not wait. Returns 1 if it did. */
static int claim(mt_gate_t *gate, int is_pausing, mt_gate_ticket_t *ticket)
{
    if (gate->parked && mt_timestamp_monotonic() - gate->parked_at > PARKED_MAX)
        drop_parked(gate);
    if (gate->idle_count > 0)
        *ticket = (mt_gate_ticket_t){ .pg = gate->idle[--gate->idle_count].pg };
    else if (gate->lent < gate->config->dbd_max && !gate->is_connecting && !is_pausing) {
        *ticket = (mt_gate_ticket_t){ .is_connecting = 1, .attempt = gate->parked };
        gate->parked = NULL;
        gate->is_connecting = 1;
    }
    else
        return 0;
    gate->lent++;
    return 1;
}

static apr_interval_time_t get_patience(const mt_gate_t *gate, const mt_gate_patience_t *patience)
{
    int is_longer = gate->is_connecting && !gate->pause && patience->connecting > patience->idle;
    return is_longer ? patience->connecting : patience->idle;
}

/* Returns the result for a thread whose time is over. */
static apr_status_t give_up(mt_gate_t *gate)
{
    if (gate->lent - gate->is_connecting >= gate->config->dbd_max)
        return APR_TIMEUP;
    if (gate->pause || gate->is_told)
        return APR_EGENERAL;
    if (!gate->is_connecting)
        return APR_TIMEUP;
    gate->is_told = 1;
    return APR_EBUSY;
}

/* Waits in the queue, unless it is this thread's turn at once. */
static apr_status_t wait_for_turn(mt_gate_t *gate, const mt_gate_patience_t *patience, waiter_t *self, int *is_queued,
                                  mt_gate_ticket_t *ticket)
{
    apr_time_t now = mt_timestamp_monotonic();
    apr_time_t began = now;

    for (;; now = mt_timestamp_monotonic()) {
        int is_pausing = gate->pause && now < gate->retry_at;
        apr_interval_time_t left = get_patience(gate, patience) - (now - began);

        if ((*is_queued ? gate->first == self : !gate->first) && claim(gate, is_pausing, ticket))
            return APR_SUCCESS;
        if (gate->pause && (is_pausing || gate->is_connecting) && !has_connections(gate))
            return APR_EGENERAL;
        if (left <= 0)
            return give_up(gate);
        if (!*is_queued) {
            enqueue(gate, self);
            *is_queued = 1;
        }
        apr_time_t until = is_pausing && gate->retry_at < now + left ? gate->retry_at : now + left;
        const struct timespec end = { .tv_sec = apr_time_sec(until), .tv_nsec = apr_time_usec(until) * 1000 };
        pthread_cond_timedwait(&self->changed, &gate->mutex, &end);
    }
}

apr_status_t mt_gate_enter(mt_gate_t *gate, const mt_gate_patience_t *patience, mt_gate_ticket_t *ticket)
{
    int is_queued = 0;
    waiter_t self;

    pthread_mutex_lock(&gate->mutex);
    apr_status_t rv = wait_for_turn(gate, patience, &self, &is_queued, ticket);
    if (is_queued) {
        dequeue(gate, &self);
        /* There may be more connections than this thread took. Or this thread was woken, but gave up. */
        wake_first(gate);
    }
    pthread_mutex_unlock(&gate->mutex);
    return rv;
}

int mt_gate_note_opened(mt_gate_t *gate, const mt_gate_ticket_t *ticket, const mt_store_error_t *error)
{
    int is_news;

    pthread_mutex_lock(&gate->mutex);
    if (ticket->is_connecting)
        gate->is_connecting = 0;
    if (error || ticket->is_connecting)
        note_error(gate, error);
    if (!error) {
        /* An idle connection that works does not prove that the server accepts new ones. */
        is_news = ticket->is_connecting && gate->pause;
        if (ticket->is_connecting)
            gate->pause = 0;
        gate->is_down = 0;
        wake_first(gate);
    }
    else {
        is_news = ticket->is_connecting ? !gate->pause : !gate->is_down;
        gate->lent--;
        /* The event that ended an idle connection has probably ended the others too. */
        if (!ticket->is_connecting) {
            gate->is_down = 1;
            close_idle(gate);
        }
        gate->pause = gate->pause ? gate->pause * 2 : PAUSE_MIN;
        if (gate->pause > PAUSE_MAX)
            gate->pause = PAUSE_MAX;
        gate->retry_at = mt_timestamp_monotonic() + gate->pause;
        wake_all(gate);
    }
    gate->is_told = 0;
    pthread_mutex_unlock(&gate->mutex);
    return is_news;
}

void mt_gate_park(mt_gate_t *gate, const mt_gate_ticket_t *ticket, const mt_store_error_t *error)
{
    mt_connect_t *surplus = NULL;

    pthread_mutex_lock(&gate->mutex);
    note_error(gate, error);
    if (ticket->is_connecting)
        gate->is_connecting = 0;
    gate->lent--;
    /* A thread whose idle connection was lost may connect at the same time. */
    if (gate->parked)
        surplus = ticket->attempt;
    else {
        gate->parked = ticket->attempt;
        gate->parked_at = mt_timestamp_monotonic();
    }
    wake_first(gate);
    pthread_mutex_unlock(&gate->mutex);
    mt_connect_end(surplus);
}

mt_store_failure_t mt_gate_explain(mt_gate_t *gate, apr_pool_t *pool, const char **cause)
{
    pthread_mutex_lock(&gate->mutex);
    mt_store_failure_t failure = gate->failure;
    *cause = apr_pstrdup(pool, gate->cause);
    pthread_mutex_unlock(&gate->mutex);
    return failure;
}

/* Removes the oldest idle connection if it is surplus. Returns it, or NULL. */
static PGconn *take_surplus(mt_gate_t *gate, apr_int64_t now)
{
    if (gate->idle_count <= gate->config->dbd_keep ||
        now - gate->idle[0].since < apr_time_from_sec(gate->config->dbd_exptime))
        return NULL;
    PGconn *pg = gate->idle[0].pg;
    gate->idle_count--;
    memmove(gate->idle, gate->idle + 1, (apr_size_t)gate->idle_count * sizeof(*gate->idle));
    return pg;
}

void mt_gate_leave(mt_gate_t *gate, PGconn *pg, int is_usable)
{
    apr_int64_t now = mt_timestamp_monotonic();
    PGconn *surplus = is_usable ? NULL : pg;

    pthread_mutex_lock(&gate->mutex);
    gate->lent--;
    if (is_usable) {
        gate->idle[gate->idle_count++] = (idle_t){ .pg = pg, .since = now };
        surplus = take_surplus(gate, now);
        wake_first(gate);
    }
    else
        wake_all(gate);
    pthread_mutex_unlock(&gate->mutex);
    PQfinish(surplus);
}
