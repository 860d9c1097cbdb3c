/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "admin/accounts.h"

#include "admin/audit.h"
#include "store/value.h"

#include <apr_strings.h>

static const char gone[] = "the user was deleted in the meantime";

#define ENDED_DETAILS "{\"sessions_ended\":%" APR_INT64_T_FMT "}"

/* Returns the number of changed rows and clears the result. */
static apr_int64_t take_affected(const char *message, PGresult *result)
{
    apr_int64_t count = message ? 0 : mt_value_affected(result);

    PQclear(result);
    return count;
}

/* The statement has a new snapshot, so it also sees a session whose login held the lock on the user's row until now. */
static const char *end_sessions(PGconn *pg, apr_pool_t *pool, const char *id, apr_int64_t *ended)
{
    PGresult *result;
    const char *message = mt_plain_run(pg, pool, "delete from public.sessions where user_id = $1", 1, &id, &result);

    *ended = take_affected(message, result);
    return message;
}

static const char *record(PGconn *pg, apr_pool_t *pool, const char *action, const mt_account_t *account,
                          apr_int64_t ended)
{
    return mt_audit_add(pg, pool, action, account->username, apr_psprintf(pool, ENDED_DETAILS, ended));
}

static const char *add(PGconn *pg, apr_pool_t *pool, const char *const *values, int *is_added)
{
    PGresult *result;
    const char *message = mt_plain_run(pg, pool,
                                       "insert into public.users (username, email, password_hash) "
                                       "values ($1, $2, $3) on conflict (username) do nothing",
                                       3, values, &result);

    *is_added = take_affected(message, result) > 0;
    return *is_added ? mt_audit_add(pg, pool, "user add", values[0], NULL) : message;
}

const char *mt_accounts_add(PGconn *pg, apr_pool_t *pool, const char *username, const char *email, const char *hash,
                            int *is_added)
{
    const char *values[] = { username, email, hash };
    const char *message = mt_plain_begin(pg, pool);

    return message ? message : mt_plain_end(pg, pool, add(pg, pool, values, is_added));
}

static const char *replace_hash(PGconn *pg, apr_pool_t *pool, const mt_account_t *account, const char *hash,
                                apr_int64_t *ended)
{
    char id[MT_VALUE_INTEGER_SIZE];
    const char *values[] = { mt_value_format_integer(id, account->id), hash };
    PGresult *result;
    /* Waits for logins that hold the lock on the row. */
    const char *message = mt_plain_run(pg, pool,
                                       "update public.users set password_hash = "
                                       "case when " MT_ACCOUNTS_IS_DISABLED " then '!' || $2 else $2 end "
                                       "where id = $1",
                                       2, values, &result);

    if (take_affected(message, result) == 0)
        return message ? message : gone;
    message = end_sessions(pg, pool, id, ended);
    return message ? message : record(pg, pool, "user passwd", account, *ended);
}

const char *mt_accounts_replace_hash(PGconn *pg, apr_pool_t *pool, const mt_account_t *account, const char *hash,
                                     apr_int64_t *ended)
{
    const char *message = mt_plain_begin(pg, pool);

    return message ? message : mt_plain_end(pg, pool, replace_hash(pg, pool, account, hash, ended));
}

static const char *disable(PGconn *pg, apr_pool_t *pool, const mt_account_t *account, int *is_changed,
                           apr_int64_t *ended)
{
    char id[MT_VALUE_INTEGER_SIZE];
    const char *values[] = { mt_value_format_integer(id, account->id) };
    PGresult *result;
    /* As with a change of the password, a simultaneous login finds another hash or loses its session. */
    const char *message = mt_plain_run(pg, pool,
                                       "update public.users set password_hash = "
                                       "'!' || case password_hash when '!' then '*' else password_hash end where id = "
                                       "$1 and not " MT_ACCOUNTS_IS_DISABLED,
                                       1, values, &result);

    *is_changed = take_affected(message, result) > 0;
    if (!*is_changed)
        return message;
    message = end_sessions(pg, pool, id, ended);
    return message ? message : record(pg, pool, "user disable", account, *ended);
}

