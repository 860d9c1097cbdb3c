/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_LINK_H
#define MT_LINK_H

#include <apr_time.h>
#include <libpq-fe.h>

/* A PGconn with a deadline. Neither libpq nor the server has a time-out for a server that freezes in the middle of an
 * answer: statement_timeout runs on the server itself, and connect_timeout covers only the connecting
 * while libpq blocks. So the store
 * uses only functions of libpq that do not block, and waits for the socket itself, in mt_link_wait:
 *
 *     send --> mt_link_wait (poll until the deadline) --> PQconsumeInput --> PQisBusy? --> wait again, or PQgetResult
 *
 * After a missed deadline the answer may still arrive. Therefore mt_link_drop shuts down the socket, and the connection
 * cannot be used again. */
typedef struct mt_link_t {
    PGconn *pg;
    apr_int64_t deadline; /* microseconds on the monotonic clock */
} mt_link_t;

/* Sets the deadline to timeout microseconds from now. */
void mt_link_start(mt_link_t *link, apr_interval_time_t timeout);

/* Waits until the socket is ready for these events of poll(2) or has failed. Returns 1, or 0 if the deadline passed
 * first. */
int mt_link_wait(const mt_link_t *link, short events);

/* Checks, without waiting, whether the connection is open. If the server has closed it, returns 0, and PQstatus is
 * CONNECTION_BAD. */
int mt_link_is_alive(mt_link_t *link);

/* Shuts down the socket, so that no late answer reaches the next user. Makes PQstatus CONNECTION_BAD. */
void mt_link_drop(mt_link_t *link);

#endif
