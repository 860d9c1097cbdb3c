/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_GATE_H
#define MT_GATE_H

#include "http/config.h"

/* What stands before one of mod_dbd's pools in a child process.
 *
 * mod_dbd's own pool waits without limit when all connections are lent, and connects while it holds its lock, so that
 * everybody else waits behind a server that does not answer. Here the wait for a connection has an end, one thread at a
 * time enters mod_dbd, and after a failure the others are turned away at once while that one tries (a circuit breaker).
 * Connections that work are used all the same: when the server only has no room for more, they go round. */
typedef struct mt_gate_t mt_gate_t;

/* For a pool of at most max connections. */
apr_status_t mt_gate_make(apr_pool_t *pool, apr_int64_t max, mt_gate_t **gate);

/* Waits until this thread may call ap_dbd_open(), then to be followed by mt_gate_note_opened. APR_TIMEUP: every connection is
 * lent. APR_EBUSY: another thread is still opening one, told once for each such attempt. APR_EGENERAL: that again, or no connection
 * could be made a moment ago and there is none that could be waited for. */
apr_status_t mt_gate_enter(mt_gate_t *gate, const mt_config_t *config);

/* Whether that call gave a connection, which is then to be given back by mt_gate_leave. Returns 1 when this is news: the database
 * went away, or came back. */
int mt_gate_note_opened(mt_gate_t *gate, int is_open);

/* 1 when there are connections that work, one of which may soon be free. */
int mt_gate_may_wait(mt_gate_t *gate);

/* After ap_dbd_close(). is_usable: the connection can be lent again. */
void mt_gate_leave(mt_gate_t *gate, int is_usable);

#endif