const char *mt_accounts_disable(PGconn *pg, apr_pool_t *pool, const mt_account_t *account, int *is_changed,
                                apr_int64_t *ended)
{
    const char *message = mt_plain_begin(pg, pool);

    return message ? message : mt_plain_end(pg, pool, disable(pg, pool, account, is_changed, ended));
}

static const char *enable(PGconn *pg, apr_pool_t *pool, const mt_account_t *account, int *is_changed)
{
    char id[MT_VALUE_INTEGER_SIZE];
    const char *values[] = { mt_value_format_integer(id, account->id) };
    PGresult *result;
    const char *message = mt_plain_run(pg, pool,
                                       "update public.users set password_hash = ltrim(password_hash, '!') "
                                       "where id = $1 and " MT_ACCOUNTS_IS_DISABLED,
                                       1, values, &result);

    *is_changed = take_affected(message, result) > 0;
    return *is_changed ? mt_audit_add(pg, pool, "user enable", account->username, NULL) : message;
}

const char *mt_accounts_enable(PGconn *pg, apr_pool_t *pool, const mt_account_t *account, int *is_changed)
{
    const char *message = mt_plain_begin(pg, pool);

    return message ? message : mt_plain_end(pg, pool, enable(pg, pool, account, is_changed));
}

const char *mt_accounts_count(PGconn *pg, apr_pool_t *pool, const mt_account_t *account, mt_account_counts_t *counts)
{
    char id[MT_VALUE_INTEGER_SIZE];
    const char *values[] = { mt_value_format_integer(id, account->id) };
    PGresult *result;
    const char *message = mt_plain_run(pg, pool,
                                       "select (select count(*) from public.messages where author_id = $1), "
                                       "(select count(*) from public.followers where who_id = $1), "
                                       "(select count(*) from public.followers where whom_id = $1), "
                                       "(select count(*) from public.sessions where user_id = $1)",
                                       1, values, &result);

    if (!message) {
        counts->messages = mt_value_integer(result, 0, 0);
        counts->follows = mt_value_integer(result, 0, 1);
        counts->followers = mt_value_integer(result, 0, 2);
        counts->sessions = mt_value_integer(result, 0, 3);
    }
    PQclear(result);
    return message;
}

static const char *delete_all(PGconn *pg, apr_pool_t *pool, const mt_account_t *account, mt_account_counts_t *counts)
{
    char id[MT_VALUE_INTEGER_SIZE];
    const char *values[] = { mt_value_format_integer(id, account->id) };
    PGresult *result;
    /* A post, a follow and a login lock this row, too, so none of them can add rows from here on. */
    const char *message =
        mt_plain_run(pg, pool, "select id from public.users where id = $1 for update", 1, values, &result);

    if (take_affected(message, result) == 0)
        return message ? message : gone;
    message = mt_plain_run(pg, pool, "delete from public.messages where author_id = $1", 1, values, &result);
    counts->messages = take_affected(message, result);
    if (!message) {
        message = mt_plain_run(pg, pool, "delete from public.followers where who_id = $1", 1, values, &result);
        counts->follows = take_affected(message, result);
    }
    if (!message) {
        message = mt_plain_run(pg, pool, "delete from public.followers where whom_id = $1", 1, values, &result);
        counts->followers = take_affected(message, result);
    }
    if (!message)
        message = end_sessions(pg, pool, id, &counts->sessions);
    if (!message)
        message = mt_plain_do(pg, pool, "delete from public.users where id = $1", 1, values);
    if (message)
        return message;
    return mt_audit_add(pg, pool, "user delete", account->username,
                        apr_psprintf(pool,
                                     "{\"messages\":%" APR_INT64_T_FMT ",\"follows\":%" APR_INT64_T_FMT
                                     ",\"followers\":%" APR_INT64_T_FMT ",\"sessions\":%" APR_INT64_T_FMT "}",
                                     counts->messages, counts->follows, counts->followers, counts->sessions));
}

const char *mt_accounts_delete(PGconn *pg, apr_pool_t *pool, const mt_account_t *account, mt_account_counts_t *counts)
{
    const char *message = mt_plain_begin(pg, pool);

    return message ? message : mt_plain_end(pg, pool, delete_all(pg, pool, account, counts));
}
