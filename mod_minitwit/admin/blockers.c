/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "admin/blockers.h"

#include "store/value.h"

#include <apr_strings.h>
#include <string.h>

/* Each part of the query depends on the result of the previous one, so nothing is read before the delay is over. The
 * server shows fewer columns of other roles' sessions, except to a role that may read all statistics. Its own processes
 * have no role. A session's statement may contain users' data, so only autovacuum's is shown. */
#define QUESTION                                                                                                       \
    "select case when b.pid = 0 then 'a prepared transaction is in the way: see pg_prepared_xacts' else "              \
    "format('process %s is in the way (%s); a superuser ends it by: select pg_terminate_backend(%s);', b.pid, "        \
    "concat_ws(', ', case when a.backend_type = 'autovacuum worker' then a.query "                                     \
    "when a.usesysid is null then 'of the server itself, as autovacuum is' end, "                                      \
    "'role ' || pg_get_userbyid(a.usesysid), 'program ' || nullif(a.application_name, ''), "                           \
    "'from ' || host(a.client_addr), a.state, "                                                                        \
    "'for ' || date_trunc('second', clock_timestamp() - a.xact_start)), b.pid) end "                                   \
    "from (select pg_sleep($1::float8 / 1000)::text as slept offset 0) s "                                             \
    "cross join lateral (select distinct unnest(pg_blocking_pids(case when s.slept = '' then $2::integer end)) as "    \
    "pid) b "                                                                                                          \
    "left join lateral pg_stat_get_activity(b.pid) a on true "                                                         \
    "where b.pid = 0 or a.pid is not null order by b.pid"

/* Connects to the same server as pg, even if the connection string names several. */
static PGconn *connect_beside(PGconn *pg, apr_pool_t *pool)
{
    PQconninfoOption *options = PQconninfo(pg);
    const char **keywords, **values;
    int count = 0, used = 0;

    if (!options)
        return NULL;
    while (options[count].keyword)
        count++;
    keywords = apr_pcalloc(pool, sizeof(*keywords) * ((apr_size_t)count + 1));
    values = apr_pcalloc(pool, sizeof(*values) * ((apr_size_t)count + 1));
    for (int i = 0; i < count; i++) {
        const char *value = options[i].val;
        if (strcmp(options[i].keyword, "host") == 0 && value)
            value = PQhost(pg);
        else if (strcmp(options[i].keyword, "hostaddr") == 0)
            value = PQhostaddr(pg);
        else if (strcmp(options[i].keyword, "port") == 0)
            value = PQport(pg);
        if (!value || !*value)
            continue;
        keywords[used] = options[i].keyword;
        values[used++] = value;
    }
    PGconn *watch = PQconnectdbParams(keywords, values, 0);
    PQconninfoFree(options);
    return watch;
}

PGconn *mt_blockers_ask(PGconn *pg, apr_pool_t *pool, int delay)
{
    const char *values[] = { apr_itoa(pool, delay), apr_itoa(pool, PQbackendPID(pg)) };
    PGconn *watch = connect_beside(pg, pool);

    if (PQstatus(watch) == CONNECTION_OK && PQsendQueryParams(watch, QUESTION, 2, NULL, values, NULL, NULL, 0))
        return watch;
    PQfinish(watch);
    return NULL;
}

apr_array_header_t *mt_blockers_take(PGconn *watch, apr_pool_t *pool)
{
    apr_array_header_t *blockers = apr_array_make(pool, 1, sizeof(const char *));
    PGresult *result = watch ? PQgetResult(watch) : NULL;

    for (int row = 0; PQresultStatus(result) == PGRES_TUPLES_OK && row < PQntuples(result); row++)
        APR_ARRAY_PUSH(blockers, const char *) = mt_value_text(pool, result, row, 0);
    PQclear(result);
    PQfinish(watch);
    return blockers;
}
