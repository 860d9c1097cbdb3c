/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "admin/database_rights.h"

#include "admin/plain.h"

#include <apr_strings.h>
#include <string.h>

/* Tables of an extension belong to the superuser that made it, so they do not count. */
#define LOOK                                                                                                           \
    "select pg_has_role(d.datdba, 'usage'), has_database_privilege('public', d.oid, 'connect, temporary'), "           \
    "pg_get_userbyid(d.datdba), quote_ident(d.datname), "                                                              \
    "(select format('%I.%I of the role %I', n.nspname, c.relname, pg_get_userbyid(c.relowner)) "                       \
    "from pg_class c join pg_namespace n on n.oid = c.relnamespace "                                                   \
    "where c.relkind in ('r', 'p', 'v', 'm', 'f') and n.nspname !~ '^pg_' and n.nspname <> 'information_schema' "      \
    "and pg_get_userbyid(c.relowner) <> 'minitwit_owner' and not exists (select from pg_depend p "                     \
    "where p.classid = 'pg_class'::regclass and p.objid = c.oid and p.deptype = 'e') order by 1 limit 1) "             \
    "from pg_database d where d.datname = current_database()"

#define LIMIT                                                                                                          \
    "do $$ begin "                                                                                                     \
    "execute format('revoke connect, temporary on database %I from public', current_database()); "                     \
    "execute format('grant connect on database %I to minitwit_site, pg_monitor', current_database()); "                \
    "end $$"

const char *mt_database_rights_limit(PGconn *pg, apr_pool_t *pool, const char **note)
{
    PGresult *result;
    const char *message = mt_plain_run(pg, pool, LOOK, 0, NULL, &result);

    *note = NULL;
    if (message)
        return message;
    int may_change = strcmp(PQgetvalue(result, 0, 0), "t") == 0;
    int is_open = strcmp(PQgetvalue(result, 0, 1), "t") == 0;
    if (may_change && PQgetisnull(result, 0, 4)) {
        message = mt_plain_do(pg, pool, LIMIT, 0, NULL);
        if (!message && is_open)
            *note = apr_psprintf(pool,
                                 "only members of minitwit_site, minitwit_owner and pg_monitor may connect to the "
                                 "database \"%s\" now\n  To let another role connect, run: grant connect on database "
                                 "%s to ROLE\n",
                                 PQdb(pg), PQgetvalue(result, 0, 3));
    }
    else if (is_open)
        *note = apr_psprintf(pool,
                             "every role may still connect to the database \"%s\" or create temporary tables in it, "
                             "because %s\n  Run minitwitctl doctor, which shows how to revoke these rights.\n",
                             PQdb(pg),
                             may_change ? apr_pstrcat(pool, "it also contains ", PQgetvalue(result, 0, 4), NULL)
                                        : apr_psprintf(pool, "the role \"%s\" owns it", PQgetvalue(result, 0, 2)));
    PQclear(result);
    return message;
}
