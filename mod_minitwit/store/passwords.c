/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "store/passwords.h"

#include "store/value.h"

#include <apr_strings.h>
#include <string.h>

static const char *describe(const PGresult *result, const PGconn *pg, apr_pool_t *pool)
{
    const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *primary = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    const char *text = primary ? primary : PQerrorMessage(pg);

    return apr_psprintf(pool, "%.*s%s%s%s%s", (int)strcspn(text, "\r\n"), text, sqlstate ? " (SQLSTATE " : "",
                        sqlstate ? sqlstate : "", sqlstate ? ")" : "",
                        /* Class 42: a right, a table or a column is missing. */
                        sqlstate && strncmp(sqlstate, "42", 2) == 0
                            ? ": connect as minitwit_owner to the site's database; minitwitctl status says whether its "
                              "schema is the one for this build"
                            : "");
}

/* What a statement gave: returns NULL and sets *result (PQclear it), or the message; *result is then NULL. */
static const char *check(PGconn *pg, apr_pool_t *pool, PGresult *given, PGresult **result)
{
    const char *message = NULL;

    *result = given;
    if (PQresultStatus(given) != PGRES_COMMAND_OK && PQresultStatus(given) != PGRES_TUPLES_OK) {
        message = describe(given, pg, pool);
        PQclear(given);
        *result = NULL;
    }
    return message;
}

const char *mt_passwords_find_user(PGconn *pg, apr_pool_t *pool, const char *username, apr_int64_t *user_id)
{
    PGresult *result;
    const char *message = NULL;

    if (PQsetClientEncoding(pg, "UTF8") != 0)
        return apr_pstrdup(pool, PQerrorMessage(pg));
    message =
        check(pg, pool,
              PQexecParams(pg, "select id from public.users where username = $1", 1, NULL, &username, NULL, NULL, 0),
              &result);
    if (!message)
        *user_id = PQntuples(result) > 0 ? mt_value_integer(result, 0, 0) : 0;
    PQclear(result);
    return message;
}

static const char *commit(PGconn *pg, apr_pool_t *pool)
{
    PGresult *result;
    const char *message = check(pg, pool, PQexec(pg, "commit"), &result);

    /* A transaction that failed is rolled back by a commit, too. */
    if (!message && strcmp(PQcmdStatus(result), "COMMIT") != 0)
        message = "the server did not commit it: nothing was changed";
    PQclear(result);
    return message;
}

const char *mt_passwords_replace(PGconn *pg, apr_pool_t *pool, apr_int64_t user_id, const char *hash,
                                 apr_int64_t *ended)
{
    char id[MT_VALUE_INTEGER_SIZE];
    const char *values[] = { mt_value_format_integer(id, user_id), hash };
    PGresult *result;
    /* Each statement has to see what was committed before it, so that none of the sessions is missed. */
    const char *message = check(pg, pool, PQexec(pg, "begin isolation level read committed"), &result);

    PQclear(result);
    if (message)
        return message;
    /* Waits for the logins that have the row locked. */
    message = check(
        pg, pool,
        PQexecParams(pg, "update public.users set password_hash = $2 where id = $1", 2, NULL, values, NULL, NULL, 0),
        &result);
    if (!message && mt_value_affected(result) == 0)
        message = "the user has gone meanwhile";
    PQclear(result);
    if (!message) {
        message =
            check(pg, pool,
                  PQexecParams(pg, "delete from public.sessions where user_id = $1", 1, NULL, values, NULL, NULL, 0),
                  &result);
        if (!message)
            *ended = mt_value_affected(result);
        PQclear(result);
    }
    if (!message)
        return commit(pg, pool);
    PQclear(PQexec(pg, "rollback"));
    return message;
}
