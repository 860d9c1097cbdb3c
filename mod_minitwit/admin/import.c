/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "admin/import.h"

#include "admin/schema_lock.h"
#include "store/value.h"

#include <apr_strings.h>

/* These time-outs are off, because an import takes long. If the client is lost, the session ends at its next attempt to
 * send. */
static const char *prepare_session(PGconn *pg, apr_pool_t *pool)
{
    PGresult *result = PQexec(pg, "set client_encoding to 'UTF8'; set search_path to pg_catalog; "
                                  "set client_min_messages to warning; set statement_timeout to 0; set jit to off; "
                                  "set idle_in_transaction_session_timeout to 0");
    const char *message = PQresultStatus(result) == PGRES_COMMAND_OK ? NULL : mt_plain_describe(result, pg, pool);

    PQclear(result);
    return message;
}

static const char *make_tables(PGconn *pg, apr_pool_t *pool)
{
    const char *message = mt_plain_do(pg, pool,
                                      "create temporary table import_users (id bigint, username text collate \"C\", "
                                      "email text, password_hash text, is_digest boolean, is_made_up boolean, "
                                      "about text, joined_at bigint, mentions_seen bigint, becomes bigint)",
                                      0, NULL);

    if (!message)
        message = mt_plain_do(pg, pool,
                              "create temporary table import_messages (id bigint, author_id bigint, text text, "
                              "pub_date bigint, flagged boolean, answers_id bigint, answers_author_id bigint, "
                              "mentions text, tags text) on commit delete rows",
                              0, NULL);
    if (!message)
        message = mt_plain_do(pg, pool, "create temporary table import_taken (id bigint primary key)", 0, NULL);
    if (!message)
        message = mt_plain_do(
            pg, pool, "create temporary table import_follows (number bigint, who_id bigint, whom_id bigint)", 0, NULL);
    return message;
}

const char *mt_import_begin(PGconn *pg, apr_pool_t *pool)
{
    const char *message = prepare_session(pg, pool);

    if (!message)
        message = mt_plain_check_version(pg, pool);
    if (!message)
        message = mt_schema_lock_take(pg, pool);
    return message ? message : make_tables(pg, pool);
}

const char *mt_import_copy_begin(PGconn *pg, apr_pool_t *pool, mt_import_table_t table)
{
    const char *message = NULL;
    PGresult *result = NULL;

    if (table == MT_IMPORT_USERS)
        result = PQexec(pg, "copy pg_temp.import_users (id, username, email, password_hash, is_digest, is_made_up, "
                            "about, joined_at, mentions_seen) from stdin");
    else if (table == MT_IMPORT_MESSAGES)
        result = PQexec(pg, "copy pg_temp.import_messages from stdin");
    else
        result = PQexec(pg, "copy pg_temp.import_follows from stdin");
    if (PQresultStatus(result) != PGRES_COPY_IN)
        message = mt_plain_describe(result, pg, pool);
    PQclear(result);
    return message;
}

const char *mt_import_copy_data(PGconn *pg, apr_pool_t *pool, const char *data, apr_size_t len)
{
    return len == 0 || PQputCopyData(pg, data, (int)len) == 1 ? NULL : mt_plain_describe(NULL, pg, pool);
}

const char *mt_import_copy_end(PGconn *pg, apr_pool_t *pool, const char *message)
{
    PGresult *result;

    if (PQputCopyEnd(pg, message ? "the import was cancelled" : NULL) != 1 && !message)
        message = mt_plain_describe(NULL, pg, pool);
    while ((result = PQgetResult(pg)) != NULL) {
        if (!message && PQresultStatus(result) != PGRES_COMMAND_OK)
            message = mt_plain_describe(result, pg, pool);
        PQclear(result);
    }
    return message;
}

const char *mt_import_has_messages(PGconn *pg, apr_pool_t *pool, int *has_messages)
{
    PGresult *result;
    const char *message = mt_plain_run(pg, pool, "select exists (select from public.messages)", 0, NULL, &result);

    *has_messages = !message && PQgetvalue(result, 0, 0)[0] == 't';
    PQclear(result);
    return message;
}

