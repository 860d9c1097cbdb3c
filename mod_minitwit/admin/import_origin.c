/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "admin/import_origin.h"

#include "store/value.h"

#include <apr_strings.h>

#define HINT "The role must be able to read the tables. Grant it select on them, or connect as their owner."

static const char *set_schema(PGconn *pg, apr_pool_t *pool, const char *schema)
{
    PGresult *result;
    const char *message = mt_plain_run(pg, pool,
                                       "select set_config('search_path', quote_ident($1), true) "
                                       "where to_regnamespace(quote_ident($1)) is not null",
                                       1, &schema, &result);

    if (!message && PQntuples(result) == 0)
        message =
            apr_psprintf(pool, "there is no schema \"%s\"\n  Use --schema to name the schema of its tables.", schema);
    PQclear(result);
    return message;
}

/* Dates become texts that state their offset from UTC, and the transaction may be idle while the rows are written to
 * this site. */
static const char *set_parameters(PGconn *pg, apr_pool_t *pool)
{
    PGresult *result = PQexec(pg, "set local idle_in_transaction_session_timeout to 0; set local datestyle to iso; "
                                  "set local timezone to 'UTC'; set local extra_float_digits to 1; "
                                  "declare rows cursor for select 1");
    const char *message = PQresultStatus(result) == PGRES_COMMAND_OK ? NULL : mt_plain_describe(result, pg, pool);

    PQclear(result);
    return message;
}

const char *mt_import_origin_begin(PGconn *pg, apr_pool_t *pool, const char *schema)
{
    const char *message = PQsetClientEncoding(pg, "UTF8") != 0 ? mt_plain_describe(NULL, pg, pool) : NULL;

    if (!message)
        message = mt_plain_do(pg, pool, "begin isolation level repeatable read, read only", 0, NULL);
    if (!message)
        message = set_parameters(pg, pool);
    return message ? message : set_schema(pg, pool, schema);
}

const char *mt_import_origin_list(PGconn *pg, apr_pool_t *pool, const char *schema, PGresult **result)
{
    return mt_plain_run(pg, pool,
                        "select c.relname, a.attname from pg_class c join pg_attribute a on a.attrelid = c.oid "
                        "where c.relnamespace = to_regnamespace(quote_ident($1)) and c.relkind in "
                        "('r', 'p', 'v', 'm', 'f') and not c.relispartition and a.attnum > 0 and "
                        "not a.attisdropped order by c.relname, a.attnum",
                        1, &schema, result);
}

const char *mt_import_origin_ask(PGconn *pg, apr_pool_t *pool, const char *sql, apr_int64_t numbers[2])
{
    const char *message = NULL;
    PGresult *result = PQexec(pg, sql);

    if (PQresultStatus(result) != PGRES_TUPLES_OK)
        message = mt_plain_explain(result, pg, pool, HINT);
    for (int i = 0; !message && i < 2; i++)
        numbers[i] = mt_value_integer(result, 0, i);
    PQclear(result);
    return message;
}

const char *mt_import_origin_open(PGconn *pg, apr_pool_t *pool, const char *select)
{
    const char *sql = apr_pstrcat(pool, "close rows; declare rows no scroll cursor for ", select, NULL);
    const char *message = NULL;
    PGresult *result = PQexec(pg, sql);

    if (PQresultStatus(result) != PGRES_COMMAND_OK)
        message = mt_plain_explain(result, pg, pool, HINT);
    PQclear(result);
    return message;
}

const char *mt_import_origin_fetch(PGconn *pg, apr_pool_t *pool, PGresult **result)
{
    return mt_plain_run(pg, pool, "fetch 5000 from rows", 0, NULL, result);
}
