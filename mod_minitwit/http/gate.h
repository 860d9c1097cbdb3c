/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_GATE_H
#define MT_GATE_H

#include "http/config.h"

#include "store/connection.h"

/* The pool of database connections in one child process, with mod_dbd's directives. mod_dbd's own pool connects while
 * it holds its lock, so a host that does not answer would block all threads, also those that only return a connection.
 * It also waits without a limit when all connections are in use.
 *
 *     threads --> [ queue ] --> idle connection, or a new one --> in use --> mt_gate_leave() --> idle
 *                 in order                                        at most DBDMax
 *
 * The queue is fair: the thread that came first gets the next connection. One thread at a time connects, without the
 * lock. Meanwhile the others get the connections that become idle.
 *
 * The pool is also a circuit breaker. After an attempt to connect has failed, the next one begins only after a pause
 * (100 ms, then twice as long each time, up to 1 s). During the pause a thread gets a connection that is idle, waits
 * for one that is in use, or fails at once if there is neither. So a server that accepts no more connections still
 * serves through those that exist. */
typedef struct mt_gate_t mt_gate_t;

/* A thread's right to use one connection. */
typedef struct mt_gate_ticket_t {
    PGconn *pg;            /* NULL: the thread must connect */
    mt_connect_t *attempt; /* an attempt to connect that another thread has left; NULL: none */
    int is_connecting;     /* 1: no connection was idle */
} mt_gate_ticket_t;

/* How long a thread waits, in microseconds. */
typedef struct mt_gate_patience_t {
    apr_interval_time_t idle;       /* for a connection that is in use */
    apr_interval_time_t connecting; /* for one that another thread is making, if this is longer: as long as for a
                                     * statement, because a slow server has not failed yet */
} mt_gate_patience_t;

/* *made: for config's directives. At the end of pool, the idle connections and a parked attempt are closed, except
 * under prefork, where only the end of the process closes them. */
apr_status_t mt_gate_make(apr_pool_t *pool, const mt_config_t *config, mt_gate_t **made);

/* Waits for a connection, or for the right to make one. After APR_SUCCESS call mt_gate_note_opened. Otherwise returns
 *   APR_TIMEUP    all connections are in use
 *   APR_EBUSY     another thread is still connecting
 *   APR_EGENERAL  no connection can be made at the moment, and there is none to wait for
 * Of the threads that wait while another one connects, only the first that fails gets APR_EBUSY, so that this is logged
 * once. The others get APR_EGENERAL. */
apr_status_t mt_gate_enter(mt_gate_t *gate, const mt_gate_patience_t *patience, mt_gate_ticket_t *ticket);

/* error: the reason why there is no connection. NULL: there is one that works, and the caller gives it back with
 * mt_gate_leave. Returns 1 if this call shows that the database has become unreachable, or reachable again, so that it
 * is worth a line in the log. */
int mt_gate_note_opened(mt_gate_t *gate, const mt_gate_ticket_t *ticket, const mt_store_error_t *error);

/* For a thread whose time is over before its attempt to connect is complete. The next thread that needs a new
 * connection continues the attempt. So the pool gets a connection even if the database takes longer to accept it than a
 * request may wait. error: of mt_connection_join. */
void mt_gate_park(mt_gate_t *gate, const mt_gate_ticket_t *ticket, const mt_store_error_t *error);

/* Returns the class of the last failure to connect, and sets *cause to its cause, in pool. */
mt_store_failure_t mt_gate_explain(mt_gate_t *gate, apr_pool_t *pool, const char **cause);

/* 1 when a connection is idle, or may soon become idle. */
int mt_gate_may_wait(mt_gate_t *gate);

/* Gives a connection back. Closes it unless is_usable. */
void mt_gate_leave(mt_gate_t *gate, PGconn *pg, int is_usable);

#endif
