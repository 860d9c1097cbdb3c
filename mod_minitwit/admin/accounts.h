/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_ACCOUNTS_H
#define MT_ACCOUNTS_H

#include "admin/plain.h"

/* What an operator does with users. Each returns NULL, or the message for the operator, in pool. What changes something does it in
 * one transaction with its row of the audit. */

/* Of a row of users, in SQL: whether he is disabled. A mark with nothing behind it stands for no password. */
#define MT_ACCOUNTS_IS_DISABLED "(starts_with(password_hash, '!') and password_hash <> '!')"

/* A user, as he was found. */
typedef struct mt_account_t {
    apr_int64_t id;
    const char *username;
} mt_account_t;

/* What belongs to a user. */
typedef struct mt_account_counts_t {
    apr_int64_t messages;
    apr_int64_t follows;   /* whom he follows */
    apr_int64_t followers; /* who follows him */
    apr_int64_t sessions;
} mt_account_counts_t;

/* Which users to list. */
typedef struct mt_account_filter_t {
    const char *prefix; /* of the name; NULL: any */
    int is_disabled;    /* 1: only those who are disabled */
    const char *limit;  /* a number as text; NULL: all */
} mt_account_filter_t;

/* username: valid UTF-8; kept in *account. Its id is 0 when nobody is called so. */
const char *mt_accounts_find(PGconn *pg, apr_pool_t *pool, const char *username, mt_account_t *account);

/* *is_added is 0 when the name is taken. */
const char *mt_accounts_add(PGconn *pg, apr_pool_t *pool, const char *username, const char *email, const char *hash,
                            int *is_added);

/* Gives a user another password hash and ends all his sessions, on every node. A session that is begun meanwhile with the former
 * password ends, too, or does not begin: see mt_sessions_add. Who is disabled stays so. *ended: how many sessions ended. */
const char *mt_accounts_replace_hash(PGconn *pg, apr_pool_t *pool, const mt_account_t *account, const char *hash,
                                     apr_int64_t *ended);

/* Marks the hash, so that no password fits, and ends all sessions. *is_changed is 0 when he is disabled already. */
const char *mt_accounts_disable(PGconn *pg, apr_pool_t *pool, const mt_account_t *account, int *is_changed,
                                apr_int64_t *ended);

/* Takes the mark away. *is_changed is 0 when there is none. */
const char *mt_accounts_enable(PGconn *pg, apr_pool_t *pool, const mt_account_t *account, int *is_changed);

const char *mt_accounts_count(PGconn *pg, apr_pool_t *pool, const mt_account_t *account, mt_account_counts_t *counts);

/* Deletes a user with all that belongs to him. *counts: what that was. */
const char *mt_accounts_delete(PGconn *pg, apr_pool_t *pool, const mt_account_t *account, mt_account_counts_t *counts);

/* Columns id, username, email, disabled; in the order of the names' bytes. */
const char *mt_accounts_each(PGconn *pg, apr_pool_t *pool, const mt_account_filter_t *filter, mt_plain_take_fn take,
                             void *baton);

/* One row, whose columns have names of their own. */
const char *mt_accounts_describe(PGconn *pg, apr_pool_t *pool, const mt_account_t *account, mt_plain_take_fn take,
                                 void *baton);

/* For an export of all that is known of a user: a transaction that sees one state of everything, and records the export. It is ended
 * by mt_plain_end. */
const char *mt_accounts_begin_export(PGconn *pg, apr_pool_t *pool, const mt_account_t *account);

/* The parts of it, a column of JSON each: the user himself (a single row), his messages, whom he follows, who follows him, and
 * his sessions. */
typedef enum mt_account_part_t {
    MT_ACCOUNT_USER,
    MT_ACCOUNT_MESSAGES,
    MT_ACCOUNT_FOLLOWS,
    MT_ACCOUNT_FOLLOWERS,
    MT_ACCOUNT_SESSIONS
} mt_account_part_t;

const char *mt_accounts_export(PGconn *pg, apr_pool_t *pool, const mt_account_t *account, mt_account_part_t part,
                               mt_plain_take_fn take, void *baton);

#endif
