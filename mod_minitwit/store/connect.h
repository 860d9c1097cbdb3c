/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_CONNECT_H
#define MT_CONNECT_H

#include <apr_pools.h>
#include <libpq-fe.h>

/* Connects before a deadline. A connection string may name several hosts, and a host may have several addresses. libpq
 * goes on to the next of them when one refuses. But if one is silent, because its machine is off, drops packets, or is
 * frozen, only connect_timeout makes libpq go on, and libpq ignores this option unless it blocks. Therefore each host
 * has a share of the time here, and its addresses share that:
 *
 *     now            1/3            2/3        deadline
 *      |-- db1, silent --|-- db2, silent --|-- db3 --|
 *
 * The time that a host does not need is shared by the others. A list with an empty item, such as "host=,db2", is left
 * to libpq, and its hosts share no time. */

/* The reason why no host accepted the connection. */
typedef struct mt_connect_failure_t {
    const char *text; /* libpq's verbose messages, for each host */
    int is_late;      /* 1: at least one host gave no answer in its share of the time */
    int is_read_only; /* 1: each host answered, and libpq rejected it because it is read-only (target_session_attrs) */
} mt_connect_failure_t;

/* Connects to the first host of conninfo that accepts the connection before the deadline, a time of
 * mt_timestamp_monotonic(). Returns a PGconn that is connected and does not block, which the caller must PQfinish.
 * Otherwise returns NULL, and sets *failure, with texts in pool. The server's notices are discarded. */
PGconn *mt_connect_open(apr_pool_t *pool, const char *conninfo, apr_int64_t deadline, mt_connect_failure_t *failure);

#endif
