/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_ACCOUNTS_H
#define MT_ACCOUNTS_H

#include "admin/plain.h"

/* The operator's commands for users. Each function returns NULL, or the message for the operator, in pool. Each change
 * is in one transaction with its row in the audit log. */

/* SQL for a row of users: true if the user is disabled. A hash that is only the mark means that there is no password.
 */
#define MT_ACCOUNTS_IS_DISABLED "(starts_with(password_hash, '!') and password_hash <> '!')"

/* A user from mt_accounts_find. */
typedef struct mt_account_t {
    apr_int64_t id;
    const char *username;
} mt_account_t;

/* The numbers of a user's rows. */
typedef struct mt_account_counts_t {
    apr_int64_t messages;
    apr_int64_t follows;   /* users that this user follows */
    apr_int64_t followers; /* users that follow this user */
    apr_int64_t sessions;
} mt_account_counts_t;

/* Selects the users of a list. */
typedef struct mt_account_filter_t {
    const char *prefix; /* of the username, as it is or in NFC; NULL: any */
    int is_disabled;    /* 1: only disabled users */
    const char *limit;  /* a number as text; NULL: all */
} mt_account_filter_t;

/* Finds the user with exactly this name, or else with the name's NFC (core/name.h). username is valid UTF-8. The id of
 * *account is 0 if there is no such user. Otherwise its username is that of the database. */
const char *mt_accounts_find(PGconn *pg, apr_pool_t *pool, const char *username, mt_account_t *account);

/* Adds a user. *is_added is 0 if the name is taken. */
const char *mt_accounts_add(PGconn *pg, apr_pool_t *pool, const char *username, const char *email, const char *hash,
                            int *is_added);

/* Replaces a user's password hash and ends all their sessions, on all nodes. A simultaneous login with the old password
 * fails, or its session ends, too: see mt_sessions_add. A disabled user stays disabled. Sets *ended to the number of
 * ended sessions. */
const char *mt_accounts_replace_hash(PGconn *pg, apr_pool_t *pool, const mt_account_t *account, const char *hash,
                                     apr_int64_t *ended);

/* Marks the hash, so that no password matches, and ends all sessions. *is_changed is 0 if they are disabled already. */
const char *mt_accounts_disable(PGconn *pg, apr_pool_t *pool, const mt_account_t *account, int *is_changed,
                                apr_int64_t *ended);

/* Removes the mark. *is_changed is 0 if the user is not disabled. */
const char *mt_accounts_enable(PGconn *pg, apr_pool_t *pool, const mt_account_t *account, int *is_changed);

const char *mt_accounts_count(PGconn *pg, apr_pool_t *pool, const mt_account_t *account, mt_account_counts_t *counts);

/* Deletes a user with all their data. Sets *counts to the numbers of deleted rows. */
const char *mt_accounts_delete(PGconn *pg, apr_pool_t *pool, const mt_account_t *account, mt_account_counts_t *counts);

/* Lists users by the bytes of their names, with the columns id, username, email, disabled. */
const char *mt_accounts_each(PGconn *pg, apr_pool_t *pool, const mt_account_filter_t *filter, mt_plain_take_fn take,
                             void *baton);

/* Shows a user as one row. The names of the columns describe their values. */
const char *mt_accounts_describe(PGconn *pg, apr_pool_t *pool, const mt_account_t *account, mt_plain_take_fn take,
                                 void *baton);

/* Begins the export of all data of a user: commits a row to the audit, then begins a transaction with one snapshot. The
 * caller ends it with mt_plain_end. */
const char *mt_accounts_begin_export(PGconn *pg, apr_pool_t *pool, const mt_account_t *account);

/* The parts of an export. Each has one column, of JSON. MT_ACCOUNT_USER is a single row. */
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