const char *mt_import_reserve(PGconn *pg, apr_pool_t *pool, apr_int64_t user_id, apr_int64_t message_id)
{
    char user[MT_VALUE_INTEGER_SIZE], id[MT_VALUE_INTEGER_SIZE];
    const char *users[] = { mt_value_format_integer(user, user_id) };
    const char *messages[] = { mt_value_format_integer(id, message_id) };
    const char *message = mt_plain_begin(pg, pool);

    if (message)
        return message;
    /* No session may take an id between reading a sequence and changing it. Sessions that wait for this lock wait only
     * briefly. */
    message = mt_plain_do(pg, pool, "set local lock_timeout to '5s'", 0, NULL);
    if (!message)
        message =
            mt_plain_do(pg, pool, "lock table public.users, public.messages in share row exclusive mode", 0, NULL);
    if (!message)
        message = mt_plain_do(pg, pool,
                              "select setval('public.users_id_seq', $1) "
                              "where $1::bigint > 0 and $1 >= (select last_value from public.users_id_seq)",
                              1, users);
    if (!message)
        message = mt_plain_do(pg, pool,
                              "select setval('public.messages_id_seq', $1) "
                              "where $1::bigint > 0 and $1 >= (select last_value from public.messages_id_seq)",
                              1, messages);
    return mt_plain_end(pg, pool, message);
}

const char *mt_import_list_orphans(PGconn *pg, apr_pool_t *pool, PGresult **result)
{
    return mt_plain_run(pg, pool,
                        "select m.id, m.author_id from pg_temp.import_messages m where not exists (select from "
                        "pg_temp.import_users u where u.id = m.author_id) order by m.id",
                        0, NULL, result);
}

#define DATE                                                                                                           \
    "(timestamptz 'epoch' + m.pub_date / 1000000 * interval '1 second' + m.pub_date % 1000000 * interval '1 "          \
    "microsecond')"

/* The message of this site equals that of the input. An earlier version dated messages 1970-01-01 if it could not read
 * their dates. */
#define SAME                                                                                                           \
    "((t.author_id, t.text) is not distinct from (u.becomes, m.text) and "                                             \
    "t.pub_date in (" DATE ", timestamptz 'epoch'))"

#define TAKEN                                                                                                          \
    "select m.id from pg_temp.import_messages m join pg_temp.import_users u on u.id = m.author_id "                    \
    "join public.messages t on t.id = m.id where not " SAME

const char *mt_import_list_taken(PGconn *pg, apr_pool_t *pool, PGresult **result)
{
    return mt_plain_run(pg, pool, TAKEN " order by m.id", 0, NULL, result);
}

const char *mt_import_note_taken(PGconn *pg, apr_pool_t *pool)
{
    return mt_plain_do(pg, pool, "insert into pg_temp.import_taken " TAKEN " on conflict do nothing", 0, NULL);
}

const char *mt_import_forget_taken(PGconn *pg, apr_pool_t *pool)
{
    return mt_plain_do(pg, pool,
                       "delete from pg_temp.import_taken n using pg_temp.import_messages m, pg_temp.import_users u, "
                       "public.messages t where m.id = n.id and u.id = m.author_id and t.id = m.id and " SAME,
                       0, NULL);
}

const char *mt_import_find_taken(PGconn *pg, apr_pool_t *pool, apr_int64_t *id)
{
    PGresult *result;
    const char *message =
        mt_plain_run(pg, pool, "select coalesce(min(id), 0) from pg_temp.import_taken", 0, NULL, &result);

    *id = message ? 0 : mt_value_integer(result, 0, 0);
    PQclear(result);
    return message;
}

/* The job that fills the index of the search must look at these ids again if it has passed them. The lock on its row
 * keeps it from passing them before the commit. */
const char *mt_import_add_messages(PGconn *pg, apr_pool_t *pool, apr_int64_t *added)
{
    PGresult *result;
    const char *message = mt_plain_run(
        pg, pool,
        "with added as (insert into public.messages (id, author_id, text, pub_date, flagged, answers_id, "
        "answers_author_id) select m.id, u.becomes, m.text, " DATE ", m.flagged, "
        "case when w.id is not null or not exists (select from public.messages t where t.id = m.answers_id) "
        "then m.answers_id end, w.becomes from pg_temp.import_messages m "
        "join pg_temp.import_users u on u.id = m.author_id "
        "left join pg_temp.import_users w on w.id = m.answers_author_id "
        "on conflict (id) do nothing returning id, pub_date, flagged, answers_id), "
        "listed as (insert into public.answers (answered_id, pub_date, message_id, flagged) "
        "select answers_id, pub_date, id, flagged from added where answers_id is not null), "
        "mentioned as (insert into public.mentions (user_id, pub_date, message_id, flagged) "
        "select u.becomes, a.pub_date, a.id, a.flagged from added a join pg_temp.import_messages m using (id) "
        "cross join string_to_table(m.mentions, ' ') n (id) "
        "join pg_temp.import_users u on u.id = n.id::bigint on conflict do nothing), "
        "tagged as (insert into public.message_tags (tag, pub_date, message_id, flagged) "
        "select t.tag, a.pub_date, a.id, a.flagged from added a join pg_temp.import_messages m using (id) "
        "cross join string_to_table(m.tags, ' ') t (tag) on conflict do nothing), "
        "noted as (update public.search_progress set complete = least(complete, "
        "(select min(id) - 1 from added)) where exists (select from added)) "
        "select count(*) from added",
        0, NULL, &result);

    *added = message ? 0 : mt_value_integer(result, 0, 0);
    PQclear(result);
    return message;
}

