/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_LINK_H
#define MT_LINK_H

#include <apr_time.h>
#include <libpq-fe.h>

/* A PGconn with a deadline. Neither libpq nor the server has a time-out that bounds a wait on a frozen server, so nothing
 * here ever waits inside libpq: it all waits in mt_link_wait. */
typedef struct mt_link_t {
    PGconn *pg;
    apr_int64_t deadline; /* microseconds on the monotonic clock */
} mt_link_t;

/* Sets the deadline to timeout microseconds from now. */
void mt_link_start(mt_link_t *link, apr_interval_time_t timeout);

/* Waits until the socket is ready for events of poll(2), or has failed. Returns 0 when the deadline passed first. */
int mt_link_wait(const mt_link_t *link, short events);

/* Looks, without waiting, whether the server has hung up. Returns 0, and the status is bad, when it has. */
int mt_link_is_alive(mt_link_t *link);

/* Connects anew by the same parameters before the deadline. Returns 0, and the status is bad, when that fails;
 * *late is 1 when it was for want of time, else PQerrorMessage tells why. */
int mt_link_reconnect(mt_link_t *link, int *late);

/* Shuts the socket down, so that no late answer reaches the next user, and makes PQstatus CONNECTION_BAD. */
void mt_link_drop(mt_link_t *link);

#endif
