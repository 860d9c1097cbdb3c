/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "admin/database_rights.h"

#include "admin/plain.h"

const char *mt_database_rights_limit(PGconn *pg, apr_pool_t *pool)
{
    return mt_plain_do(
        pg, pool,
        "do $$ begin "
        "if pg_has_role((select datdba from pg_database where datname = current_database()), 'usage') then "
        "execute format('revoke connect, temporary on database %I from public', current_database()); "
        "execute format('grant connect on database %I to minitwit_site, pg_monitor', current_database()); "
        "end if; end $$",
        0, NULL);
}
