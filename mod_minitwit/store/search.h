/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_SEARCH_H
#define MT_SEARCH_H

#include "core/search_query.h"
#include "store/messages.h"

#define MT_SEARCH_PEOPLE_MAX 10

/* The result of a search, and its visitor. Everything lives in the pool. */
typedef struct mt_search_t {
    mt_user_t *visitor; /* the user of the session; NULL: there is no session */
    mt_user_t *people;  /* whose names begin with the query, in the order of their names */
    int people_count;
    mt_messages_t messages; /* in the order of their ids, the greatest first */
    int is_partial;         /* 1: the budget was used up before the page was full and before the end was reached */
    mt_cursor_t rest;       /* only of a partial result: the key of the first message that was not searched */
} mt_search_t;

/* Searches the index that store/indexer.h fills. session: as for mt_messages_public. query: without a problem. range:
 * only the id of its key counts. Searches people only for MT_RANGE_NEWEST.
 *
 * The search has a budget of three eighths of the connection's time limit. When this is used up, the result is partial.
 * It is at least the result of a block of ids (store/statement_search.h), so that a search that continues at rest comes
 * to an end. A partial result needs a second round trip.
 *
 * The time limit of the search is twice its budget, so that the connection stays usable after a search that took too
 * long. Returns APR_TIMEUP in this case. It shows that the database is too slow, because a block is small. */
apr_status_t mt_search_run(mt_connection_t *connection, apr_pool_t *pool, const unsigned char *session,
                           const mt_search_query_t *query, const mt_message_range_t *range, mt_search_t *search);

#endif
