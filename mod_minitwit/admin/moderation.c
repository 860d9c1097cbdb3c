/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "admin/moderation.h"

#include "admin/audit.h"
#include "store/search_words.h"
#include "store/value.h"

#include <apr_strings.h>

#define FILTER "(flagged or not $2::boolean) and ($3::bigint is null or id < $3::bigint)"

#define NEWEST                                                                                                         \
    "select m.id, to_char(m.pub_date at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"') as pub_date, "              \
    "u.username, m.flagged, m.text "                                                                                   \
    "from m join public.users u on u.id = m.author_id and ($1::bigint is null or u.id = $1::bigint) "                  \
    "order by m.id desc limit $4::bigint"

const char *mt_moderation_each(PGconn *pg, apr_pool_t *pool, const mt_moderation_filter_t *filter,
                               mt_plain_take_fn take, void *baton)
{
    const char *values[] = { filter->user_id, filter->is_flagged ? "t" : "f", filter->before, filter->limit };

    /* Materialized: otherwise the planner, because of the limit, would scan all users' messages for this author's. */
    if (filter->user_id)
        return mt_plain_each(pg, pool,
                             "with m as materialized (select * from public.messages where author_id = $1::bigint "
                             "and " FILTER ") " NEWEST,
                             4, values, take, baton);
    return mt_plain_each(pg, pool, "with m as (select * from public.messages where " FILTER ") " NEWEST, 4, values,
                         take, baton);
}

const char *mt_moderation_dump(PGconn *pg, apr_pool_t *pool, mt_plain_take_fn take, void *baton)
{
    return mt_plain_each(pg, pool, "select id, author_id, text, flagged::int from public.messages order by id", 0, NULL,
                         take, baton);
}

/* Locks the messages. Returns NULL if all of them exist. */
static const char *lock(PGconn *pg, apr_pool_t *pool, const char *ids)
{
    PGresult *result;
    /* All commands lock in the same order, which prevents deadlocks. */
    const char *message = mt_plain_do(
        pg, pool, "select id from public.messages where id = any ($1::bigint[]) order by id for update", 1, &ids);

    if (message)
        return message;
    message = mt_plain_run(pg, pool,
                           "select string_agg(w.id::text, ', ' order by w.n) "
                           "from unnest($1::bigint[]) with ordinality w (id, n) "
                           "where not exists (select from public.messages m where m.id = w.id)",
                           1, &ids, &result);
    if (!message && !PQgetisnull(result, 0, 0))
        message = apr_psprintf(pool, "there is no message %s: nothing was changed", PQgetvalue(result, 0, 0));
    PQclear(result);
    return message;
}

/* Adds a row to the audit log for each row of a result, which has an id and its author's name. */
static const char *record(PGconn *pg, apr_pool_t *pool, const char *action, const PGresult *result)
{
    const char *message = NULL;

    for (int row = 0; !message && row < PQntuples(result); row++)
        message = mt_audit_add(pg, pool, action, PQgetvalue(result, row, 0), PQgetvalue(result, row, 1));
    return message;
}

#define SET_FLAG(table)                                                                                                \
    "update public." table " set flagged = $2::boolean where message_id = any ($1::bigint[]) "                         \
    "and flagged <> $2::boolean"
#define SET_FLAGS "with a as (" SET_FLAG("answers") "), n as (" SET_FLAG("mentions") ") " SET_FLAG("message_tags")
#define INDEX     MT_SEARCH_ADD("(select * from public.messages where id = any ($1::bigint[]))")

/* Lists and the search skip flagged messages. This also changes the rows of messages that already had the flag, because
 * a minitwitctl for schema version 7 changes no other table. If httpd adds a message to the index at this moment, the
 * message stays there, but the search does not show it. */
static const char *mark(PGconn *pg, apr_pool_t *pool, mt_moderation_t what, const char *ids)
{
    const char *values[] = { ids, what == MT_MODERATION_FLAG ? "t" : "f" };
    const char *message = mt_plain_do(pg, pool, SET_FLAGS, 2, values);

    if (message)
        return message;
    if (what == MT_MODERATION_FLAG)
        return mt_plain_do(pg, pool, "delete from public.search where message_id = any ($1::bigint[])", 1, values);
    return mt_plain_do(pg, pool, INDEX, 1, values);
}

#define OF_AUTHOR "returning m.id, json_build_object('author', u.username)"

static const char *change(PGconn *pg, apr_pool_t *pool, mt_moderation_t what, const char *ids, apr_int64_t *changed)
{
    static const char *const actions[] = { "message flag", "message unflag", "message delete" };
    const char *values[] = { ids, what == MT_MODERATION_FLAG ? "t" : "f" };
    PGresult *result = NULL;
    const char *message = lock(pg, pool, ids);

    if (message)
        return message;
    if (what == MT_MODERATION_DELETE)
        message = mt_plain_run(pg, pool,
                               "delete from public.messages m using public.users u "
                               "where m.id = any ($1::bigint[]) and u.id = m.author_id " OF_AUTHOR,
                               1, values, &result);
    else
        message = mt_plain_run(pg, pool,
                               "update public.messages m set flagged = $2::boolean from public.users u "
                               "where m.id = any ($1::bigint[]) and m.flagged <> $2::boolean "
                               "and u.id = m.author_id " OF_AUTHOR,
                               2, values, &result);
    if (!message && what != MT_MODERATION_DELETE)
        message = mark(pg, pool, what, ids);
    if (!message) {
        *changed = PQntuples(result);
        message = record(pg, pool, actions[what], result);
    }
    PQclear(result);
    return message;
}

const char *mt_moderation_do(PGconn *pg, apr_pool_t *pool, mt_moderation_t what, const char *ids, apr_int64_t *changed)
{
    const char *message = mt_plain_begin(pg, pool);

    return message ? message : mt_plain_end(pg, pool, change(pg, pool, what, ids, changed));
}
