/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "admin/plain.h"

#include "store/schema.h"
#include "store/value.h"

#include <apr_strings.h>
#include <string.h>

const char *mt_plain_explain(const PGresult *result, const PGconn *pg, apr_pool_t *pool, const char *hint)
{
    const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *primary = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    const char *text = primary ? primary : PQerrorMessage(pg);

    /* Class 42: a missing privilege, table or column. */
    int is_missing = sqlstate && strncmp(sqlstate, "42", 2) == 0;

    return apr_psprintf(pool, "%.*s%s%s%s%s%s", (int)strcspn(text, "\r\n"), text, sqlstate ? " (SQLSTATE " : "",
                        sqlstate ? sqlstate : "", sqlstate ? ")" : "", is_missing ? "\n  " : "",
                        is_missing ? hint : "");
}

const char *mt_plain_describe(const PGresult *result, const PGconn *pg, apr_pool_t *pool)
{
    return mt_plain_explain(result, pg, pool,
                            "Connect to the site's database as minitwit_owner. To check its schema, run "
                            "\"minitwitctl status\".");
}

const char *mt_plain_run(PGconn *pg, apr_pool_t *pool, const char *sql, int count, const char *const *values,
                         PGresult **result)
{
    const char *message = NULL;

    *result = PQexecParams(pg, sql, count, NULL, values, NULL, NULL, 0);
    if (PQresultStatus(*result) != PGRES_COMMAND_OK && PQresultStatus(*result) != PGRES_TUPLES_OK) {
        message = mt_plain_describe(*result, pg, pool);
        PQclear(*result);
        *result = NULL;
    }
    return message;
}

const char *mt_plain_do(PGconn *pg, apr_pool_t *pool, const char *sql, int count, const char *const *values)
{
    PGresult *result;
    const char *message = mt_plain_run(pg, pool, sql, count, values, &result);

    PQclear(result);
    return message;
}

/* If the cancel request cannot be sent, the server sends all rows. */
static void cancel(PGconn *pg)
{
#ifdef LIBPQ_HAS_ASYNC_CANCEL
    PGcancelConn *request = PQcancelCreate(pg);

    if (request)
        PQcancelBlocking(request);
    PQcancelFinish(request);
#else
    /* libpq before 17 sends the cancel request unencrypted, even if the connection itself is encrypted. */
    char reason[256];
    PGcancel *request = PQgetCancel(pg);

    if (request)
        PQcancel(request, reason, sizeof(reason));
    PQfreeCancel(request);
#endif
}

const char *mt_plain_each(PGconn *pg, apr_pool_t *pool, const char *sql, int count, const char *const *values,
                          mt_plain_take_fn take, void *baton)
{
    const char *message = NULL;
    int is_wanted = 1;
    PGresult *result;

    if (!PQsendQueryParams(pg, sql, count, NULL, values, NULL, NULL, 0) || !PQsetSingleRowMode(pg))
        return mt_plain_describe(NULL, pg, pool);
    while ((result = PQgetResult(pg))) {
        ExecStatusType status = PQresultStatus(result);

        if (is_wanted && status == PGRES_SINGLE_TUPLE && !take(baton, result)) {
            is_wanted = 0;
            cancel(pg);
        }
        else if (is_wanted && status != PGRES_SINGLE_TUPLE && status != PGRES_TUPLES_OK)
            message = mt_plain_describe(result, pg, pool);
        PQclear(result);
    }
    return message;
}

const char *mt_plain_check_version(PGconn *pg, apr_pool_t *pool)
{
    PGresult *result;
    const char *message =
        mt_plain_run(pg, pool, "select coalesce(max(version), 0) from public.schema_version", 0, NULL, &result);

    if (message)
        return message;
    /* Works with no other version, so that only an equal one fits. */
    int version = (int)mt_value_integer(result, 0, 0);
    const mt_schema_t schema = { .version = version, .works_with = version };
    PQclear(result);
    if (mt_schema_fit(&schema) == MT_SCHEMA_FITS)
        return NULL;
    return apr_pstrcat(pool, mt_schema_describe(&schema, pool), "\n  ", mt_schema_advise(&schema), NULL);
}

const char *mt_plain_begin(PGconn *pg, apr_pool_t *pool)
{
    return mt_plain_do(pg, pool, "begin isolation level read committed", 0, NULL);
}

const char *mt_plain_end(PGconn *pg, apr_pool_t *pool, const char *message)
{
    PGresult *result;

    if (message) {
        PQclear(PQexec(pg, "rollback"));
        return message;
    }
    message = mt_plain_run(pg, pool, "commit", 0, NULL, &result);
    /* COMMIT rolls back a failed transaction without reporting an error. */
    if (!message && strcmp(PQcmdStatus(result), "COMMIT") != 0)
        message = "the server rolled the transaction back";
    PQclear(result);
    return message;
}
