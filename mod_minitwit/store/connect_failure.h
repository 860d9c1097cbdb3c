/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_CONNECT_FAILURE_H
#define MT_CONNECT_FAILURE_H

#include <apr_pools.h>

/* Combines the failures to connect to several addresses and hosts into one. */

/* The reason why no host accepted the connection. */
typedef struct mt_connect_failure_t {
    const char *text; /* for each host, libpq's verbose message, without the lines with the server's source code */
    char sqlstate[6]; /* of the host that counts; "": it gave no answer. 25006 also if libpq rejected the server because
                       * it is read-only (target_session_attrs) */
    char other[6];    /* if the host that counts cannot be reached: the SQLSTATE of another one that refused, or "" */
    int is_late;      /* 1: at least one host gave no answer in its share of the time */
    int is_unresolved; /* 1: the names of all hosts that cannot be reached could not be looked up */
} mt_connect_failure_t;

/* Sets the text and the SQLSTATE from libpq's verbose message, which is copied to pool. */
void mt_connect_failure_parse(apr_pool_t *pool, const char *message, mt_connect_failure_t *failure);

/* Adds a failure to *to, and decides which of the two counts. *to is all 0 before the first call. If they are of two
 * hosts, one that gives no answer counts, because it may be the primary, and the others only standbys. If they are of
 * two addresses of one host (is_one_host), one that answers counts, because a server need not listen on all addresses.
 * A passing error, such as too many connections, always counts. The text of *to becomes that of both, in pool. */
void mt_connect_failure_add(apr_pool_t *pool, mt_connect_failure_t *to, const mt_connect_failure_t *one,
                            int is_one_host);

#endif
