/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "admin/import.h"

#include "store/value.h"

const char *mt_import_drop_repeated(PGconn *pg, apr_pool_t *pool, PGresult **result)
{
    const char *message = mt_plain_run(pg, pool,
                                       "delete from pg_temp.import_users a using pg_temp.import_users b "
                                       "where a.id = b.id and a.ctid > b.ctid returning a.id, a.username",
                                       0, NULL, result);

    if (!message)
        message = mt_plain_do(pg, pool, "create unique index on pg_temp.import_users (id)", 0, NULL);
    if (!message)
        message = mt_plain_do(pg, pool, "create index on pg_temp.import_users (username)", 0, NULL);
    if (!message)
        message = mt_plain_do(pg, pool, "analyze pg_temp.import_users", 0, NULL);
    if (message) {
        PQclear(*result);
        *result = NULL;
    }
    return message;
}

/* Changes each made-up name that another user has. Sets *renamed to their number. A changed name may be taken again, so
 * the caller repeats this until *renamed is 0. */
static const char *rename_made_up(PGconn *pg, apr_pool_t *pool, apr_int64_t *renamed)
{
    PGresult *result;
    const char *message =
        mt_plain_run(pg, pool,
                     "update pg_temp.import_users s set username = s.username || '_' where s.is_made_up and "
                     "(exists (select from pg_temp.import_users o where o.username = s.username and o.id <> s.id) "
                     "or exists (select from public.users u where u.username = s.username and u.id <> s.id))",
                     0, NULL, &result);

    *renamed = message ? 0 : mt_value_affected(result);
    PQclear(result);
    return message;
}

const char *mt_import_merge_users(PGconn *pg, apr_pool_t *pool)
{
    apr_int64_t renamed = 1;
    const char *message = NULL;

    while (!message && renamed > 0)
        message = rename_made_up(pg, pool, &renamed);
    if (!message)
        message = mt_plain_do(pg, pool,
                              "update pg_temp.import_users s set becomes = f.id from (select username, min(id) as id "
                              "from pg_temp.import_users group by username) f where f.username = s.username",
                              0, NULL);
    return message ? message : mt_plain_do(pg, pool, "analyze pg_temp.import_users", 0, NULL);
}

const char *mt_import_list_merged(PGconn *pg, apr_pool_t *pool, apr_int64_t after, PGresult **result)
{
    char id[MT_VALUE_INTEGER_SIZE];
    const char *values[] = { mt_value_format_integer(id, after), APR_STRINGIFY(MT_IMPORT_LIST_MAX) };

    return mt_plain_run(pg, pool,
                        "select id, username, becomes from pg_temp.import_users where becomes <> id and id > $1 "
                        "order by id limit $2",
                        2, values, result);
}

const char *mt_import_list_conflicts(PGconn *pg, apr_pool_t *pool, PGresult **result)
{
    return mt_plain_run(pg, pool,
                        "select s.id, s.username, u.id, u.username from pg_temp.import_users s "
                        "join public.users u on u.id = s.id where s.becomes = s.id and u.username <> s.username "
                        "union all select s.id, s.username, u.id, u.username from pg_temp.import_users s "
                        "join public.users u on u.username = s.username where s.becomes = s.id and u.id <> s.id "
                        "order by 1, 3 limit 5",
                        0, NULL, result);
}

/* A column of microseconds since 1970. */
#define MOMENT(column)                                                                                                 \
    "timestamptz 'epoch' + " column " / 1000000 * interval '1 second' "                                                \
    "+ " column " % 1000000 * interval '1 microsecond'"
#define JOINED_AT     MOMENT("s.joined_at")
#define MENTIONS_SEEN "coalesce(" MOMENT("s.mentions_seen") ", '-infinity')"

const char *mt_import_add_users(PGconn *pg, apr_pool_t *pool, apr_int64_t *after, apr_int64_t *added)
{
    char id[MT_VALUE_INTEGER_SIZE];
    const char *values[] = { mt_value_format_integer(id, *after) };
    PGresult *result;
    const char *message = mt_plain_run(
        pg, pool,
        "with part as (select s.id, s.username, s.email, s.password_hash, s.about, " JOINED_AT
        " as joined_at, " MENTIONS_SEEN " as mentions_seen "
        "from pg_temp.import_users s where s.becomes = s.id and not s.is_digest and s.id > $1 "
        "order by s.id limit 5000), "
        "added as (insert into public.users (id, username, email, password_hash, about, joined_at, mentions_seen) "
        "select * from part on conflict do nothing returning 1) "
        "select (select coalesce(max(id), 0) from part), (select count(*) from added)",
        1, values, &result);

    if (!message) {
        *after = mt_value_integer(result, 0, 0);
        *added = mt_value_integer(result, 0, 1);
    }
    PQclear(result);
    return message;
}

#define MISSING "not exists (select from public.users u where u.id = s.id)"

const char *mt_import_count_users(PGconn *pg, apr_pool_t *pool, apr_int64_t *users, apr_int64_t *digests)
{
    PGresult *result;
    const char *message = mt_plain_run(pg, pool,
                                       "select count(*), count(*) filter (where s.is_digest and " MISSING ") from "
                                       "pg_temp.import_users s where s.becomes = s.id",
                                       0, NULL, &result);

    if (!message) {
        *users = mt_value_integer(result, 0, 0);
        *digests = mt_value_integer(result, 0, 1);
    }
    PQclear(result);
    return message;
}

const char *mt_import_list_digests(PGconn *pg, apr_pool_t *pool, apr_int64_t after, int max, PGresult **result)
{
    char id[MT_VALUE_INTEGER_SIZE], limit[MT_VALUE_INTEGER_SIZE];
    const char *values[] = { mt_value_format_integer(id, after), mt_value_format_integer(limit, max) };

    return mt_plain_run(pg, pool,
                        "select s.id, s.password_hash from pg_temp.import_users s where s.becomes = s.id and "
                        "s.is_digest and s.id > $1 and " MISSING " order by s.id limit $2",
                        2, values, result);
}

const char *mt_import_add_wrapped(PGconn *pg, apr_pool_t *pool, const char *ids, const char *hashes, apr_int64_t *added)
{
    const char *values[] = { ids, hashes };
    PGresult *result;
    const char *message =
        mt_plain_run(pg, pool,
                     "insert into public.users (id, username, email, password_hash, about, joined_at, mentions_seen) "
                     "select s.id, s.username, s.email, w.hash, s.about, " JOINED_AT ", " MENTIONS_SEEN
                     " from unnest($1::bigint[], $2::text[]) w (id, hash) join pg_temp.import_users s using (id) "
                     "on conflict do nothing",
                     2, values, &result);

    *added = message ? 0 : mt_value_affected(result);
    PQclear(result);
    return message;
}

const char *mt_import_list_missing(PGconn *pg, apr_pool_t *pool, PGresult **result)
{
    return mt_plain_run(pg, pool,
                        "select s.id, s.username from pg_temp.import_users s where s.becomes = s.id and not exists "
                        "(select from public.users u where u.id = s.id and u.username = s.username) "
                        "order by s.id limit 5",
                        0, NULL, result);
}
