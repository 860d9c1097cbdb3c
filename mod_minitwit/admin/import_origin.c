/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "admin/import_origin.h"

#include "store/value.h"

#include <apr_strings.h>

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

const char *mt_import_origin_open(PGconn *pg, apr_pool_t *pool, mt_import_table_t table)
{
    const char *message = NULL;
    PGresult *result;

    if (table == MT_IMPORT_USERS)
        result = PQexec(pg, "close rows; declare rows no scroll cursor for select user_id::bigint, username::text, "
                            "email::text, pw_hash::text from \"user\" order by 1");
    else if (table == MT_IMPORT_MESSAGES)
        result =
            PQexec(pg, "close rows; declare rows no scroll cursor for select message_id::bigint, "
                       "author_id::bigint, text::text, pub_date::numeric, flagged::integer from message order by 1");
    else
        result = PQexec(pg, "close rows; declare rows no scroll cursor for select who_id::bigint, whom_id::bigint "
                            "from follower");
    if (PQresultStatus(result) != PGRES_COMMAND_OK)
        message = mt_plain_explain(result, pg, pool,
                                   "The schema (--schema, or public) must have the tables or views \"user\" "
                                   "(user_id, username, email, pw_hash), message (message_id, author_id, text, "
                                   "pub_date, flagged) and follower (who_id, whom_id), and the role must be able to "
                                   "read them. " MT_DOC_DIR "/import.md shows how to make such views.");
    PQclear(result);
    return message;
}

/* Checks for all tables and columns that will be read, so that an import fails before it writes anything. */
static const char *check_tables(PGconn *pg, apr_pool_t *pool)
{
    const char *message = mt_plain_do(pg, pool, "declare rows no scroll cursor for select 1", 0, NULL);

    for (int table = 0; !message && table < MT_IMPORT_TABLES; table++)
        message = mt_import_origin_open(pg, pool, (mt_import_table_t)table);
    return message;
}

const char *mt_import_origin_begin(PGconn *pg, apr_pool_t *pool, const char *schema,
                                   apr_int64_t counts[MT_IMPORT_TABLES], apr_int64_t ids_max[MT_IMPORT_TABLES])
{
    PGresult *result = NULL;
    const char *message = PQsetClientEncoding(pg, "UTF8") != 0 ? mt_plain_describe(NULL, pg, pool) : NULL;

    if (!message)
        message = mt_plain_do(pg, pool, "begin isolation level repeatable read, read only", 0, NULL);
    /* The transaction is idle while the rows are written to this site. */
    if (!message)
        message = mt_plain_do(pg, pool, "set local idle_in_transaction_session_timeout to 0", 0, NULL);
    if (!message)
        message = set_schema(pg, pool, schema);
    if (!message)
        message = check_tables(pg, pool);
    if (!message)
        message = mt_plain_run(pg, pool,
                               "select (select count(*) from \"user\"), (select count(*) from message), "
                               "(select count(*) from follower), (select coalesce(max(user_id::bigint) "
                               "filter (where user_id::bigint <= 4611686018427387904), 0) from \"user\"), "
                               "(select coalesce(max(message_id::bigint) "
                               "filter (where message_id::bigint <= 4611686018427387904), 0) from message)",
                               0, NULL, &result);
    if (message)
        return apr_pstrcat(pool, "the other site's database: ", message, NULL);
    for (int i = 0; i < MT_IMPORT_TABLES; i++)
        counts[i] = mt_value_integer(result, 0, i);
    ids_max[MT_IMPORT_USERS] = mt_value_integer(result, 0, 3);
    ids_max[MT_IMPORT_MESSAGES] = mt_value_integer(result, 0, 4);
    PQclear(result);
    return NULL;
}

const char *mt_import_origin_fetch(PGconn *pg, apr_pool_t *pool, PGresult **result)
{
    return mt_plain_run(pg, pool, "fetch 5000 from rows", 0, NULL, result);
}
