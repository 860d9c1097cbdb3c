/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_STATEMENT_SITE_H
#define MT_STATEMENT_SITE_H

#include "store/rights.h"

/* The SQL for the site as a whole: its schema, rights, identity and numbers. */

/* clang-format breaks up SQL that has macros with arguments in it. */
/* clang-format off */

/* Reads only catalogs and the list of sessions. The last column lists the missing rights, tables, columns and
 * functions.
 * has_column_privilege is also true for a right on the whole table. */
#define READINESS                                                                                                      \
    "with " MT_RIGHTS_WANTED                                                                                           \
    "select pg_is_in_recovery(), current_setting('transaction_read_only') = 'on', "                                    \
    "exists (select from pg_stat_activity where usename = current_user and wait_event = 'SyncRep' "                    \
    "and query_start < now() - interval '5 seconds'), "                                                                \
    "(select string_agg(w.privilege || ' on ' || w.relation, ', ' order by w.relation, w.privilege) "                  \
    "from wanted w left join pg_class c on c.relname = w.relation::name "                                              \
    "and c.relnamespace = (select oid from pg_namespace where nspname = 'public') "                                    \
    "where not coalesce(case when w.privilege = 'execute' "                                                            \
    "then has_function_privilege(to_regprocedure('public.' || w.relation), w.privilege) "                              \
    "when c.relkind = 'S' then has_sequence_privilege(c.oid, w.privilege) "                                            \
    "when w.privilege = 'delete' then has_table_privilege(c.oid, w.privilege) "                                        \
    "when w.columns is null then (select bool_and(has_column_privilege(c.oid, a.attnum, w.privilege)) "                \
    "from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) "                           \
    "else (select bool_and(coalesce(has_column_privilege(c.oid, a.attnum, w.privilege), false)) "                      \
    "from unnest(w.columns) n left join pg_attribute a on a.attrelid = c.oid and a.attname = n::name "                 \
    "and not a.attisdropped) end, false))"

/* reserved_connections is new in PostgreSQL 16. */
#define SCHEMA_MAX_CONNECTIONS                                                                                         \
    "select current_setting('max_connections')::int "                                                                  \
    "- current_setting('superuser_reserved_connections')::int "                                                        \
    "- coalesce(current_setting('reserved_connections', true)::int, 0)"

/* Uses jsonb, because schemas before version 4 do not have the column. Names the schema, so that a role that may
 * not use it gets another error than in an empty database. */
#define SCHEMA_VERSION                                                                                                 \
    "select version, coalesce((to_jsonb(s) ->> 'works_with')::int, version) from public.schema_version s "             \
    "union all select 0, 0 order by 1 desc limit 1"

#define SIMULATOR_LATEST "select last_value from simulator_latest"

#define SIMULATOR_RECORD "select setval('simulator_latest', $1::bigint)"

#define SITE_FIND                                                                                                      \
    "select id, to_char(created_at at time zone 'UTC', 'YYYY-MM-DD'), "                                                \
    "floor(extract(epoch from created_at) * 1000000)::bigint from site"

/* Counts all rows. It runs once per start, in the background. */
#define STATISTICS                                                                                                     \
    "select (select count(*) from users), coalesce((select max(id) from users), 0), "                                  \
    "(select count(*) from messages), coalesce((select max(id) from messages), 0), "                                   \
    "(select count(*) from followers)"

/* Histograms of followees (1) and followers (2) per user. Each row has the histogram's number, a bucket, its number
 * of users, and their sum. The row with number 0 has the number of all users, so that the caller can compute the
 * number of users without any. */
#define STATISTICS_FOLLOWS                                                                                             \
    "select 0, 0, count(*), 0 from users union all "                                                                   \
    "select 1, width_bucket(n - 1, $1::bigint[]), count(*), sum(n) "                                                   \
    "from (select count(*) as n from followers group by who_id) f group by 2 union all "                               \
    "select 2, width_bucket(n - 1, $1::bigint[]), count(*), sum(n) "                                                   \
    "from (select count(*) as n from followers group by whom_id) f group by 2"

#define STATISTICS_SINCE                                                                                               \
    "select count(*), coalesce(max(id), $1), "                                                                         \
    "(select count(*) from messages where id > $2), "                                                                  \
    "coalesce((select max(id) from messages), $2) from users where id > $1"

#define STATISTICS_STATE                                                                                               \
    "select (select count(*) from messages where flagged), "                                                           \
    "(select count(*) from sessions where expires_at > now()), "                                                       \
    "(select last_value from simulator_latest), "                                                                      \
    "coalesce((select floor(extract(epoch from succeeded_at))::bigint from backup), 0), "                              \
    "(select greatest(coalesce((select max(id) from messages), 0) - complete, 0) from search_progress)"

/* clang-format on */

#endif
