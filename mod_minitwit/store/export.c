/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "store/export.h"

#include "store/schema.h"
#include "store/value.h"

#include <apr_strings.h>

const char *mt_export_begin(PGconn *pg, apr_pool_t *pool)
{
    PGresult *result;
    const char *message = NULL;

    if (PQsetClientEncoding(pg, "UTF8") != 0)
        return mt_plain_describe(NULL, pg, pool);
    message = mt_plain_do(pg, pool, "begin isolation level repeatable read, read only", 0, NULL);
    /* It waits for as long as whoever reads the export does. */
    if (!message)
        message = mt_plain_do(pg, pool, "set local idle_in_transaction_session_timeout to 0", 0, NULL);
    if (!message)
        message =
            mt_plain_run(pg, pool, "select coalesce(max(version), 0) from public.schema_version", 0, NULL, &result);
    if (message)
        return message;
    if (mt_value_integer(result, 0, 0) != MT_SCHEMA_VERSION)
        message = apr_psprintf(pool, "the schema is version %s, this build needs %d: run minitwitctl migrate",
                               PQgetvalue(result, 0, 0), MT_SCHEMA_VERSION);
    PQclear(result);
    return message;
}

const char *mt_export_open(PGconn *pg, apr_pool_t *pool, mt_export_table_t table)
{
    const char *message = table == MT_EXPORT_USERS ? NULL : mt_plain_do(pg, pool, "close rows", 0, NULL);

    if (message)
        return message;
    if (table == MT_EXPORT_USERS)
        return mt_plain_do(pg, pool,
                           "declare rows no scroll cursor for select id, username, email, password_hash "
                           "from public.users order by id",
                           0, NULL);
    if (table == MT_EXPORT_MESSAGES)
        return mt_plain_do(pg, pool,
                           "declare rows no scroll cursor for select id, author_id, text, "
                           "(extract(epoch from pub_date) * 1000000)::bigint, flagged::int "
                           "from public.messages order by id",
                           0, NULL);
    return mt_plain_do(pg, pool,
                       "declare rows no scroll cursor for select who_id, whom_id from public.followers order by id", 0,
                       NULL);
}

const char *mt_export_fetch(PGconn *pg, apr_pool_t *pool, PGresult **result)
{
    return mt_plain_run(pg, pool, "fetch 5000 from rows", 0, NULL, result);
}