const char *mt_import_repair_dates(PGconn *pg, apr_pool_t *pool, PGresult **result)
{
    return mt_plain_run(pg, pool,
                        "update public.messages t set pub_date = " DATE " from pg_temp.import_messages m "
                        "join pg_temp.import_users u on u.id = m.author_id where t.id = m.id and " SAME
                        " and t.pub_date <> " DATE " returning t.id",
                        0, NULL, result);
}

const char *mt_import_list_bad_follows(PGconn *pg, apr_pool_t *pool, apr_int64_t after, PGresult **result)
{
    char number[MT_VALUE_INTEGER_SIZE];
    const char *values[] = { mt_value_format_integer(number, after), APR_STRINGIFY(MT_IMPORT_LIST_MAX) };

    return mt_plain_run(pg, pool,
                        "select f.number, f.who_id, f.whom_id, "
                        "case when a.id is null or b.id is null then 'dangling' else 'self' end "
                        "from pg_temp.import_follows f left join pg_temp.import_users a on a.id = f.who_id "
                        "left join pg_temp.import_users b on b.id = f.whom_id where f.number > $1 and "
                        "(a.id is null or b.id is null or a.becomes = b.becomes) order by f.number limit $2",
                        2, values, result);
}

const char *mt_import_merge_follows(PGconn *pg, apr_pool_t *pool, apr_int64_t *pairs)
{
    PGresult *result = NULL;
    const char *message = mt_plain_do(pg, pool,
                                      "create temporary table import_pairs as select min(f.number) as number, "
                                      "a.becomes as who_id, b.becomes as whom_id, count(*) as times "
                                      "from pg_temp.import_follows f join pg_temp.import_users a on a.id = f.who_id "
                                      "join pg_temp.import_users b on b.id = f.whom_id where a.becomes <> b.becomes "
                                      "group by a.becomes, b.becomes",
                                      0, NULL);

    if (!message)
        message = mt_plain_do(pg, pool, "create unique index on pg_temp.import_pairs (number)", 0, NULL);
    if (!message)
        message = mt_plain_do(pg, pool, "analyze pg_temp.import_pairs", 0, NULL);
    if (!message)
        message = mt_plain_run(pg, pool, "select count(*) from pg_temp.import_pairs", 0, NULL, &result);
    if (!message)
        *pairs = mt_value_integer(result, 0, 0);
    PQclear(result);
    return message;
}

const char *mt_import_list_repeated_follows(PGconn *pg, apr_pool_t *pool, apr_int64_t after, PGresult **result)
{
    char number[MT_VALUE_INTEGER_SIZE];
    const char *values[] = { mt_value_format_integer(number, after), APR_STRINGIFY(MT_IMPORT_LIST_MAX) };

    return mt_plain_run(pg, pool,
                        "select number, who_id, whom_id, times - 1 from pg_temp.import_pairs "
                        "where number > $1 and times > 1 order by number limit $2",
                        2, values, result);
}

const char *mt_import_add_follows(PGconn *pg, apr_pool_t *pool, apr_int64_t *after, apr_int64_t *added)
{
    char number[MT_VALUE_INTEGER_SIZE];
    const char *values[] = { mt_value_format_integer(number, *after) };
    PGresult *result;
    /* The sort makes their new ids follow the order of the input. */
    const char *message =
        mt_plain_run(pg, pool,
                     "with part as (select number, who_id, whom_id from pg_temp.import_pairs "
                     "where number > $1 order by number limit 20000), added as (insert into "
                     "public.followers (who_id, whom_id) select who_id, whom_id from part "
                     "order by number on conflict (who_id, whom_id) do nothing returning 1) "
                     "select (select coalesce(max(number), 0) from part), (select count(*) from added)",
                     1, values, &result);

    if (!message) {
        *after = mt_value_integer(result, 0, 0);
        *added = mt_value_integer(result, 0, 1);
    }
    PQclear(result);
    return message;
}

const char *mt_import_finish(PGconn *pg, apr_pool_t *pool)
{
    return mt_plain_do(pg, pool,
                       "analyze public.users, public.messages, public.answers, public.mentions, public.message_tags, "
                       "public.followers",
                       0, NULL);
}
