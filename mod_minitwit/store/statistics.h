/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_STATISTICS_H
#define MT_STATISTICS_H

#include "store/connection.h"

/* How much a site holds. */
typedef struct mt_statistics_t {
    apr_int64_t users;
    apr_int64_t messages; /* flagged ones too */
    apr_int64_t follows;
    apr_int64_t last_user; /* up to which rows were counted; only the store uses these */
    apr_int64_t last_message;
} mt_statistics_t;

/* Counts all, as of one moment: with ten million rows it takes a second or more. */
apr_status_t mt_statistics_load(mt_connection_t *connection, mt_statistics_t *statistics);

/* Brings up to date what was loaded, at little cost however much there is: adds the users and messages that have come since,
 * and leaves follows as they were. Rows that became visible out of order wait for the next time that all are counted. */
apr_status_t mt_statistics_update(mt_connection_t *connection, mt_statistics_t *statistics);

/* What a site is like at the moment; cheap, too. */
typedef struct mt_statistics_state_t {
    apr_int64_t messages_flagged;
    apr_int64_t sessions;         /* that have not ended */
    apr_int64_t simulator_latest; /* -1: none yet */
    apr_int64_t backup_at;        /* when the last one succeeded, in seconds since 1970; 0: never */
} mt_statistics_state_t;

apr_status_t mt_statistics_load_state(mt_connection_t *connection, mt_statistics_state_t *state);

/* How many users have up to bounds[0], bounds[1], ... others, and more than the last of them. */
typedef struct mt_statistics_spread_t {
    apr_int64_t *users; /* count + 1 of them */
    apr_int64_t sum;    /* of the others, over all users */
} mt_statistics_spread_t;

/* Spreads the users over how many they follow, and over how many follow them; in the connection's pool. bounds: ascending,
 * from 0 or more. */
apr_status_t mt_statistics_spread(mt_connection_t *connection, const apr_int64_t *bounds, int count,
                                  mt_statistics_spread_t *followees, mt_statistics_spread_t *followers);

#endif
