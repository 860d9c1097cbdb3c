/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "admin/export.h"

#include "admin/accounts.h"
#include "admin/audit.h"

const char *mt_export_begin(PGconn *pg, apr_pool_t *pool, int has_passwords)
{
    const char *message;

    if (PQsetClientEncoding(pg, "UTF8") != 0)
        return mt_plain_describe(NULL, pg, pool);
    message = mt_plain_check_version(pg, pool);
    if (!message)
        message =
            mt_audit_add(pg, pool, "export", "", has_passwords ? "{\"passwords\":true}" : "{\"passwords\":false}");
    if (!message)
        message = mt_plain_do(pg, pool, "begin isolation level repeatable read, read only", 0, NULL);
    /* The transaction is idle while the reader of the export is slow. */
    if (!message)
        message = mt_plain_do(pg, pool, "set local idle_in_transaction_session_timeout to 0", 0, NULL);
    return message;
}

const char *mt_export_open(PGconn *pg, apr_pool_t *pool, mt_export_table_t table)
{
    const char *message = table == MT_EXPORT_USERS ? NULL : mt_plain_do(pg, pool, "close rows", 0, NULL);

    if (message)
        return message;
    if (table == MT_EXPORT_USERS)
        return mt_plain_do(
            pg, pool,
            "declare rows no scroll cursor for select id, username, email, password_hash, " MT_ACCOUNTS_IS_DISABLED
            ", about, (extract(epoch from joined_at) * 1000000)::bigint, case when isfinite(mentions_seen) then "
            "(extract(epoch from mentions_seen) * 1000000)::bigint end from public.users order by id",
            0, NULL);
    if (table == MT_EXPORT_MESSAGES)
        return mt_plain_do(
            pg, pool,
            "declare rows no scroll cursor for select id, author_id, text, "
            "(extract(epoch from pub_date) * 1000000)::bigint, flagged::int, answers_id, answers_author_id, "
            "(select string_agg(n.user_id::text, ' ' order by n.user_id) from public.mentions n "
            "where n.message_id = m.id), (select string_agg(t.tag, ' ' order by t.tag) "
            "from public.message_tags t where t.message_id = m.id) "
            "from public.messages m order by id",
            0, NULL);
    return mt_plain_do(pg, pool,
                       "declare rows no scroll cursor for select who_id, whom_id from public.followers order by id", 0,
                       NULL);
}

const char *mt_export_fetch(PGconn *pg, apr_pool_t *pool, PGresult **result)
{
    return mt_plain_run(pg, pool, "fetch 5000 from rows", 0, NULL, result);
}
