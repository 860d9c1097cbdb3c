/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_STATISTICS_H
#define MT_STATISTICS_H

#include "store/connection.h"

/* The size of a site. */
typedef struct mt_statistics_t {
    apr_int64_t users;
    apr_int64_t messages; /* including flagged ones */
    apr_int64_t follows;
    apr_int64_t last_user; /* the last row that was counted; this and last_message are for the store only */
    apr_int64_t last_message;
} mt_statistics_t;

/* Counts all rows in one snapshot. This takes a second or more for ten million rows. */
apr_status_t mt_statistics_load(mt_connection_t *connection, mt_statistics_t *statistics);

/* Updates loaded statistics: adds the new users and messages, but does not change follows. The cost does not depend on
 * the size of the site. It misses rows that were committed out of order, until the next mt_statistics_load. */
apr_status_t mt_statistics_update(mt_connection_t *connection, mt_statistics_t *statistics);

/* The current state of a site, which is also cheap to load. */
typedef struct mt_statistics_state_t {
    apr_int64_t messages_flagged;
    apr_int64_t sessions;         /* that have not ended */
    apr_int64_t simulator_latest; /* -1: none yet */
    apr_int64_t backup_at;        /* time of the last successful backup, in seconds since 1970; 0: never */
    apr_int64_t search_pending;   /* messages that may be missing in the index of the search; an upper bound */
} mt_statistics_state_t;

apr_status_t mt_statistics_load_state(mt_connection_t *connection, mt_statistics_state_t *state);

/* A histogram: the number of users with at most bounds[0], at most bounds[1], ... followees (or followers), and with
 * more than the last bound. Each user counts once. */
typedef struct mt_statistics_spread_t {
    apr_int64_t *users; /* count + 1 numbers */
    apr_int64_t sum;    /* of followees or followers, over all users */
} mt_statistics_spread_t;

/* Loads the histograms of followees and of followers, in the connection's pool. bounds has count numbers, ascending,
 * from 0 or more. */
apr_status_t mt_statistics_spread(mt_connection_t *connection, const apr_int64_t *bounds, int count,
                                  mt_statistics_spread_t *followees, mt_statistics_spread_t *followers);

#endif
