/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_CONNECT_H
#define MT_CONNECT_H

#include "store/connect_failure.h"

#include <apr_time.h>
#include <libpq-fe.h>

/* Connects within a time. A connection string may name several hosts, and a host may have several addresses. If one of
 * them refuses, libpq tries the next one. If one is silent, because its machine is off, drops packets or is frozen,
 * only connect_timeout makes libpq try the next one. But libpq ignores this option unless it blocks. It also looks up
 * names without a time limit. Therefore this module looks them up (store/resolve.h), and gives libpq one address at a
 * time. Each host has a share of the time, which includes the lookup. Its addresses divide this share:
 *
 *     begin          1/3            2/3          end
 *      |-- db1, silent --|-- db2, silent --|-- db3 --|
 *
 * The later hosts share the time that a host does not need. With target_session_attrs=prefer-standby, a primary that
 * answers gets a share of its own at the end.
 *
 * A thread can leave an attempt before it is complete, and another thread can continue it later. Only the time of the
 * threads that run it counts. */
typedef struct mt_connect_t mt_connect_t;

typedef enum mt_connect_state_t {
    MT_CONNECT_PENDING,
    MT_CONNECT_DONE,
    MT_CONNECT_FAILED
} mt_connect_state_t;

/* Begins to connect to the first host of conninfo that accepts the connection. conninfo must outlive the attempt.
 * timeout is for all hosts together, in microseconds. The result has a pool of its own. */
mt_connect_t *mt_connect_begin(const char *conninfo, apr_interval_time_t timeout);

/* Continues until the attempt is complete, or until a time of mt_timestamp_monotonic(). */
mt_connect_state_t mt_connect_run(mt_connect_t *attempt, apr_int64_t until);

/* After MT_CONNECT_DONE: returns a PGconn that is connected and does not block, which the caller must PQfinish. The
 * server's notices are discarded. */
PGconn *mt_connect_take(mt_connect_t *attempt);

/* After MT_CONNECT_FAILED: the reason. After MT_CONNECT_PENDING: the step that is not complete yet. Valid until the
 * next call. */
const mt_connect_failure_t *mt_connect_failure(const mt_connect_t *attempt);

/* Ends the attempt, whatever its state, and frees its memory. NULL: does nothing. */
void mt_connect_end(mt_connect_t *attempt);

#endif
