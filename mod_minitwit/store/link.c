/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "store/link.h"

#include "core/timestamp.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

/* Limits loops, in case a server never stops sending. A full socket buffer takes far fewer rounds. */
#define ROUNDS_MAX 10000

void mt_link_start(mt_link_t *link, apr_interval_time_t timeout)
{
    link->deadline = mt_timestamp_monotonic() + timeout;
}

int mt_link_wait(const mt_link_t *link, short events)
{
    struct pollfd socket = { .fd = PQsocket(link->pg), .events = events };

    if (socket.fd < 0)
        return 1;
    for (;;) {
        apr_int64_t left = link->deadline - mt_timestamp_monotonic();
        int ready;

        if (left <= 0)
            return 0;
        /* Rounded up, to avoid a busy loop in the last millisecond. */
        left = (left + 999) / 1000;
        ready = poll(&socket, 1, left > 3600000 ? 3600000 : (int)left);
        if (ready > 0 || (ready < 0 && errno != EINTR))
            return 1;
    }
}

int mt_link_is_alive(mt_link_t *link)
{
    for (int round = 0; round < ROUNDS_MAX && PQstatus(link->pg) == CONNECTION_OK; round++) {
        PGnotify *notify;
        char byte;
        ssize_t got = recv(PQsocket(link->pg), &byte, 1, MSG_PEEK | MSG_DONTWAIT);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            return 1;
        /* The bytes may be a notice, a parameter's new value, a TLS record, or a last message before the end of the
         * stream. libpq reads them, and the next round looks again. */
        if (!PQconsumeInput(link->pg) || got <= 0)
            break;
        while (!PQisBusy(link->pg) && (notify = PQnotifies(link->pg)))
            PQfreemem(notify);
    }
    mt_link_drop(link);
    return 0;
}

void mt_link_drop(mt_link_t *link)
{
    /* The status changes when libpq itself reads the end of the stream. */
    for (int round = 0; round < ROUNDS_MAX && PQstatus(link->pg) == CONNECTION_OK; round++) {
        if (PQsocket(link->pg) >= 0)
            shutdown(PQsocket(link->pg), SHUT_RDWR);
        PQconsumeInput(link->pg);
    }
}
