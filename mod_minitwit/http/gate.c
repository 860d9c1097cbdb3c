/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "http/gate.h"

#include "core/timestamp.h"

#include <ap_mpm.h>
#include <pthread.h>
#include <signal.h>
#include <time.h>

/* The pause after a failed attempt to connect. It doubles with each further failure. */
#define PAUSE_MIN apr_time_from_msec(100)
#define PAUSE_MAX apr_time_from_sec(1)

struct mt_gate_t {
    pthread_mutex_t mutex;
    pthread_cond_t changed; /* waits on it use the clock of mt_timestamp_monotonic() */
    apr_int64_t max;
    apr_int64_t lent;          /* connections in use, and the one that is being opened */
    apr_int64_t idle;          /* usable connections in the pool. mod_dbd may have closed some of them */
    int is_opening;            /* a thread is in ap_dbd_open() */
    int is_connecting;         /* it makes a new connection, because none was idle */
    int is_told;               /* a thread that waited for it has failed, and has logged this */
    apr_interval_time_t pause; /* 0: the last attempt succeeded */
    apr_time_t retry_at;
    int has_threads; /* httpd's MPM has threads */
};

/* APR's condition variables use the system's clock. If it is set back by an hour, a wait takes an hour longer. */
static apr_status_t init_locks(mt_gate_t *gate)
{
    pthread_condattr_t monotonic;
    int error = pthread_condattr_init(&monotonic);

    if (error != 0)
        return error;
    error = pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    if (error == 0)
        error = pthread_cond_init(&gate->changed, &monotonic);
    if (error == 0)
        error = pthread_mutex_init(&gate->mutex, NULL);
    pthread_condattr_destroy(&monotonic);
    return error;
}

apr_status_t mt_gate_make(apr_pool_t *pool, apr_int64_t max, mt_gate_t **gate)
{
    *gate = apr_pcalloc(pool, sizeof(**gate));
    (*gate)->max = max;
    ap_mpm_query(AP_MPMQ_IS_THREADED, &(*gate)->has_threads);
    return init_locks(*gate);
}

/* Under prefork, a signal that ends the child runs the pool cleanups inside the code that it interrupts. If a
 * connection is in use then, mod_dbd's pool aborts. So these signals wait until the connection is given back, which
 * happens before the deadline of its statements. Under other MPMs the threads that serve requests have these signals
 * blocked. Since httpd 2.4.49, this also applies to threads that modules such as mod_watchdog start under prefork. */
static void hold_signals(const mt_gate_t *gate, int how)
{
    sigset_t ending;

    if (gate->has_threads)
        return;
    sigemptyset(&ending);
    sigaddset(&ending, SIGTERM);
    sigaddset(&ending, SIGHUP);
    pthread_sigmask(how, &ending, NULL);
}

/* How long a request waits. It waits longer for a connection that is being opened: as long as for a statement, because
 * a slow server has not failed yet. */
static apr_interval_time_t get_patience(const mt_gate_t *gate, const mt_config_t *config)
{
    int is_longer = !gate->pause && gate->lent < gate->max && config->database_timeout > config->pool_timeout;
    return is_longer ? config->database_timeout : config->pool_timeout;
}

static int has_connections(const mt_gate_t *gate)
{
    return gate->idle > 0 || gate->lent > gate->is_connecting;
}

int mt_gate_may_wait(mt_gate_t *gate)
{
    pthread_mutex_lock(&gate->mutex);
    int may = has_connections(gate);
    pthread_mutex_unlock(&gate->mutex);
    return may;
}

static void claim(mt_gate_t *gate)
{
    gate->is_opening = 1;
    gate->is_connecting = gate->idle == 0;
    gate->idle -= gate->idle > 0;
    gate->lent++;
}

apr_status_t mt_gate_enter(mt_gate_t *gate, const mt_config_t *config)
{
    apr_status_t rv = APR_SUCCESS;
    apr_time_t now = mt_timestamp_monotonic();
    apr_time_t began = now;

    pthread_mutex_lock(&gate->mutex);
    for (;;) {
        int is_pausing = gate->pause && now < gate->retry_at;
        if (!gate->is_opening && gate->lent < gate->max && (gate->idle > 0 || !is_pausing)) {
            claim(gate);
            break;
        }
        if (gate->pause && (is_pausing || gate->is_opening) && !has_connections(gate)) {
            rv = APR_EGENERAL;
            break;
        }
        apr_interval_time_t left = get_patience(gate, config) - (now - began);
        if (left <= 0) {
            rv = gate->lent - gate->is_connecting >= gate->max ? APR_TIMEUP
                 : gate->pause || gate->is_told                ? APR_EGENERAL
                                                               : APR_EBUSY;
            gate->is_told |= rv == APR_EBUSY;
            break;
        }
        apr_time_t until = now + left;
        if (is_pausing && gate->retry_at < until)
            until = gate->retry_at;
        const struct timespec end = { .tv_sec = apr_time_sec(until), .tv_nsec = apr_time_usec(until) * 1000 };
        pthread_cond_timedwait(&gate->changed, &gate->mutex, &end);
        now = mt_timestamp_monotonic();
    }
    pthread_mutex_unlock(&gate->mutex);
    if (rv == APR_SUCCESS)
        hold_signals(gate, SIG_BLOCK);
    return rv;
}

int mt_gate_note_opened(mt_gate_t *gate, int is_open)
{
    pthread_mutex_lock(&gate->mutex);
    /* An idle connection that works does not prove that the server accepts new ones. One that fails is always news. */
    int is_news = is_open ? gate->is_connecting && gate->pause : !gate->is_connecting || !gate->pause;
    if (is_open && gate->is_connecting)
        gate->pause = 0;
    else if (!is_open) {
        gate->lent--;
        /* The event that ended this idle connection has probably ended the others too. */
        if (!gate->is_connecting)
            gate->idle = 0;
        gate->pause = gate->pause ? gate->pause * 2 : PAUSE_MIN;
        if (gate->pause > PAUSE_MAX)
            gate->pause = PAUSE_MAX;
        gate->retry_at = mt_timestamp_monotonic() + gate->pause;
    }
    gate->is_opening = 0;
    gate->is_connecting = 0;
    gate->is_told = 0;
    pthread_cond_broadcast(&gate->changed);
    pthread_mutex_unlock(&gate->mutex);
    if (!is_open)
        hold_signals(gate, SIG_UNBLOCK);
    return is_news;
}

void mt_gate_leave(mt_gate_t *gate, int is_usable)
{
    pthread_mutex_lock(&gate->mutex);
    gate->lent--;
    gate->idle += is_usable;
    if (is_usable)
        pthread_cond_signal(&gate->changed);
    else /* all threads must check whether there is still a connection to wait for */
        pthread_cond_broadcast(&gate->changed);
    pthread_mutex_unlock(&gate->mutex);
    hold_signals(gate, SIG_UNBLOCK);
}
