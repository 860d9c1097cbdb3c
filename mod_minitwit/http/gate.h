/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_GATE_H
#define MT_GATE_H

#include "http/config.h"

/* The gate before one of mod_dbd's connection pools, in one child process.
 *
 * mod_dbd's pool waits without a limit when all connections are in use. It also connects while it holds its lock, so a
 * server that does not answer blocks every thread. The gate admits only those threads to mod_dbd that will not block
 * each other:
 *
 *     threads --> [ gate ] --> ap_dbd_open() --> connection in use --> ap_dbd_close() --> mt_gate_leave()
 *                 one at a time                  at most DBDMax
 *
 * It is also a circuit breaker. After an attempt to connect has failed, the gate is open again only after a pause (100
 * ms, then twice as long each time, up to 1 s). During the pause a thread gets a connection that is idle, waits for one
 * that is in use, or fails at once if there is neither. So a server that accepts no more connections still serves
 * through those that exist. */
typedef struct mt_gate_t mt_gate_t;

/* For a pool of at most max connections. */
apr_status_t mt_gate_make(apr_pool_t *pool, apr_int64_t max, mt_gate_t **gate);

/* Waits until this thread may call ap_dbd_open(). Then call that, and mt_gate_note_opened. Otherwise returns
 *   APR_TIMEUP    all connections are in use
 *   APR_EBUSY     another thread is still connecting
 *   APR_EGENERAL  no connection can be made at the moment, and there is none to wait for
 * Of the threads that wait while another one connects, only the first that fails gets APR_EBUSY, so that this is logged
 * once. The others get APR_EGENERAL. */
apr_status_t mt_gate_enter(mt_gate_t *gate, const mt_config_t *config);

/* is_open: ap_dbd_open() returned a connection. The caller gives it back with mt_gate_leave. Returns 1 if this call
 * shows that the database has become unreachable, or reachable again, so that it is worth a line in the log. */
int mt_gate_note_opened(mt_gate_t *gate, int is_open);

/* 1 when a connection is idle, or may soon become idle. */
int mt_gate_may_wait(mt_gate_t *gate);

/* Call this after ap_dbd_close(). is_usable: the connection can be used again. */
void mt_gate_leave(mt_gate_t *gate, int is_usable);

#endif
