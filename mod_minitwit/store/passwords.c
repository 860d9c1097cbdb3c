/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "store/passwords.h"

#include "store/plain.h"
#include "store/value.h"

#include <apr_strings.h>

const char *mt_passwords_find_user(PGconn *pg, apr_pool_t *pool, const char *username, apr_int64_t *user_id)
{
    PGresult *result;
    const char *message = NULL;

    if (PQsetClientEncoding(pg, "UTF8") != 0)
        return apr_pstrdup(pool, PQerrorMessage(pg));
    message = mt_plain_run(pg, pool, "select id from public.users where username = $1", 1, &username, &result);
    if (!message)
        *user_id = PQntuples(result) > 0 ? mt_value_integer(result, 0, 0) : 0;
    PQclear(result);
    return message;
}

/* In a transaction. */
static const char *replace(PGconn *pg, apr_pool_t *pool, apr_int64_t user_id, const char *hash, apr_int64_t *ended)
{
    char id[MT_VALUE_INTEGER_SIZE];
    const char *values[] = { mt_value_format_integer(id, user_id), hash };
    PGresult *result;
    /* Waits for the logins that have the row locked. */
    const char *message =
        mt_plain_run(pg, pool, "update public.users set password_hash = $2 where id = $1", 2, values, &result);

    if (!message && mt_value_affected(result) == 0)
        message = "the user has gone meanwhile";
    PQclear(result);
    if (message)
        return message;
    /* Sees what was committed before it, so that none of the sessions is missed. */
    message = mt_plain_run(pg, pool, "delete from public.sessions where user_id = $1", 1, values, &result);
    if (!message)
        *ended = mt_value_affected(result);
    PQclear(result);
    return message;
}

const char *mt_passwords_replace(PGconn *pg, apr_pool_t *pool, apr_int64_t user_id, const char *hash,
                                 apr_int64_t *ended)
{
    const char *message = mt_plain_begin(pg, pool);

    return message ? message : mt_plain_end(pg, pool, replace(pg, pool, user_id, hash, ended));
}
