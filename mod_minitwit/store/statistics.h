/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_STATISTICS_H
#define MT_STATISTICS_H

#include "store/connection.h"

/* How much a site holds. */
typedef struct mt_statistics_t {
    apr_int64_t users;
    apr_int64_t messages; /* flagged ones too */
    apr_int64_t messages_flagged;
    apr_int64_t follows;
    apr_int64_t sessions; /* that have not ended */
} mt_statistics_t;

/* Counts in full, as of one moment: with millions of rows it takes seconds. */
apr_status_t mt_statistics_load(mt_connection_t *connection, mt_statistics_t *statistics);

#endif
