/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "admin/schema_lock.h"

#include <apr_strings.h>
#include <string.h>

/* Another migration or import may be running. */
#define WAIT "10s"

/* The server hides most columns of other roles' sessions, except from a role that may read all statistics. The role
 * that connected may see more than the owner of the schema, so the queries run as that role. */

/* Describes a session. Processes of the server have no role. A session's statement may contain users' data, so only
 * autovacuum's is shown. */
#define SESSION                                                                                                        \
    "format('Process %s (%s)', h.pid, concat_ws(', ', case when a.backend_type = 'autovacuum worker' "                 \
    "then a.query when a.usesysid is null then 'of the server itself, such as autovacuum' end, "                       \
    "'role ' || pg_get_userbyid(a.usesysid), 'program ' || nullif(a.application_name, ''), "                           \
    "'from ' || host(a.client_addr), a.state, "                                                                        \
    "'for ' || date_trunc('second', clock_timestamp() - a.xact_start)))"

/* Finds the sessions that hold a lock on a table that the migration ($1) names. The query runs after the time-out, when
 * the server no longer knows which of them blocked the migration. Requests that waited behind the migration hold locks
 * now, too, but not for long. So the query counts only transactions that still exist a second later. A session that
 * only reads blocks a migration only if that needs an exclusive lock. */
#define HOLDERS                                                                                                        \
    "with earlier as materialized (select virtualtransaction as id from pg_locks), "                                   \
    "pause as materialized (select pg_sleep(1), set_config('role', 'none', true) as role from earlier limit 1), "      \
    "held as (select coalesce(l.pid, 0) as pid, string_agg(distinct c.relname, ', ') as tables from pause "            \
    "cross join lateral (select * from pg_locks where granted and pause.role = 'none' offset 0) l "                    \
    "join pg_class c on c.oid = l.relation and c.relnamespace = 'public'::regnamespace "                               \
    "where l.database = (select oid from pg_database where datname = current_database()) "                             \
    "and c.relname = any (regexp_split_to_array(regexp_replace($1, '--[^\n]*', '', 'g'), '\\W+')) "                    \
    "and (l.mode not in ('AccessShareLock', 'RowShareLock') or $1 !~* '\\min share( row exclusive)? mode') "           \
    "and l.virtualtransaction in (select id from earlier) group by 1) "                                                \
    "select case when h.pid = 0 then 'A prepared transaction (see pg_prepared_xacts)' "                                \
    "else " SESSION " end || ' holds a lock on ' || h.tables, "                                                        \
    "nullif(h.pid, 0) from held h left join lateral pg_stat_get_activity(h.pid) a on true "                            \
    "where h.pid = 0 or a.pid is not null order by h.pid"

/* The sessions that hold the advisory lock $1. Any role can take it. */
#define LOCK_HOLDERS                                                                                                   \
    "select " SESSION                                                                                                  \
    " || ' holds it', h.pid from pg_locks h left join lateral pg_stat_get_activity(h.pid) a on true "                  \
    "where h.locktype = 'advisory' and h.granted and h.objsubid = 1 "                                                  \
    "and h.database = (select oid from pg_database where datname = current_database()) "                               \
    "and h.classid::bigint << 32 | h.objid::bigint = $1::bigint"

/* again is the command to run afterwards. Clears the result. */
static const char *describe(apr_pool_t *pool, PGresult *result, const char *again)
{
    const char *details = "", *ends = "";

    for (int row = 0; PQresultStatus(result) == PGRES_TUPLES_OK && row < PQntuples(result); row++) {
        details = apr_pstrcat(pool, details, "\n  ", PQgetvalue(result, row, 0), ".", NULL);
        if (!PQgetisnull(result, row, 1))
            ends = apr_pstrcat(pool, ends, *ends ? ", " : ", or end them as a superuser: select ",
                               "pg_terminate_backend(", PQgetvalue(result, row, 1), ")", NULL);
    }
    PQclear(result);
    if (!*details)
        return details;
    return apr_pstrcat(pool, details, "\n  Wait until these sessions end", ends, *ends ? ";" : ".", "\n  Then run ",
                       again, " again.", NULL);
}

const char *mt_schema_lock_take(PGconn *pg, apr_pool_t *pool)
{
    static const char *const key[] = { MT_SCHEMA_LOCK_KEY };
    const char *message = NULL;
    PGresult *result = PQexec(pg, "set lock_timeout to '" WAIT "'; select pg_advisory_lock(" MT_SCHEMA_LOCK_KEY "); "
                                  "set lock_timeout to 0");
    const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);

    if (sqlstate && strcmp(sqlstate, MT_SCHEMA_LOCK_NOT_AVAILABLE) == 0) {
        PQclear(PQexec(pg, "set role none"));
        message = apr_pstrcat(
            pool, "could not obtain the lock of migrations and imports within " WAIT,
            describe(pool, PQexecParams(pg, LOCK_HOLDERS, 1, NULL, key, NULL, NULL, 0), "the command"), NULL);
    }
    else if (PQresultStatus(result) != PGRES_COMMAND_OK) {
        message = apr_psprintf(pool, "could not lock the schema: %s", PQerrorMessage(pg));
    }
    PQclear(result);
    return message;
}

void mt_schema_lock_release(PGconn *pg)
{
    PQclear(PQexec(pg, "select pg_advisory_unlock(" MT_SCHEMA_LOCK_KEY ")"));
}

const char *mt_schema_lock_describe_holders(PGconn *pg, apr_pool_t *pool, const char *sql)
{
    return describe(pool, PQexecParams(pg, HOLDERS, 1, NULL, &sql, NULL, NULL, 0), "minitwitctl migrate");
}
