/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "admin/accounts.h"

#include "admin/audit.h"
#include "store/value.h"

#define UTC "at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')"

const char *mt_accounts_find(PGconn *pg, apr_pool_t *pool, const char *username, mt_account_t *account)
{
    const char *values[] = { username, mt_value_nfc(pool, username) };
    PGresult *result;
    const char *message = mt_plain_run(pg, pool,
                                       "select id, username from public.users where username in ($1, $2) "
                                       "order by username = $1 desc limit 1",
                                       2, values, &result);

    *account = (mt_account_t){ .id = 0, .username = username };
    if (!message && PQntuples(result) > 0) {
        account->id = mt_value_integer(result, 0, 0);
        account->username = mt_value_text(pool, result, 0, 1);
    }
    PQclear(result);
    return message;
}

const char *mt_accounts_each(PGconn *pg, apr_pool_t *pool, const mt_account_filter_t *filter, mt_plain_take_fn take,
                             void *baton)
{
    const char *prefix = filter->prefix ? filter->prefix : "";
    const char *values[] = { prefix, filter->limit, mt_value_nfc(pool, prefix) };

    if (filter->is_disabled)
        return mt_plain_each(pg, pool,
                             "select id, username, email, true as disabled from public.users "
                             "where (starts_with(username, $1) or starts_with(username, $3)) "
                             "and " MT_ACCOUNTS_IS_DISABLED " order by username limit $2::bigint",
                             3, values, take, baton);
    return mt_plain_each(pg, pool,
                         "select id, username, email, " MT_ACCOUNTS_IS_DISABLED " as disabled from public.users "
                         "where starts_with(username, $1) or starts_with(username, $3) "
                         "order by username limit $2::bigint",
                         3, values, take, baton);
}

const char *mt_accounts_describe(PGconn *pg, apr_pool_t *pool, const mt_account_t *account, mt_plain_take_fn take,
                                 void *baton)
{
    char id[MT_VALUE_INTEGER_SIZE];
    const char *values[] = { mt_value_format_integer(id, account->id) };

    return mt_plain_each(
        pg, pool,
        "select id, username, email, avatar, about, to_char(joined_at " UTC " as joined_at, " MT_ACCOUNTS_IS_DISABLED
        " as disabled, "
        "m.messages, m.flagged, m.last_message, "
        "(select count(*) from public.followers where who_id = $1) as follows, "
        "(select count(*) from public.followers where whom_id = $1) as followers, "
        "(select count(*) from public.sessions where user_id = $1 and expires_at > now()) as sessions "
        "from public.users cross join "
        "(select count(*) as messages, count(*) filter (where flagged) as flagged, to_char(max(pub_date) " UTC
        " as last_message from public.messages where author_id = $1) m "
        "where id = $1",
        1, values, take, baton);
}

const char *mt_accounts_begin_export(PGconn *pg, apr_pool_t *pool, const mt_account_t *account)
{
    const char *message = mt_audit_add(pg, pool, "user export", account->username, NULL);

    return message ? message : mt_plain_do(pg, pool, "begin isolation level repeatable read, read only", 0, NULL);
}

const char *mt_accounts_export(PGconn *pg, apr_pool_t *pool, const mt_account_t *account, mt_account_part_t part,
                               mt_plain_take_fn take, void *baton)
{
    char id[MT_VALUE_INTEGER_SIZE];
    const char *values[] = { mt_value_format_integer(id, account->id) };

    switch (part) {
    case MT_ACCOUNT_USER:
        return mt_plain_each(
            pg, pool,
            "select json_build_object('id', id, 'username', username, 'email', email, 'avatar', avatar, "
            "'about', about, 'joined_at', to_char(joined_at " UTC ", "
            "'mentions_seen', case when isfinite(mentions_seen) then to_char(mentions_seen " UTC " end, "
            "'disabled', " MT_ACCOUNTS_IS_DISABLED ") from public.users where id = $1",
            1, values, take, baton);
    case MT_ACCOUNT_MESSAGES:
        return mt_plain_each(
            pg, pool,
            "select json_build_object('id', id, 'pub_date', to_char(pub_date " UTC ", 'flagged', flagged, "
            "'text', text, 'answers_id', answers_id) from public.messages where author_id = $1 order by id",
            1, values, take, baton);
    case MT_ACCOUNT_FOLLOWS:
        return mt_plain_each(
            pg, pool,
            "select to_json(u.username) from public.followers f join public.users u on u.id = f.whom_id "
            "where f.who_id = $1 order by f.id",
            1, values, take, baton);
    case MT_ACCOUNT_FOLLOWERS:
        return mt_plain_each(
            pg, pool,
            "select to_json(u.username) from public.followers f join public.users u on u.id = f.who_id "
            "where f.whom_id = $1 order by f.id",
            1, values, take, baton);
    case MT_ACCOUNT_SESSIONS:
    default:
        return mt_plain_each(pg, pool,
                             "select json_build_object('created_at', to_char(created_at " UTC
                             ", 'expires_at', to_char(expires_at " UTC
                             ") from public.sessions where user_id = $1 order by created_at",
                             1, values, take, baton);
    }
}
