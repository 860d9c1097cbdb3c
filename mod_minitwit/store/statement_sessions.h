/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_STATEMENT_SESSIONS_H
#define MT_STATEMENT_SESSIONS_H

#include "store/statement_parts.h"

/* The SQL for sessions, and for the mentions that the user of a session has seen. */

/* clang-format breaks up SQL that has macros with arguments in it. */
/* clang-format off */

#define SESSIONS_MAX APR_STRINGIFY(MT_STATEMENT_SESSIONS_MAX)

/* Counts the new mentions of user u from an index alone. A mention with a date in the future, such as that of an
 * imported message, becomes new when this date comes. A minitwitctl for schema version 7 flags only the message itself,
 * so its mention counts until the user opens the page of mentions. */
#define NEW_MENTIONS                                                                                                   \
    "(select count(*) from (select from mentions n "                                                                   \
    "where n.user_id = u.id and not n.flagged and n.pub_date > u.mentions_seen and n.pub_date <= now() "               \
    "order by n.pub_date desc limit " APR_STRINGIFY(MT_STATEMENT_MENTIONS_MAX) ") n)"

/* Records that the session's user has seen all their mentions. Writes nothing if this is recorded already. A date in
 * the future does not hide the mentions until then.
 *
 * A date is that of the beginning of the transaction. So the mention of a transaction that is still open could be older
 * than the newest mention, and would never be new. Therefore this leaves out mentions since the oldest open transaction
 * of the site's role began. They stay new until the user opens the page again. A transaction that ends while this
 * statement runs is no problem, because the page lists its messages later. */
#define MENTIONS_SEE                                                                                                   \
    "update users u set mentions_seen = n.pub_date from (select o.pub_date from mentions o "                           \
    "where o.user_id = (" SESSION_USER("$1") ") and not o.flagged and o.pub_date <= now() "                            \
    "and o.pub_date < coalesce((select min(xact_start) from pg_stat_activity where datname = current_database() "      \
    "and usename = current_user and pid <> pg_backend_pid()), 'infinity') "                                            \
    "order by o.pub_date desc, o.message_id desc limit 1) n "                                                          \
    "where u.id = (" SESSION_USER("$1") ") and u.mentions_seen < n.pub_date"

/* Deletes the user's ended sessions, and of the others all but the newest, so that they do not accumulate. It
 * deletes few enough that a login stays quick, even if a user has very many. A token is random: if its hash exists
 * already, an earlier attempt of this statement inserted it. The lock is for a simultaneous change of the password
 * (admin/accounts.h): either the change waits and then ends this session, or this statement waits and then sees the
 * change. */
#define SESSIONS_ADD                                                                                                   \
    "with owner as (select id from users where id = $2 and password_hash = $4 for share), "                            \
    "ended as (delete from sessions s using owner where s.user_id = owner.id and (s.expires_at <= now() "              \
    "or s.token_hash in (select o.token_hash from sessions o where o.user_id = $2 "                                    \
    "and o.token_hash <> $1::bytea and o.expires_at > now() "                                                          \
    "order by o.created_at desc offset " SESSIONS_MAX " - 1 limit 1000))), "                                           \
    "added as (insert into sessions (token_hash, user_id, expires_at) "                                                \
    "select $1::bytea, id, now() + $3::bigint * interval '1 second' from owner "                                       \
    "on conflict (token_hash) do nothing) "                                                                            \
    "select id from owner"

#define SESSIONS_FIND                                                                                                  \
    "select u.id, u.username, u.email, u.avatar, "                                                                     \
    FOLLOWEES("u.id") ", " NEW_MENTIONS " "                                                                            \
    "from sessions s join users u on u.id = s.user_id "                                                                \
    "where s.token_hash = $1::bytea and s.expires_at > now()"

/* Locks the row of the session's user until the end of the transaction. The next statement of the pipeline then
 * sees whether the session still exists. minitwitctl locks this row before it ends sessions, so either it waits for
 * the write, or the write waits and then finds no session. No deadlock is possible: each transaction locks its
 * user's row before all others, and none of those that it may then wait for needs this row. */
#define SESSIONS_LOCK "select from users where id = (" SESSION_USER("$1") ") for share"

/* The same before a write to the row itself. With the lock of the other statement, two transactions could wait for
 * each other. */
#define SESSIONS_LOCK_ROW "select from users where id = (" SESSION_USER("$1") ") for no key update"

#define SESSIONS_REMOVE "delete from sessions where token_hash = $1::bytea"

/* clang-format on */

#endif
