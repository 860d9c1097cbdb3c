/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "store/people.h"

#include "store/exchange.h"
#include "store/sessions.h"

/* The statement reads upwards from a place if is_upwards is 1. The list is always newest first. */
static void take_people(apr_pool_t *pool, const PGresult *result, int is_upwards, mt_people_t *people)
{
    people->count = PQntuples(result);
    people->items = apr_palloc(pool, (apr_size_t)people->count * sizeof(*people->items));
    for (int row = 0; row < people->count; row++) {
        people->items[is_upwards ? people->count - 1 - row : row] = (mt_person_t){
            .place = mt_value_integer(result, row, 0),
            .username = mt_value_text(pool, result, row, 1),
            .email = mt_value_text(pool, result, row, 2),
            .avatar = mt_value_text(pool, result, row, 3),
            .about = mt_value_text(pool, result, row, 4),
        };
    }
}

/* Runs older, or newer if the range is after a place. */
static apr_status_t read_people(mt_connection_t *connection, apr_pool_t *pool, const unsigned char *session,
                                const char *username, mt_statement_id_t older, mt_statement_id_t newer,
                                const mt_people_range_t *range, mt_people_t *people)
{
    char token_hash[MT_VALUE_HASH_SIZE], limit[MT_VALUE_INTEGER_SIZE], place[MT_VALUE_INTEGER_SIZE];
    int is_upwards = range->after != 0;
    apr_int64_t from = is_upwards ? range->after : range->before ? range->before : APR_INT64_MAX;
    const char *visitor[] = { session ? mt_value_format_hash(token_hash, session) : NULL };
    const char *values[] = { username, mt_value_nfc(pool, username), mt_value_format_integer(limit, range->limit),
                             mt_value_format_integer(place, from) };
    mt_call_t calls[] = { { .id = MT_STATEMENT_SESSIONS_FIND, .values = visitor },
                          { .id = MT_STATEMENT_USERS_PROFILE, .values = values },
                          { .id = is_upwards ? newer : older, .values = values } };
    int first = session ? 0 : 1;
    apr_status_t rv = mt_exchange_batch(connection, calls + first, 3 - first);

    *people = (mt_people_t){ .visitor = NULL };
    if (rv == APR_SUCCESS && session)
        mt_sessions_take(pool, calls[0].result, &people->visitor);
    if (rv == APR_SUCCESS)
        rv = mt_profiles_take(pool, calls[1].result, &people->owner, &people->profile);
    if (rv == APR_SUCCESS)
        take_people(pool, calls[2].result, is_upwards, people);
    mt_pipeline_clear(calls + first, 3 - first);
    return rv;
}

apr_status_t mt_people_followers(mt_connection_t *connection, apr_pool_t *pool, const unsigned char *session,
                                 const char *username, const mt_people_range_t *range, mt_people_t *people)
{
    return read_people(connection, pool, session, username, MT_STATEMENT_FOLLOWS_FOLLOWERS,
                       MT_STATEMENT_FOLLOWS_FOLLOWERS_NEWER, range, people);
}

apr_status_t mt_people_followees(mt_connection_t *connection, apr_pool_t *pool, const unsigned char *session,
                                 const char *username, const mt_people_range_t *range, mt_people_t *people)
{
    return read_people(connection, pool, session, username, MT_STATEMENT_FOLLOWS_FOLLOWEES,
                       MT_STATEMENT_FOLLOWS_FOLLOWEES_NEWER, range, people);
}
