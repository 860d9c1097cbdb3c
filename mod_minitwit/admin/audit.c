/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "admin/audit.h"

#include "core/utf8.h"
#include "store/value.h"

#include <apr_network_io.h>
#include <apr_strings.h>
#include <apr_user.h>
#include <stdlib.h>
#include <string.h>

#define SQL_ADD "insert into public.audit (action, target, details, os_user, host) values ($1, $2, $3::jsonb, $4, $5)"

/* The server accepts no other text. */
static const char *as_utf8(const char *text)
{
    return text && mt_utf8_is_valid(text, strlen(text)) ? text : "unknown";
}

/* Returns the user that runs this program. With sudo this is nearly always root, so the name includes the user who ran
 * sudo. */
static const char *name_user(apr_pool_t *pool)
{
    apr_uid_t user;
    apr_gid_t group;
    char *name = NULL;
    const char *caller = getenv("SUDO_USER");

    if (apr_uid_current(&user, &group, pool) != APR_SUCCESS)
        return "unknown";
    if (apr_uid_name_get(&name, user, pool) != APR_SUCCESS)
        name = apr_psprintf(pool, "%lu", (unsigned long)user);
    return caller && *caller ? apr_psprintf(pool, "%s (sudo by %s)", as_utf8(name), as_utf8(caller)) : as_utf8(name);
}

static const char *name_host(apr_pool_t *pool)
{
    char host[APRMAXHOSTLEN + 1];

    return apr_gethostname(host, sizeof(host), pool) == APR_SUCCESS ? as_utf8(apr_pstrdup(pool, host)) : "unknown";
}

const char *mt_audit_add(PGconn *pg, apr_pool_t *pool, const char *action, const char *target, const char *details)
{
    const char *values[] = { action, target, details ? details : "{}", name_user(pool), name_host(pool) };

    return mt_plain_do(pg, pool, SQL_ADD, 5, values);
}

const char *mt_audit_note(PGconn *pg, apr_pool_t *pool, const char *action, const char *details, apr_int64_t *id)
{
    char text[MT_VALUE_INTEGER_SIZE];
    const char *values[] = { action, "", details, name_user(pool), name_host(pool) };
    PGresult *result;
    const char *message;

    if (*id) {
        values[0] = mt_value_format_integer(text, *id);
        values[1] = details;
        return mt_plain_do(pg, pool, "update public.audit set details = $2::jsonb where id = $1", 2, values);
    }
    message = mt_plain_run(pg, pool, SQL_ADD " returning id", 5, values, &result);
    if (!message)
        *id = mt_value_integer(result, 0, 0);
    PQclear(result);
    return message;
}

const char *mt_audit_each(PGconn *pg, apr_pool_t *pool, const char *limit, mt_plain_take_fn take, void *baton)
{
    return mt_plain_each(pg, pool,
                         "select id, to_char(at at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"') as at, "
                         "role, os_user, host, action, target, details "
                         "from public.audit order by id desc limit $1::bigint",
                         1, &limit, take, baton);
}
